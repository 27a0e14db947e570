#pragma once
// What a parsed date means: the parts that were found, in the order in which they were, and java.util.Calendar's rule
// for which of them count. Internal to date_format.h.

#include <array>
#include <cstdint>

namespace sluice::data {

enum DatePart {
  kEra,
  kYear,
  kWeekYear,
  kMonth,
  kDay,
  kDayOfYear,
  kWeekday,
  kWeekOfYear,
  kWeekOfMonth,
  kWeekdayInMonth,
  kHour24,
  kHour12,
  kAmPm,
  kMinute,
  kSecond,
  kMillisecond,
  kZone,
  kParts
};

// The parts seen so far, and which came last: of two that say the same, the later one counts.
struct DateParts {
  std::array<std::int64_t, kParts> value{};
  std::array<int, kParts> stamp{};
  int next = 1;
  bool ambiguous_year = false;

  void set(DatePart part, std::int64_t v) {
    value[part] = v;
    stamp[part] = next++;
  }
  bool has(DatePart part) const { return stamp[part] != 0; }
  std::int64_t get(DatePart part, std::int64_t otherwise) const { return has(part) ? value[part] : otherwise; }
};

// DateParts that are missing are those of 1 January 1970, 00:00 UTC.
std::int64_t epoch_ms_of(const DateParts& parts);

}  // namespace sluice::data
