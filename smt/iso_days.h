#pragma once
// Days of java.time's ISO calendar, which is Gregorian for all time: unlike runtime/data/java_calendar.h, whose dates
// before 1582 are Julian.

#include <cstdint>

namespace sluice::smt {

struct IsoDate {
  std::int64_t year = 1970;  // 0 is 1 BC
  int month = 1;             // 1..12
  int day = 1;
};

bool is_leap_year(std::int64_t year);
int days_in_month(std::int64_t year, int month);
std::int64_t epoch_day_of(const IsoDate& date);
IsoDate date_of(std::int64_t epoch_day);

// Division that rounds down, and what it leaves.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  return a % b + (a % b < 0 ? b : 0);
}

}  // namespace sluice::smt
