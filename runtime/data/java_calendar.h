#pragma once
// java.util.GregorianCalendar and java.util.Date.toString in UTC: dates before 15 October 1582 are in the Julian
// calendar.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::data {

inline constexpr std::int64_t kMillisPerDay = 86'400'000;

inline constexpr std::array<std::string_view, 12> kMonthNames = {"January",   "February", "March",    "April",
                                                                 "May",       "June",     "July",     "August",
                                                                 "September", "October",  "November", "December"};
inline constexpr std::array<std::string_view, 7> kWeekdayNames = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                                  "Thursday", "Friday", "Saturday"};

struct CalendarFields {
  bool before_christ = false;
  std::int64_t year = 1970;  // of the era, from 1
  int month = 1;             // 1..12
  int day = 1;
  int hour = 0, minute = 0, second = 0, millisecond = 0;
  int weekday = 1;  // 1 = Sunday .. 7 = Saturday
  int day_of_year = 1;
  std::int64_t epoch_day = 0;  // days since 1 January 1970

  // The year counted on beyond its era: 0 is 1 BC.
  std::int64_t astronomical_year() const { return before_christ ? 1 - year : year; }
};

CalendarFields calendar_fields(std::int64_t epoch_ms);

// Weeks as in the United States: they begin on Sunday, and the first of a year is the one that holds 1 January.
struct CalendarWeek {
  std::int64_t year = 1970;
  int week_of_year = 1;
  int week_of_month = 1;
};
CalendarWeek calendar_week(const CalendarFields& fields);

// Days since 1 January 1970. Lenient: month and day may have any value, and the year says which calendar counts. `year`
// counts 0 for 1 BC, -1 for 2 BC. `of_year`: the day is counted from the start of the year (month 1), which in 1582 is
// Julian throughout.
std::int64_t calendar_epoch_day(std::int64_t year, std::int64_t month, std::int64_t day, bool of_year = false);
// The same with a time of day of any value. Wraps where Java's long wraps.
std::int64_t calendar_epoch_ms(std::int64_t year, std::int64_t month, std::int64_t day, std::int64_t millisecond_of_day,
                               bool of_year = false);
// The last day up to `epoch_day` that is this weekday, 1 = Sunday .. 7 = Saturday.
std::int64_t weekday_on_or_before(std::int64_t epoch_day, std::int64_t weekday);

// java.util.Date.toString: "Thu Jan 01 00:00:00 UTC 1970".
void append_date_text(std::int64_t epoch_ms, std::string& out);

}  // namespace sluice::data
