#pragma once
// Time zones as java.time knows them: which there are, and their offsets from UTC at an instant or a local time. The
// rules come from the system's zoneinfo files (docs/adr/0015-time-zones.md), with $TZDIR as glibc takes it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::smt {

// Seconds east of UTC.
using ZoneOffset = std::int32_t;

// The zone's daylight saving rule for the years after its list of changes ends. Internal to TimeZone.
struct ZoneRule {
  struct Change {
    enum class Form { kMonthWeekDay, kDayOfYearWithoutLeapDay, kDayOfYear };
    Form form = Form::kDayOfYear;
    int month = 0, week = 0, day = 0;
    std::int32_t second = 0;  // of the local day; may lie outside of it
  };
  ZoneOffset standard = 0;
  ZoneOffset summer = 0;
  bool has_summer = false;
  Change start, end;
};

// The footer of a zoneinfo file, a TZ text as POSIX has it ("CET-1CEST,M3.5.0,M10.5.0/3"); nothing if it is malformed.
std::optional<ZoneRule> parse_zone_rule(std::string_view text);

// Immutable; any thread.
class TimeZone {
 public:
  static constexpr std::size_t kFileBytesMax = 1 << 20;

  // ZoneId.getAvailableZoneIds or TimeZone.getAvailableIDs has it. The latter's old names ("EST", "PST") cannot be
  // found.
  static bool is_known(std::string_view id);

  // ZoneId.of: "Europe/Berlin", "+08:00", "-05:30:15". Error: java.time's, with its text; kFatal if a file is damaged.
  static base::Result<TimeZone> find(std::string_view id);

  // ZoneRules.getOffset. A local time is counted as if it were UTC; where it does not exist or exists twice, the offset
  // before the change counts.
  ZoneOffset offset_at(std::int64_t epoch_second) const;
  ZoneOffset offset_at_local(std::int64_t local_second) const;

 private:
  struct Change {
    std::int64_t at;  // epoch second
    ZoneOffset before;
    ZoneOffset after;
    // From this local second on the change is over, whichever way it went.
    std::int64_t over() const { return at + (before > after ? before : after); }
  };
  TimeZone() = default;
  base::Status read(std::string_view file);
  std::array<Change, 2> rule_changes(std::int64_t year) const;
  // The offset before the first change of the rule that `pending` accepts.
  template <typename Pending>
  ZoneOffset rule_offset(std::int64_t second, Pending&& pending) const;

  std::vector<Change> changes_;
  ZoneOffset fixed_ = 0;  // without changes
  std::optional<ZoneRule> rule_;
};

}  // namespace sluice::smt
