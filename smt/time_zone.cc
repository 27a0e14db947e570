#include "smt/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/base/log.h"
#include "smt/iso_days.h"

namespace sluice::smt {
namespace {

const base::Logger kLog{"io.debezium.transforms.TimezoneConverter"};

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr const char* kDateTimeException = "java.time.DateTimeException";

// Names that only java.util.TimeZone has.
constexpr std::array<std::string_view, 28> kOldNames = {
    "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT", "EST",
    "HST", "IET", "IST", "JST", "MIT", "MST", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST"};
// Zones and other files of zoneinfo that java.time does not have under these names.
constexpr std::array<std::string_view, 10> kNotInJava = {"EST",   "HST",     "MST",        "ROC",       "GMT+0",
                                                         "GMT-0", "Factory", "posixrules", "localtime", "leapseconds"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::filesystem::path zone_folder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// A name that cannot lead out of the folder, nor to zones with leap seconds.
bool is_zone_name(std::string_view id) {
  if (id.empty() || id[0] < 'A' || id[0] > 'Z' || contains(kNotInJava, id)) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
}

// The contents of the zone's file; nothing if there is none.
std::optional<std::string> read_zone_file(std::string_view id) {
  if (!is_zone_name(id)) return std::nullopt;
  std::error_code error;
  const auto folder = zone_folder();
  if (!std::filesystem::is_directory(folder, error))
    kLog.error("There are no time zones in {}: install the package tzdata, or set TZDIR", folder.string());
  const auto path = folder / id;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(TimeZone::kFileBytesMax, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (!bytes.starts_with("TZif")) return std::nullopt;
  return bytes;
}

std::int64_t big_endian(std::string_view bytes) {
  std::uint64_t value = (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

// The header of a part of a zoneinfo file (RFC 8536).
struct Counts {
  static constexpr std::size_t kHeaderBytes = 44;
  std::size_t is_ut, is_standard, leaps, times, types, characters;

  explicit Counts(std::string_view header)
      : is_ut(count(header, 20)),
        is_standard(count(header, 24)),
        leaps(count(header, 28)),
        times(count(header, 32)),
        types(count(header, 36)),
        characters(count(header, 40)) {}

  std::size_t bytes(std::size_t time_bytes) const {
    return times * time_bytes + times + types * 6 + characters + leaps * (time_bytes + 4) + is_standard + is_ut;
  }

 private:
  static std::size_t count(std::string_view header, std::size_t at) {
    return static_cast<std::uint32_t>(big_endian(header.substr(at, 4)));
  }
};

// ZoneOffset.of for the texts that the converter lets through: +hh:mm or +hh:mm:ss.
base::Result<ZoneOffset> parse_offset(std::string_view id) {
  const auto two = [&](std::size_t at) { return at < id.size() ? (id[at] - '0') * 10 + (id[at + 1] - '0') : 0; };
  const int sign = id[0] == '-' ? -1 : 1;
  const int hours = two(1);
  const int minutes = two(4);
  const int seconds = two(7);
  const auto refuse = [&](std::string_view what, int value, int max) {
    return base::fail(base::Code::kBadRecord, kDateTimeException,
                      "Zone offset {} not in valid range: value {} is not in the range -{} to {}", what, value * sign,
                      max, max);
  };
  if (hours > 18) return refuse("hours", hours, 18);
  if (minutes > 59) return refuse("minutes", minutes, 59);
  if (seconds > 59) return refuse("seconds", seconds, 59);
  if (hours == 18 && (minutes | seconds) != 0)
    return base::fail(base::Code::kBadRecord, kDateTimeException, "Zone offset not in valid range: -18:00 to +18:00");
  return sign * ((hours * 60 + minutes) * 60 + seconds);
}

// The second, counted as UTC, at which a change happens by the local clock.
std::int64_t local_second_of(const ZoneRule::Change& change, std::int64_t year) {
  using Form = ZoneRule::Change::Form;
  const std::int64_t first = epoch_day_of({year, 1, 1});
  std::int64_t day = 0;
  switch (change.form) {
    case Form::kDayOfYear:
      day = first + change.day;
      break;
    case Form::kDayOfYearWithoutLeapDay:
      day = first + change.day - 1 + (is_leap_year(year) && change.day >= 60 ? 1 : 0);
      break;
    case Form::kMonthWeekDay: {
      const std::int64_t month = epoch_day_of({year, change.month, 1});
      const std::int64_t weekday = floor_mod(month + 4, 7);  // 1 January 1970 was a Thursday
      day = month + floor_mod(change.day - weekday, 7) + (change.week - 1) * 7;
      if (day >= month + days_in_month(year, change.month)) day -= 7;
      break;
    }
  }
  return day * kSecondsPerDay + change.second;
}

}  // namespace

bool TimeZone::is_known(std::string_view id) {
  return contains(kOldNames, id) || read_zone_file(id).has_value();
}

base::Result<TimeZone> TimeZone::find(std::string_view id) {
  TimeZone zone;
  if (!id.empty() && (id[0] == '+' || id[0] == '-')) {
    SLUICE_TRY_ASSIGN(zone.fixed_, parse_offset(id));
    return zone;
  }
  const auto file = read_zone_file(id);
  if (!file)
    return base::fail(base::Code::kBadRecord, "java.time.zone.ZoneRulesException", "Unknown time-zone ID: {}", id);
  if (auto status = zone.read(*file); !status)
    return base::connect_error("The file of time zone {} is damaged: {}", id, status.error().message());
  return zone;
}

base::Status TimeZone::read(std::string_view file) {
  const auto damaged = [](std::string_view what) { return base::connect_error("{}", what); };
  if (file.size() < Counts::kHeaderBytes) return damaged("its header is too short");
  // The first part is for readers of 32-bit times; the second one says all.
  const Counts old(file);
  const std::size_t skip = Counts::kHeaderBytes + old.bytes(4);
  if (file[4] < '2' || file.size() < skip + Counts::kHeaderBytes) return damaged("it has no 64-bit times");
  file.remove_prefix(skip);
  const Counts counts(file);
  file.remove_prefix(Counts::kHeaderBytes);
  if (file.size() < counts.bytes(8) || counts.types == 0) return damaged("it ends too soon");
  const std::string_view indexes = file.substr(counts.times * 8, counts.times);
  const std::string_view types = file.substr(counts.times * 9, counts.types * 6);
  const auto offset_of = [&](std::size_t type) {
    return static_cast<ZoneOffset>(big_endian(types.substr(type * 6, 4)));
  };
  fixed_ = offset_of(0);
  ZoneOffset before = fixed_;
  for (std::size_t i = 0; i < counts.times; ++i) {
    const auto type = static_cast<unsigned char>(indexes[i]);
    if (type >= counts.types) return damaged("it names a local time that it does not have");
    const ZoneOffset after = offset_of(type);
    if (after != before) changes_.push_back({big_endian(file.substr(i * 8, 8)), before, after});
    before = after;
  }
  std::string_view footer = file.substr(counts.bytes(8));
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return damaged("it has no footer");
  footer = footer.substr(1, footer.size() - 2);
  if (footer.empty()) return {};
  rule_ = parse_zone_rule(footer);
  if (!rule_) return damaged("its footer is malformed");
  return {};
}

ZoneOffset TimeZone::offset_at(std::int64_t epoch_second) const {
  const auto next = std::partition_point(changes_.begin(), changes_.end(),
                                         [&](const Change& change) { return change.at <= epoch_second; });
  if (next != changes_.end()) return next->before;
  return rule_offset(epoch_second, [&](const Change& change) { return change.at > epoch_second; });
}

ZoneOffset TimeZone::offset_at_local(std::int64_t local_second) const {
  const auto next = std::partition_point(changes_.begin(), changes_.end(),
                                         [&](const Change& change) { return change.over() <= local_second; });
  if (next != changes_.end()) return next->before;
  return rule_offset(local_second, [&](const Change& change) { return change.over() > local_second; });
}

template <typename Pending>
ZoneOffset TimeZone::rule_offset(std::int64_t second, Pending&& pending) const {
  const ZoneOffset last = changes_.empty() ? fixed_ : changes_.back().after;
  if (!rule_) return last;
  if (!rule_->has_summer) return rule_->standard;
  const std::int64_t year = date_of(floor_div(second, kSecondsPerDay)).year;
  ZoneOffset offset = last;
  for (std::int64_t y = year - 1; y <= year + 1; ++y) {
    for (const Change& change : rule_changes(y)) {
      if (!changes_.empty() && change.at <= changes_.back().at) continue;
      if (pending(change)) return change.before;
      offset = change.after;
    }
  }
  return offset;
}

// In their order.
std::array<TimeZone::Change, 2> TimeZone::rule_changes(std::int64_t year) const {
  const Change start{local_second_of(rule_->start, year) - rule_->standard, rule_->standard, rule_->summer};
  const Change end{local_second_of(rule_->end, year) - rule_->summer, rule_->summer, rule_->standard};
  if (start.at < end.at) return {start, end};
  return {end, start};
}

}  // namespace sluice::smt
