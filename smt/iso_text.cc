#include "smt/iso_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/strings.h"
#include "runtime/data/java_calendar.h"
#include "runtime/data/utf16.h"
#include "smt/iso_days.h"

namespace sluice::smt {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kYearMax = 999'999'999;
constexpr std::int32_t kOffsetMax = 18 * 3600;

// What the text says before it is known to be a time.
struct Parts {
  std::int64_t year = 0;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0, nano = 0;
  int offset_sign = 1, offset_hour = 0, offset_minute = 0, offset_second = 0;

  std::int32_t offset() const { return offset_sign * ((offset_hour * 60 + offset_minute) * 60 + offset_second); }
  std::int32_t second_of_day() const { return (hour * 60 + minute) * 60 + second; }
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads the pieces as Java's formatters do; where one does not fit, error_at() is where Java says so.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  bool done() const { return at_ == text_.size(); }

  bool literal(char c) {
    if (at_ == text_.size() || (text_[at_] != c && (c != 'T' || text_[at_] != 't'))) return false;
    ++at_;
    return true;
  }
  bool two_digits(int* value) {
    if (text_.size() - at_ < 2 || !is_digit(text_[at_]) || !is_digit(text_[at_ + 1])) return false;
    *value = (text_[at_] - '0') * 10 + (text_[at_ + 1] - '0');
    at_ += 2;
    return true;
  }
  // Four digits, or up to ten with a sign.
  bool year(std::int64_t* value) {
    std::size_t at = at_;
    const bool negative = at < text_.size() && text_[at] == '-';
    const bool positive = at < text_.size() && text_[at] == '+';
    if (negative || positive) ++at;
    const std::size_t first = at;
    *value = 0;
    while (at < text_.size() && at - first < 10 && is_digit(text_[at])) *value = *value * 10 + (text_[at++] - '0');
    const std::size_t digits = at - first;
    // Java's place for too few digits behind a sign is behind it.
    if (digits < 4) {
      at_ = first;
      return false;
    }
    if (negative ? *value == 0 : positive == (digits <= 4)) return false;
    if (negative) *value = -*value;
    at_ = at;
    return true;
  }
  bool date(Parts& parts) {
    return year(&parts.year) && literal('-') && two_digits(&parts.month) && literal('-') && two_digits(&parts.day);
  }
  // Seconds and their fraction may be left out.
  bool time(Parts& parts) {
    if (!two_digits(&parts.hour) || !literal(':') || !two_digits(&parts.minute)) return false;
    const std::size_t before = at_;
    if (!literal(':')) return true;
    if (!two_digits(&parts.second)) {
      at_ = before;
      return true;
    }
    if (!literal('.')) return true;
    int digits = 0;
    for (; digits < 9 && at_ < text_.size() && is_digit(text_[at_]); ++digits)
      parts.nano = parts.nano * 10 + (text_[at_++] - '0');
    for (; digits < 9; ++digits) parts.nano *= 10;
    return true;
  }
  // "Z", "+hh", "+hh:mm" or "+hh:mm:ss"; what does not fit behind the hours is left unread.
  bool offset(Parts& parts) {
    if (at_ < text_.size() && (text_[at_] == 'Z' || text_[at_] == 'z')) {
      ++at_;
      return true;
    }
    const std::size_t start = at_;
    if (at_ == text_.size() || (text_[at_] != '+' && text_[at_] != '-')) return false;
    parts.offset_sign = text_[at_++] == '-' ? -1 : 1;
    if (!two_digits(&parts.offset_hour) || parts.offset_hour > 59) {
      at_ = start;
      return false;
    }
    if (sexagesimal(&parts.offset_minute)) sexagesimal(&parts.offset_second);
    return true;
  }

 private:
  bool sexagesimal(int* value) {
    const std::size_t before = at_;
    int read = 0;
    if (literal(':') && two_digits(&read) && read <= 59) {
      *value = read;
      return true;
    }
    at_ = before;
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Java cuts a long text.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShownMax = 64;
  const std::u16string units = data::to_utf16(text);
  if (units.size() <= kShownMax) return std::string(text);
  std::string shown;
  data::append_utf16(std::u16string_view(units).substr(0, kShownMax), shown);
  return shown + "...";
}

base::Error unparsed(std::string_view text, const std::string& why) {
  return base::Error(base::Code::kBadRecord, "java.time.format.DateTimeParseException",
                     fmt::format("Text '{}' could not be parsed{}", quoted(text), why));
}

// A text of the right form that is no time.
base::Error unresolved(std::string_view text, const std::string& why) {
  return unparsed(text, ": " + why).with_cause(base::Error(base::Code::kBadRecord, "java.time.DateTimeException", why));
}

std::string out_of_range(std::string_view field, std::string_view range, std::int64_t value) {
  return fmt::format("Invalid value for {} (valid values {}): {}", field, range, value);
}

std::string date_problem(const Parts& parts) {
  if (parts.year < -kYearMax || parts.year > kYearMax)
    return out_of_range("Year", "-999999999 - 999999999", parts.year);
  if (parts.month < 1 || parts.month > 12) return out_of_range("MonthOfYear", "1 - 12", parts.month);
  if (parts.day < 1 || parts.day > 31) return out_of_range("DayOfMonth", "1 - 28/31", parts.day);
  if (parts.day <= days_in_month(parts.year, parts.month)) return "";
  if (parts.day == 29) return fmt::format("Invalid date 'February 29' as '{}' is not a leap year", parts.year);
  return fmt::format("Invalid date '{} {}'",
                     base::to_upper_ascii(data::kMonthNames[static_cast<std::size_t>(parts.month - 1)]), parts.day);
}

std::string time_problem(const Parts& parts) {
  if (parts.hour > 23) return out_of_range("HourOfDay", "0 - 23", parts.hour);
  if (parts.minute > 59) return out_of_range("MinuteOfHour", "0 - 59", parts.minute);
  if (parts.second > 59) return out_of_range("SecondOfMinute", "0 - 59", parts.second);
  return "";
}

// A LocalTime prints the seconds and their fraction only as far as needed, in groups of three digits.
std::string local_time_text(const Parts& parts) {
  std::string text = fmt::format("{:02}:{:02}", parts.hour, parts.minute);
  if (parts.second == 0 && parts.nano == 0) return text;
  text += fmt::format(":{:02}", parts.second);
  if (parts.nano == 0) return text;
  if (parts.nano % 1'000'000 == 0) return text + fmt::format(".{:03}", parts.nano / 1'000'000);
  if (parts.nano % 1'000 == 0) return text + fmt::format(".{:06}", parts.nano / 1'000);
  return text + fmt::format(".{:09}", parts.nano);
}

base::Result<Parts> read(std::string_view text, bool with_date) {
  Parts parts;
  Reader reader(text);
  if ((with_date && (!reader.date(parts) || !reader.literal('T'))) || !reader.time(parts) || !reader.offset(parts))
    return base::fail(unparsed(text, fmt::format(" at index {}", reader.at())));
  if (parts.offset_hour > 23)
    return base::fail(unresolved(text, "Value out of range: Hour[0-23], Minute[0-59], Second[0-59]"));
  if (!reader.done()) return base::fail(unparsed(text, fmt::format(", unparsed text found at index {}", reader.at())));
  std::string problem = with_date ? date_problem(parts) : "";
  if (problem.empty()) problem = time_problem(parts);
  if (!problem.empty()) return base::fail(unresolved(text, problem));
  if (std::abs(parts.offset()) > kOffsetMax) {
    if (with_date) return base::fail(unresolved(text, "Zone offset not in valid range: -18:00 to +18:00"));
    return base::fail(unresolved(
        text, fmt::format("Unable to obtain OffsetTime from TemporalAccessor: {{OffsetSeconds={}}},ISO resolved to {} "
                          "of type java.time.format.Parsed",
                          parts.offset(), local_time_text(parts))));
  }
  return parts;
}

void append_time(std::int64_t second_of_day, std::int32_t nano, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}", second_of_day / 3600, second_of_day / 60 % 60,
                 second_of_day % 60);
  if (nano == 0) return;
  fmt::format_to(std::back_inserter(out), ".{:09}", nano);
  while (out.back() == '0') out.pop_back();
}

void append_offset(std::int32_t offset, std::string& out) {
  if (offset == 0) {
    out.push_back('Z');
    return;
  }
  const std::int32_t seconds = std::abs(offset);
  fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}", offset < 0 ? '-' : '+', seconds / 3600, seconds / 60 % 60);
  if (seconds % 60 != 0) fmt::format_to(std::back_inserter(out), ":{:02}", seconds % 60);
}

}  // namespace

base::Result<OffsetDateTime> parse_offset_date_time(std::string_view text) {
  SLUICE_TRY_ASSIGN(const Parts parts, read(text, true));
  return OffsetDateTime{epoch_day_of({parts.year, parts.month, parts.day}) * kSecondsPerDay + parts.second_of_day(),
                        parts.nano, parts.offset()};
}

base::Result<OffsetTime> parse_offset_time(std::string_view text) {
  SLUICE_TRY_ASSIGN(const Parts parts, read(text, false));
  return OffsetTime{parts.second_of_day(), parts.nano, parts.offset()};
}

base::Status append_offset_date_time(const OffsetDateTime& time, std::string& out) {
  const IsoDate date = date_of(floor_div(time.local_second, kSecondsPerDay));
  if (date.year < -kYearMax || date.year > kYearMax)
    return base::fail(base::Code::kBadRecord, "java.time.DateTimeException", "{}",
                      out_of_range("Year", "-999999999 - 999999999", date.year));
  if (date.year > 9999) out.push_back('+');
  if (date.year < 0) out.push_back('-');
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T", std::abs(date.year), date.month, date.day);
  append_time(floor_mod(time.local_second, kSecondsPerDay), time.nano, out);
  append_offset(time.offset, out);
  return {};
}

void append_offset_time(const OffsetTime& time, std::string& out) {
  append_time(time.second_of_day, time.nano, out);
  append_offset(time.offset, out);
}

}  // namespace sluice::smt
