#include "runtime/data/date_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "runtime/data/date_parts.h"
#include "runtime/data/java_calendar.h"
#include "runtime/data/java_text.h"
#include "runtime/data/utf16.h"
#include "runtime/data/zone_names.h"

namespace sluice::data {

namespace {

// For how long a letter shows the same, at least.
std::int64_t finest_ms(char16_t letter) {
  switch (letter) {
    case u'S':
      return 1;
    case u's':
      return 1000;
    case u'm':
      return 60'000;
    case u'H':
    case u'k':
    case u'K':
    case u'h':
    case u'a':
      return 3'600'000;
    default:
      return kMillisPerDay;
  }
}

}  // namespace

// ---- SimpleDateFormat: pattern
// -------------------------------------------------------------------------------------------

base::Result<DateFormat> DateFormat::compile(std::string_view pattern) {
  static constexpr std::u16string_view kLetters = u"GyMdkHmsSEDFwWahKzZYuXL";
  DateFormat format;
  const auto literal = [&](char16_t c) {
    if (format.items_.empty() || format.items_.back().letter != 0) format.items_.emplace_back();
    format.items_.back().literal.push_back(c);
  };
  const std::u16string units = to_utf16(pattern);
  bool quoted = false;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const char16_t c = units[i];
    if (c == u'\'') {
      if (i + 1 < units.size() && units[i + 1] == u'\'')
        literal(units[++i]);
      else
        quoted = !quoted;
    } else if (quoted || !((c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z'))) {
      literal(c);
    } else if (kLetters.find(c) == std::u16string_view::npos) {
      return base::fail(base::Code::kInvalidConfig, base::exceptions::kIllegalArgument,
                        "Illegal pattern character '{}'", static_cast<char>(c));
    } else if (i > 0 && units[i - 1] == c && !format.items_.empty() && format.items_.back().letter == c) {
      ++format.items_.back().count;
    } else {
      format.items_.push_back({c, 1, {}});
    }
  }
  if (quoted) return base::fail(base::Code::kInvalidConfig, base::exceptions::kIllegalArgument, "Unterminated quote");
  for (const Item& item : format.items_)
    if (item.letter == u'X' && item.count > 3)
      return base::fail(base::Code::kInvalidConfig, base::exceptions::kIllegalArgument,
                        "invalid ISO 8601 format: length={}", item.count);
  format.period_ms_ = kMillisPerDay;
  for (const Item& item : format.items_) format.period_ms_ = std::min(format.period_ms_, finest_ms(item.letter));
  return format;
}

std::int64_t DateFormat::period(std::int64_t epoch_ms) const {
  return epoch_ms / period_ms_ - (epoch_ms % period_ms_ < 0 ? 1 : 0);
}

// ---- SimpleDateFormat: formatting
// ----------------------------------------------------------------------------------------

namespace {

void pad(std::int64_t value, int width, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{:0{}}", value, value < 0 ? width + 1 : width);
}

void format_year(std::int64_t year, int count, std::string& out) {
  if (count == 2)
    pad(year % 100, 2, out);
  else
    pad(year, count, out);
}

void format_item(char16_t letter, int count, const CalendarFields& f, std::string& out) {
  switch (letter) {
    case u'G':
      out += f.before_christ ? "BC" : "AD";
      return;
    case u'y':
      format_year(f.year, count, out);
      return;
    case u'Y':
      format_year(calendar_week(f).year, count, out);
      return;
    case u'M':
    case u'L': {
      const std::string_view name = kMonthNames[static_cast<std::size_t>(f.month - 1)];
      if (count >= 3)
        out += count == 3 ? name.substr(0, 3) : name;
      else
        pad(f.month, count, out);
      return;
    }
    case u'E': {
      const std::string_view name = kWeekdayNames[static_cast<std::size_t>(f.weekday - 1)];
      out += count >= 4 ? name : name.substr(0, 3);
      return;
    }
    case u'a':
      out += f.hour < 12 ? "AM" : "PM";
      return;
    case u'w':
      pad(calendar_week(f).week_of_year, count, out);
      return;
    case u'W':
      pad(calendar_week(f).week_of_month, count, out);
      return;
    case u'D':
      pad(f.day_of_year, count, out);
      return;
    case u'd':
      pad(f.day, count, out);
      return;
    case u'F':
      pad((f.day - 1) / 7 + 1, count, out);
      return;
    case u'u':
      pad(f.weekday == 1 ? 7 : f.weekday - 1, count, out);
      return;
    case u'H':
      pad(f.hour, count, out);
      return;
    case u'k':
      pad(f.hour == 0 ? 24 : f.hour, count, out);
      return;
    case u'K':
      pad(f.hour % 12, count, out);
      return;
    case u'h':
      pad(f.hour % 12 == 0 ? 12 : f.hour % 12, count, out);
      return;
    case u'm':
      pad(f.minute, count, out);
      return;
    case u's':
      pad(f.second, count, out);
      return;
    case u'S':
      pad(f.millisecond, count, out);
      return;
    case u'z':
      out += count >= 4 ? "Coordinated Universal Time" : "UTC";
      return;
    case u'Z':
      out += "+0000";
      return;
    case u'X':
      out += "Z";
      return;
    default:
      return;
  }
}

}  // namespace

void DateFormat::append(std::int64_t epoch_ms, std::string& out) const {
  const CalendarFields fields = calendar_fields(epoch_ms);
  for (const Item& item : items_) {
    if (item.letter == 0)
      append_utf16(item.literal, out);
    else
      format_item(item.letter, item.count, fields, out);
  }
}

// ---- SimpleDateFormat: parsing
// -------------------------------------------------------------------------------------------

namespace {

bool is_number(char16_t letter, int count) {
  switch (letter) {
    case u'M':
    case u'L':
      return count <= 2;
    case u'G':
    case u'E':
    case u'a':
    case u'z':
    case u'Z':
    case u'X':
      return false;
    default:
      return true;
  }
}

// java.text.DecimalFormat.parse for whole numbers, then Number.intValue: an optional minus, digits of any script, an
// exponent. Returns the end, or 0 if there is no number at `at`.
std::size_t parse_number(std::u16string_view text, std::size_t at, std::int64_t* value) {
  bool negative = false;
  if (at < text.size() && text[at] == u'-') {
    negative = true;
    ++at;
  }
  std::string digits;
  const std::size_t first = at;
  for (int digit; at < text.size() && (digit = java_digit(text[at])) >= 0; ++at)
    digits.push_back(static_cast<char>('0' + digit));
  if (at == first) return 0;
  std::int64_t exponent = 0;
  if (at < text.size() && text[at] == u'E') {
    std::size_t end = at + 1;
    const bool minus = end < text.size() && text[end] == u'-';
    if (minus) ++end;
    const std::size_t exponent_first = end;
    for (int digit; end < text.size() && (digit = java_digit(text[end])) >= 0; ++end)
      exponent = std::min<std::int64_t>(exponent * 10 + digit, 100'000);
    if (end == exponent_first) {
      exponent = 0;
    } else {
      at = end;
      if (minus) exponent = -exponent;
    }
  }
  std::int64_t whole = 0;
  if (exponent == 0 && digits.size() <= 18) {
    std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    *value = static_cast<std::int32_t>(negative ? -whole : whole);
    return at;
  }
  digits.push_back('e');
  append_integer(exponent, digits);
  double number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc())
    number = exponent > 0 ? 1e300 : 0;
  if (negative) number = -number;
  const bool fits = number >= -0x1p63 && number < 0x1p63;
  *value = fits ? static_cast<std::int32_t>(static_cast<std::int64_t>(number)) : java_to_int32(number);
  return at;
}

char16_t lower(char16_t c) {
  return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c;
}

bool matches(std::u16string_view text, std::size_t at, std::string_view name) {
  if (at + name.size() > text.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (lower(text[at + i]) != lower(static_cast<char16_t>(name[i]))) return false;
  return true;
}

// The longest name or three-letter abbreviation at `at`; its index and end, or -1.
template <std::size_t N>
int match_name(std::u16string_view text, std::size_t at, const std::array<std::string_view, N>& names,
               std::size_t* end) {
  for (const bool abbreviated : {false, true})
    for (std::size_t i = 0; i < N; ++i) {
      const std::string_view name = abbreviated ? names[i].substr(0, 3) : names[i];
      if (!matches(text, at, name)) continue;
      *end = at + name.size();
      return static_cast<int>(i);
    }
  return -1;
}

// hh[[:]mm] after a sign. `count`: letters X, 0 for the other forms.
bool parse_offset(std::u16string_view text, std::size_t* at, int count, bool colon, std::int64_t* minutes) {
  const auto digit = [&](std::size_t i) {
    return i < text.size() && text[i] >= u'0' && text[i] <= u'9' ? text[i] - u'0' : -1;
  };
  std::size_t i = *at;
  if (digit(i) < 0) return false;
  std::int64_t hours = digit(i++);
  if (digit(i) >= 0)
    hours = hours * 10 + digit(i++);
  else if (count > 0 || !colon)
    return false;
  if (hours > 23) return false;
  std::int64_t rest = 0;
  if (count != 1) {
    if (colon && (i >= text.size() || text[i++] != u':')) return false;
    if (digit(i) < 0 || digit(i + 1) < 0) return false;
    rest = digit(i) * 10 + digit(i + 1);
    i += 2;
    if (rest > 59) return false;
  }
  *at = i;
  *minutes = hours * 60 + rest;
  return true;
}

bool parse_zone(std::u16string_view text, std::size_t* at, char16_t letter, int count, DateParts& parts) {
  std::size_t i = *at;
  const auto sign_at = [&](std::size_t p) {
    return p >= text.size() ? 0 : text[p] == u'+' ? 1 : text[p] == u'-' ? -1 : 0;
  };
  int sign = sign_at(i);
  std::int64_t minutes = 0;
  if (letter == u'X') {
    if (text[i] == u'Z') {
      ++i;
    } else {
      if (sign == 0 || !parse_offset(text, &++i, count, count == 3, &minutes)) return false;
    }
  } else if (sign != 0) {
    if (!parse_offset(text, &++i, 0, false, &minutes)) return false;
  } else if (matches(text, i, "GMT")) {
    i += 3;
    sign = sign_at(i);
    if (sign != 0 && !parse_offset(text, &++i, 0, true, &minutes)) return false;
  } else if (const ZoneName* zone = match_zone_name(text.substr(i))) {
    i += zone->name.size();
    sign = 1;
    minutes = zone->minutes;
  } else {
    return false;
  }
  parts.set(kZone, minutes * 60'000 * sign);
  *at = i;
  return true;
}

// Two digits of a year stand for the one within 80 years before and 20 after today.
void set_two_digit_year(std::int64_t value, std::int64_t now_ms, DateParts& parts) {
  const CalendarFields now = calendar_fields(now_ms);
  const std::int64_t start = now.astronomical_year() - 80;
  parts.ambiguous_year = value == start % 100;
  parts.set(kYear, value + start / 100 * 100 + (value < start % 100 ? 100 : 0));
}

struct Field {
  char16_t letter;
  int count;
  std::size_t limit;  // numbers end here at the latest
};

// One field of the pattern at `*at`. False: no match, `*at` is where it failed.
bool parse_field(std::u16string_view text, const Field& field, std::int64_t now_ms, std::size_t* at, DateParts& parts) {
  const std::size_t unskipped = *at;
  while (*at < text.size() && (text[*at] == u' ' || text[*at] == u'\t')) ++*at;
  if (*at >= text.size()) return false;
  const std::size_t start = *at;
  std::size_t end = start;
  const auto named = [&](DatePart part, int index, int base) {
    if (index < 0) return false;
    parts.set(part, index + base);
    *at = end;
    return true;
  };
  static constexpr std::array<std::string_view, 2> kEras = {"BC", "AD"};
  static constexpr std::array<std::string_view, 2> kHalves = {"AM", "PM"};
  switch (field.letter) {
    case u'G':
      return named(kEra, match_name(text, unskipped, kEras, &end), 0);
    case u'a':
      return named(kAmPm, match_name(text, unskipped, kHalves, &end), 0);
    case u'E':
      return named(kWeekday, match_name(text, unskipped, kWeekdayNames, &end), 1);
    case u'z':
    case u'Z':
    case u'X':
      return parse_zone(text, at, field.letter, field.count, parts);
    case u'M':
    case u'L':
      if (field.count > 2) return named(kMonth, match_name(text, unskipped, kMonthNames, &end), 1);
      break;
    default:
      break;
  }
  if (field.limit > text.size()) return false;
  std::int64_t value = 0;
  end = parse_number(text.substr(0, field.limit), start, &value);
  if (end == 0) return false;
  *at = end;
  switch (field.letter) {
    case u'y':
      if (field.count <= 2 && end - start == 2 && java_digit(text[start]) >= 0 && java_digit(text[start + 1]) >= 0)
        set_two_digit_year(value, now_ms, parts);
      else
        parts.set(kYear, value);
      return true;
    case u'Y':
      parts.set(kWeekYear, value);
      return true;
    case u'M':
    case u'L':
      parts.set(kMonth, value);
      return true;
    case u'd':
      parts.set(kDay, value);
      return true;
    case u'D':
      parts.set(kDayOfYear, value);
      return true;
    case u'H':
      parts.set(kHour24, value);
      return true;
    case u'k':
      parts.set(kHour24, value == 24 ? 0 : value);
      return true;
    case u'K':
      parts.set(kHour12, value);
      return true;
    case u'h':
      parts.set(kHour12, value == 12 ? 0 : value);
      return true;
    case u'm':
      parts.set(kMinute, value);
      return true;
    case u's':
      parts.set(kSecond, value);
      return true;
    case u'S':
      parts.set(kMillisecond, value);
      return true;
    case u'w':
      parts.set(kWeekOfYear, value);
      return true;
    case u'W':
      parts.set(kWeekOfMonth, value);
      return true;
    case u'F':
      parts.set(kWeekdayInMonth, value);
      return true;
    case u'u':  // 1 = Monday .. 7 = Sunday
      parts.set(kWeekday, value < 1 || value > 7 ? value : value % 7 + 1);
      return true;
    default:
      return false;
  }
}

}  // namespace

DateFormat::Parsed DateFormat::parse(std::string_view input, std::int64_t now_ms) const {
  // Dates are short and ASCII nearly always: those take nothing from the heap.
  std::array<char16_t, 128> units;
  if (input.size() > units.size() || !is_ascii(input)) return parse_units(to_utf16(input), now_ms);
  std::copy(input.begin(), input.end(), units.begin());
  return parse_units({units.data(), input.size()}, now_ms);
}

DateFormat::Parsed DateFormat::parse_units(std::u16string_view text, std::int64_t now_ms) const {
  DateParts parts;
  Parsed result;
  std::size_t at = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    if (item.letter == 0) {
      for (const char16_t c : item.literal) {
        if (at >= text.size() || text[at] != c) {
          result.error_index = at;
          return result;
        }
        ++at;
      }
      continue;
    }
    // Numbers that touch in the pattern ("yyyyMMdd") take as many digits as there are letters, others all that follow.
    const bool touching =
        i + 1 < items_.size() && items_[i + 1].letter != 0 && is_number(items_[i + 1].letter, items_[i + 1].count);
    const Field field{item.letter, item.count, touching ? at + static_cast<std::size_t>(item.count) : text.size()};
    if (!parse_field(text, field, now_ms, &at, parts)) {
      result.error_index = at;
      return result;
    }
  }
  result.ok = true;
  result.end = at;
  result.epoch_ms = epoch_ms_of(parts);
  if (parts.ambiguous_year) {
    const CalendarFields now = calendar_fields(now_ms);
    const std::int64_t century_start =
        calendar_epoch_ms(now.astronomical_year() - 80, now.month, now.day, now_ms - now.epoch_day * kMillisPerDay);
    if (result.epoch_ms < century_start) {
      parts.value[kYear] += 100;
      result.epoch_ms = epoch_ms_of(parts);
    }
  }
  return result;
}

}  // namespace sluice::data
