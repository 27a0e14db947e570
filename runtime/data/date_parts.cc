#include "runtime/data/date_parts.h"

#include <algorithm>

#include "runtime/data/java_calendar.h"

namespace sluice::data {
namespace {

std::int64_t first_sunday_week(std::int64_t first_day) {
  return weekday_on_or_before(first_day, 1);
}

// Week year, week and weekday, each with its default; a weekday out of range moves the week.
std::int64_t week_date(const DateParts& parts) {
  std::int64_t week = parts.get(kWeekOfYear, 1);
  std::int64_t weekday = parts.get(kWeekday, 1);
  if (weekday < 1 || weekday > 7) {  // here counted from Monday
    const std::int64_t zero_based = weekday - 1;
    const std::int64_t weeks = zero_based / 7 - (zero_based % 7 < 0 ? 1 : 0);
    week += weeks;
    weekday = (zero_based - weeks * 7 + 1) % 7 + 1;
  }
  return first_sunday_week(calendar_epoch_day(parts.value[kWeekYear], 1, 1)) + weekday - 1 + 7 * (week - 1);
}

// A day by its week in the month or by its count among the same weekdays of the month.
std::int64_t day_by_week_of_month(const DateParts& parts, std::int64_t year, bool by_week) {
  const std::int64_t month = parts.get(kMonth, 1);
  const std::int64_t first = calendar_epoch_day(year, month, 1);
  if (by_week) {
    std::int64_t start = first_sunday_week(first);
    if (parts.has(kWeekday)) start = weekday_on_or_before(start + 6, parts.value[kWeekday]);
    return start + 7 * (parts.value[kWeekOfMonth] - 1);
  }
  const std::int64_t count = parts.get(kWeekdayInMonth, 1);
  const std::int64_t last =
      count >= 0 ? first + 7 * count - 1 : calendar_epoch_day(year, month + 1, 1) + 7 * (count + 1) - 1;
  return weekday_on_or_before(last, parts.get(kWeekday, 1));
}

std::int64_t day_by_week_of_year(const DateParts& parts, std::int64_t year) {
  std::int64_t start = first_sunday_week(calendar_epoch_day(year, 1, 1, true));
  if (parts.has(kWeekday)) start = weekday_on_or_before(start + 6, parts.value[kWeekday]);
  return start + 7 * (parts.get(kWeekOfYear, 1) - 1);
}

// Of the ways to name a day, the one that was completed last counts, as in java.util.Calendar. `more_days` is the
// overflow of the time.
std::int64_t to_epoch_day(const DateParts& parts, std::int64_t year, std::int64_t more_days) {
  const auto both = [&](DatePart a) {
    return parts.has(a) && parts.has(kWeekday) ? std::max(parts.stamp[a], parts.stamp[kWeekday]) : 0;
  };
  int week_of_month = both(kWeekOfMonth), in_month = both(kWeekdayInMonth), week_of_year = both(kWeekOfYear);
  int day = parts.stamp[kDay];
  int best = std::max({day, week_of_month, in_month, parts.stamp[kDayOfYear], week_of_year});
  if (best == 0) {
    week_of_month = parts.stamp[kWeekOfMonth];
    in_month = std::max(parts.stamp[kWeekdayInMonth], parts.stamp[kWeekday]);
    week_of_year = parts.stamp[kWeekOfYear];
    best = std::max({week_of_month, in_month, week_of_year});
    if (best == 0) best = day = parts.stamp[kMonth];
  }
  if (best == day) return calendar_epoch_day(year, parts.get(kMonth, 1), parts.get(kDay, 1) + more_days);
  const bool of_month = (best == week_of_month && parts.stamp[kWeekOfMonth] >= parts.stamp[kWeekOfYear]) ||
                        (best == in_month && parts.stamp[kWeekdayInMonth] >= parts.stamp[kWeekOfYear]);
  if (of_month) {
    const bool by_week =
        week_of_month == in_month ? parts.stamp[kWeekOfMonth] >= parts.stamp[kWeekdayInMonth] : best == week_of_month;
    return day_by_week_of_month(parts, year, by_week) + more_days;
  }
  if (best == parts.stamp[kDayOfYear]) return calendar_epoch_day(year, 1, parts.value[kDayOfYear] + more_days, true);
  return day_by_week_of_year(parts, year) + more_days;
}

}  // namespace

std::int64_t epoch_ms_of(const DateParts& parts) {
  std::int64_t year = parts.get(kYear, 1970);
  if (parts.get(kEra, 1) == 0) year = 1 - year;
  std::int64_t hour = parts.get(kHour24, 0);
  const int half_day = parts.has(kHour12) && parts.has(kAmPm) ? std::max(parts.stamp[kHour12], parts.stamp[kAmPm]) : 0;
  if (half_day > parts.stamp[kHour24] || !parts.has(kHour24)) hour = parts.get(kHour12, 0) + 12 * parts.get(kAmPm, 0);
  const std::int64_t time = hour * 3'600'000 + parts.get(kMinute, 0) * 60'000 + parts.get(kSecond, 0) * 1000 +
                            parts.get(kMillisecond, 0) - parts.get(kZone, 0);
  const std::int64_t more_days = time / kMillisPerDay - (time % kMillisPerDay < 0 ? 1 : 0);
  const bool week_year = parts.stamp[kWeekYear] > parts.stamp[kYear];
  const std::int64_t day = week_year ? week_date(parts) + more_days : to_epoch_day(parts, year, more_days);
  // Java's long wraps around.
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(day) * static_cast<std::uint64_t>(kMillisPerDay) +
                                   static_cast<std::uint64_t>(time - more_days * kMillisPerDay));
}

}  // namespace sluice::data
