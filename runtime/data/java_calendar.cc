#include "runtime/data/java_calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace sluice::data {
namespace {

constexpr std::int64_t kCutoverDay = -141'427;  // 15 October 1582, the first day of the Gregorian calendar
constexpr std::int64_t kCutoverYear = 1582;
constexpr std::int64_t kJulianOffset = 13;  // Julian 1 January 1970 is Gregorian 14 January 1970

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}
std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// Days from 1 March of year 0 to the first of `month` (1..12) in years that begin in March.
std::int64_t days_before_month(std::int64_t month) {
  return (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
}

std::int64_t gregorian_day(std::int64_t year, std::int64_t month) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  return 365 * y + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) + days_before_month(month) - 719'468;
}
std::int64_t julian_day(std::int64_t year, std::int64_t month) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  return 365 * y + floor_div(y, 4) + days_before_month(month) - 719'483 + kJulianOffset;
}

struct YearMonthDay {
  std::int64_t year;
  int month, day;
};

YearMonthDay from_march_based(std::int64_t year, std::int64_t day_of_year) {
  const std::int64_t m = (5 * day_of_year + 2) / 153;
  const std::int64_t month = m < 10 ? m + 3 : m - 9;
  return {month <= 2 ? year + 1 : year, static_cast<int>(month), static_cast<int>(day_of_year - (153 * m + 2) / 5 + 1)};
}

YearMonthDay civil(std::int64_t epoch_day) {
  if (epoch_day < kCutoverDay) {
    const std::int64_t z = epoch_day + 719'483 - kJulianOffset;
    const std::int64_t cycle = floor_div(z, 1461);
    const std::int64_t in_cycle = z - cycle * 1461;
    const std::int64_t y = std::min<std::int64_t>(in_cycle / 365, 3);
    // The leap day ends the fourth year of a cycle that begins on 1 March of year 0, 4, 8, ...: year 3 has 366 days.
    return from_march_based(cycle * 4 + y, in_cycle - y * 365);
  }
  const std::int64_t z = epoch_day + 719'468;
  const std::int64_t cycle = floor_div(z, 146'097);
  const std::int64_t in_cycle = z - cycle * 146'097;
  const std::int64_t y = (in_cycle - in_cycle / 1460 + in_cycle / 36'524 - in_cycle / 146'096) / 365;
  return from_march_based(cycle * 400 + y, in_cycle - (365 * y + y / 4 - y / 100));
}

}  // namespace

std::int64_t calendar_epoch_day(std::int64_t year, std::int64_t month, std::int64_t day, bool of_year) {
  const std::int64_t zero_based = month - 1;
  const std::int64_t in_year = year + floor_div(zero_based, 12);
  month = floor_mod(zero_based, 12) + 1;
  const std::int64_t gregorian = gregorian_day(in_year, month) + day - 1;
  const std::int64_t julian = julian_day(in_year, month) + day - 1;
  // Days that the cutover skipped are read as Julian.
  if (year < kCutoverYear || (year == kCutoverYear && of_year)) return julian;
  return gregorian >= kCutoverDay ? gregorian : julian;
}

std::int64_t weekday_on_or_before(std::int64_t epoch_day, std::int64_t weekday) {
  return epoch_day - floor_mod(epoch_day + 5 - weekday, 7);
}

CalendarFields calendar_fields(std::int64_t epoch_ms) {
  const std::int64_t day = floor_div(epoch_ms, kMillisPerDay);
  const std::int64_t time = floor_mod(epoch_ms, kMillisPerDay);
  const YearMonthDay date = civil(day);
  CalendarFields fields;
  fields.epoch_day = day;
  fields.before_christ = date.year <= 0;
  fields.year = date.year <= 0 ? 1 - date.year : date.year;
  fields.month = date.month;
  fields.day = date.day;
  fields.hour = static_cast<int>(time / 3'600'000);
  fields.minute = static_cast<int>(time / 60'000 % 60);
  fields.second = static_cast<int>(time / 1000 % 60);
  fields.millisecond = static_cast<int>(time % 1000);
  fields.weekday = static_cast<int>(floor_mod(day + 4, 7)) + 1;
  fields.day_of_year = static_cast<int>(day - calendar_epoch_day(date.year, 1, 1)) + 1;
  return fields;
}

CalendarWeek calendar_week(const CalendarFields& fields) {
  const auto sunday_on_or_before = [](std::int64_t day) { return weekday_on_or_before(day, 1); };
  CalendarWeek week;
  week.week_of_month =
      static_cast<int>((fields.epoch_day - sunday_on_or_before(fields.epoch_day - (fields.day - 1))) / 7 + 1);
  week.year = fields.astronomical_year();
  if (fields.epoch_day >= sunday_on_or_before(calendar_epoch_day(week.year + 1, 1, 1)))
    ++week.year;
  else
    week.week_of_year =
        static_cast<int>((fields.epoch_day - sunday_on_or_before(calendar_epoch_day(week.year, 1, 1))) / 7 + 1);
  return week;
}

std::int64_t calendar_epoch_ms(std::int64_t year, std::int64_t month, std::int64_t day, std::int64_t millisecond_of_day,
                               bool of_year) {
  const std::int64_t more_days = floor_div(millisecond_of_day, kMillisPerDay);
  const auto days = static_cast<std::uint64_t>(calendar_epoch_day(year, month, day + more_days, of_year));
  return static_cast<std::int64_t>(days * kMillisPerDay +
                                   static_cast<std::uint64_t>(millisecond_of_day - more_days * kMillisPerDay));
}

void append_date_text(std::int64_t epoch_ms, std::string& out) {
  const CalendarFields f = calendar_fields(epoch_ms);
  fmt::format_to(std::back_inserter(out), "{} {} {:02} {:02}:{:02}:{:02} UTC {}",
                 kWeekdayNames[static_cast<std::size_t>(f.weekday - 1)].substr(0, 3),
                 kMonthNames[static_cast<std::size_t>(f.month - 1)].substr(0, 3), f.day, f.hour, f.minute, f.second,
                 f.year);
}

}  // namespace sluice::data
