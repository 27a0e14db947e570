#include "runtime/data/java_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "runtime/base/digits.h"
#include "runtime/base/strings.h"
#include "runtime/data/float_digits.h"
#include "runtime/data/utf16.h"

namespace sluice::data {
namespace {

using base::Code;
using base::fail;

template <std::size_t N>
char* copy(char* out, const char (&text)[N]) {
  std::memcpy(out, text, N - 1);
  return out + N - 1;
}

// `exponent`: the value is 0.d1d2... x 10^exponent.
char* layout(char* out, const char* digits, int count, int exponent) {
  const auto put = [&](const char* from, int n) {
    std::memcpy(out, from, static_cast<std::size_t>(n));
    out += n;
  };
  const auto zeros = [&](int n) {
    std::memset(out, '0', static_cast<std::size_t>(n));
    out += n;
  };
  if (exponent > 0 && exponent < 8) {
    const int whole = count < exponent ? count : exponent;
    put(digits, whole);
    zeros(exponent - whole);
    *out++ = '.';
    if (count > whole)
      put(digits + whole, count - whole);
    else
      zeros(1);
    return out;
  }
  if (exponent <= 0 && exponent > -3) {
    out = copy(out, "0.");
    zeros(-exponent);
    put(digits, count);
    return out;
  }
  *out++ = digits[0];
  *out++ = '.';
  if (count > 1)
    put(digits + 1, count - 1);
  else
    zeros(1);
  *out++ = 'E';
  return std::to_chars(out, out + 5, exponent - 1).ptr;
}

// Digits and exponent of the shortest text that reads back, by way of to_chars.
template <typename Float>
char* layout_shortest(char* out, Float value) {
  char text[32];
  const char* const end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  char digits[24];
  int count = 0;
  const char* at = text;
  for (; *at != 'e'; ++at)
    if (*at != '.') digits[count++] = *at;
  ++at;
  if (*at == '+') ++at;
  int exponent = 0;
  std::from_chars(at, end, exponent);
  return layout(out, digits, count, exponent + 1);
}

template <typename Float>
struct Format;
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int kFraction = 52, kExponentBias = 1023;
  static constexpr double kWholeMax = 1e7;
  // Below, no two shortest candidates lie on the edge of the interval where Java's algorithm and to_chars differ (2^52
  // has digits to the right of the point no more; see the tests, which compare both over the whole range).
  static constexpr double kShortestMax = 4503599627370496.0;
};
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int kFraction = 23, kExponentBias = 127;
  static constexpr float kWholeMax = 1e7F;
  static constexpr float kShortestMax = 1048576.0F;
};

template <typename Float>
char* write_exactly(char* out, Float value) {
  using F = Format<Float>;
  const auto bits = std::bit_cast<typename F::Bits>(value);
  std::uint64_t significand = bits & ((typename F::Bits{1} << F::kFraction) - 1);
  int exponent = static_cast<int>(bits >> F::kFraction) & (2 * F::kExponentBias + 1);
  int precision = F::kFraction + 1;
  if (exponent == 0) {  // subnormal: move the highest bit to the place of the hidden one
    const int shift = F::kFraction + 1 - static_cast<int>(std::bit_width(significand));
    significand <<= shift;
    exponent = 1 - shift;
    precision -= shift;
  } else {
    significand |= std::uint64_t{1} << F::kFraction;
  }
  const FloatDigits digits =
      java_float_digits(significand << (52 - F::kFraction), exponent - F::kExponentBias, precision);
  return layout(out, digits.digits, digits.count, digits.exponent);
}

// A value that is a whole number of hundredths or of ten-thousandths, which most amounts are. With at most 11 digits,
// the decimal that divides back to the value is the shortest one there is. nullptr: it is none.
char* write_few_decimals(char* out, double value) {
  if (value < 1e-3 || value >= 1e7) return nullptr;
  std::uint32_t unit = 100;
  auto scaled = static_cast<std::uint64_t>(value * 100 + 0.5);
  if (static_cast<double>(scaled) / 100 != value) {
    unit = 10000;
    scaled = static_cast<std::uint64_t>(value * 10000 + 0.5);
    if (static_cast<double>(scaled) / 10000 != value) return nullptr;
  }
  out = base::write_below_1e8(out, static_cast<std::uint32_t>(scaled / unit));
  *out++ = '.';
  // Four digits, of which the zeros at the end are left off.
  const auto fraction = static_cast<std::uint32_t>(scaled % unit) * (10000 / unit);
  const std::uint64_t digits = base::eight_digits(fraction) >> 32;
  base::store_eight(out, digits | base::kEightZeros);
  return out + (8 - std::countl_zero(digits | 1) / 8);
}
char* write_few_decimals(char* /*out*/, float /*value*/) {
  return nullptr;
}

template <typename Float>
char* write_floating(char* out, Float value) {
  using F = Format<Float>;
  if (std::isnan(value)) return copy(out, "NaN");
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (std::isinf(value)) return copy(out, "Infinity");
  if (value == 0) return copy(out, "0.0");
  if (value < F::kWholeMax) {
    const auto whole = static_cast<std::int32_t>(value);
    if (static_cast<Float>(whole) == value) {
      out = base::write_below_1e8(out, static_cast<std::uint32_t>(whole));
      return copy(out, ".0");
    }
  }
  if (char* const end = write_few_decimals(out, value)) return end;
  const bool power_of_two = (std::bit_cast<typename F::Bits>(value) & ((typename F::Bits{1} << F::kFraction) - 1)) == 0;
  if (!power_of_two && value < F::kShortestMax && value >= std::numeric_limits<Float>::min())
    return layout_shortest(out, value);
  return write_exactly(out, value);
}

// ---- reading
// ------------------------------------------------------------------------------------------------------------

tl::unexpected<base::Error> not_a_number(std::string_view text) {
  return fail(Code::kBadRecord, base::exceptions::kNumberFormat, "For input string: \"{}\"", text);
}

// Java looks for a second point before anything else is wrong.
bool has_second_point(std::string_view text) {
  const std::size_t first = text.find_first_not_of("0123456789");
  if (first == std::string_view::npos || text[first] != '.') return false;
  const std::size_t second = text.find_first_not_of("0123456789", first + 1);
  return second != std::string_view::npos && text[second] == '.';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
int hex_value(char c) {
  return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

// from_chars tells out of range both ways by one code; `large` says which.
template <typename Float>
Float from_decimal(std::string_view text, bool large) {
  Float value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) return large ? std::numeric_limits<Float>::infinity() : Float{0};
  return value;
}

// [0-9]* [. [0-9]*] [e [+-] [0-9]+], without sign and suffix; nothing if the text has another form.
template <typename Float>
std::optional<Float> parse_decimal_float(std::string_view text) {
  std::size_t at = 0;
  std::size_t significant = 0, fraction = 0;  // digits from the first that is not 0; digits after the point
  std::size_t digits = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.') {
      if (point) return std::nullopt;
      point = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    ++digits;
    if (significant > 0 || text[at] != '0') ++significant;
    if (point) ++fraction;
  }
  if (digits == 0) return std::nullopt;
  std::int64_t exponent = 0;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    bool negative = false;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
    if (at == text.size()) return std::nullopt;
    for (; at < text.size(); ++at) {
      if (!is_digit(text[at])) return std::nullopt;
      if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (text[at] - '0');
    }
    if (negative) exponent = -exponent;
  }
  if (significant == 0) return Float{0};
  const bool large = static_cast<std::int64_t>(significant) - static_cast<std::int64_t>(fraction) + exponent > 0;
  if (exponent > 100'000'000 || exponent < -100'000'000)  // beyond what any number of digits in memory can outweigh
    return large ? std::numeric_limits<Float>::infinity() : Float{0};
  return from_decimal<Float>(text, large);
}

// 0x [hex]* [. [hex]*] p [+-] [0-9]+, without sign and suffix.
template <typename Float>
std::optional<Float> parse_hex_float(std::string_view text) {
  std::size_t at = 2;
  std::uint64_t significand = 0;
  std::int64_t exponent = 0;
  bool point = false, sticky = false;
  std::size_t digits = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '.') {
      if (point) return std::nullopt;
      point = true;
      continue;
    }
    if (!is_hex_digit(text[at])) break;
    ++digits;
    if (significand >> 58 == 0) {
      significand = significand << 4 | static_cast<std::uint64_t>(hex_value(text[at]));
      if (point) exponent -= 4;
    } else {
      sticky = sticky || text[at] != '0';
      if (!point) exponent += 4;
    }
  }
  if (digits == 0 || at == text.size() || (text[at] | 0x20) != 'p') return std::nullopt;
  ++at;
  bool negative = false;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
  if (at == text.size()) return std::nullopt;
  std::int64_t power = 0;
  for (; at < text.size(); ++at) {
    if (!is_digit(text[at])) return std::nullopt;
    if (power < 1'000'000'000'000) power = power * 10 + (text[at] - '0');
  }
  exponent += negative ? -power : power;
  if (significand == 0) return Float{0};
  // Round once, to the bits that the result has at this magnitude: ties to even, `sticky` counts as more than a tie.
  const auto width = static_cast<int>(std::bit_width(significand));
  const std::int64_t top = exponent + width - 1;  // exponent of the highest bit
  if (top > std::numeric_limits<Float>::max_exponent) return std::numeric_limits<Float>::infinity();
  const std::int64_t lowest =
      std::max<std::int64_t>(top - (std::numeric_limits<Float>::digits - 1),
                             std::numeric_limits<Float>::min_exponent - std::numeric_limits<Float>::digits);
  const std::int64_t drop = lowest - exponent;
  if (drop > 63)
    return drop == 64 && significand >> 63 != 0 && (significand << 1 != 0 || sticky)
               ? std::ldexp(Float{1}, static_cast<int>(lowest))
               : Float{0};
  std::uint64_t kept = significand;
  if (drop > 0) {
    const std::uint64_t rest = significand & ((std::uint64_t{1} << drop) - 1);
    const std::uint64_t half = std::uint64_t{1} << (drop - 1);
    kept = significand >> drop;
    if (rest > half || (rest == half && (sticky || (kept & 1) != 0))) ++kept;
    return std::ldexp(static_cast<Float>(kept), static_cast<int>(lowest));
  }
  return std::ldexp(static_cast<Float>(kept), static_cast<int>(exponent));
}

template <typename Float>
base::Result<Float> parse_floating(std::string_view input) {
  const std::string_view text = base::java_trim(input);
  if (text.empty()) return fail(Code::kBadRecord, base::exceptions::kNumberFormat, "empty String");
  std::string_view rest = text;
  bool negative = false;
  if (rest.front() == '-' || rest.front() == '+') {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  std::optional<Float> value;
  if (rest == "NaN") {
    value = std::numeric_limits<Float>::quiet_NaN();
  } else if (rest == "Infinity") {
    value = std::numeric_limits<Float>::infinity();
  } else {
    if (!rest.empty() && (rest.back() == 'd' || rest.back() == 'D' || rest.back() == 'f' || rest.back() == 'F'))
      rest.remove_suffix(1);
    const bool hex = rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X');
    value = hex ? parse_hex_float<Float>(rest) : parse_decimal_float<Float>(rest);
  }
  if (!value && has_second_point(rest))
    return fail(Code::kBadRecord, base::exceptions::kNumberFormat, "multiple points");
  if (!value) return not_a_number(text);
  return negative ? -*value : *value;
}

base::Result<std::int64_t> parse_integer(std::string_view text, std::int64_t min, std::int64_t max) {
  const std::u16string units = to_utf16(text);
  std::size_t at = 0;
  bool negative = false;
  if (!units.empty() && (units[0] == u'-' || units[0] == u'+')) {
    negative = units[0] == u'-';
    at = 1;
  }
  if (at == units.size()) return not_a_number(text);
  std::int64_t value = 0;  // kept negative, so that the smallest number fits
  for (; at < units.size(); ++at) {
    const int digit = java_digit(units[at]);
    if (digit < 0 || __builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, digit, &value))
      return not_a_number(text);
  }
  if (negative ? value < min : value < -max) return not_a_number(text);
  return negative ? value : -value;
}

template <typename Integer>
base::Result<Integer> parse_narrow(std::string_view text) {
  SLUICE_TRY_ASSIGN(const std::int64_t value, parse_integer(text, INT32_MIN, INT32_MAX));
  if (value < std::numeric_limits<Integer>::min() || value > std::numeric_limits<Integer>::max())
    return fail(Code::kBadRecord, base::exceptions::kNumberFormat, "Value out of range. Value:\"{}\" Radix:10", text);
  return static_cast<Integer>(value);
}

}  // namespace

char* write_double(char* out, double value) {
  return write_floating(out, value);
}
char* write_float(char* out, float value) {
  return write_floating(out, value);
}
char* write_integer(char* out, std::int64_t value) {
  return base::write_integer(out, value);
}

void append_double(double value, std::string& out) {
  char text[kDoubleTextMax];
  out.append(text, write_double(text, value));
}
void append_float(float value, std::string& out) {
  char text[kFloatTextMax];
  out.append(text, write_float(text, value));
}
void append_integer(std::int64_t value, std::string& out) {
  char text[kIntegerTextMax];
  out.append(text, write_integer(text, value));
}

base::Result<double> parse_double(std::string_view text) {
  return parse_floating<double>(text);
}
base::Result<float> parse_float(std::string_view text) {
  return parse_floating<float>(text);
}
base::Result<std::int8_t> parse_int8(std::string_view text) {
  return parse_narrow<std::int8_t>(text);
}
base::Result<std::int16_t> parse_int16(std::string_view text) {
  return parse_narrow<std::int16_t>(text);
}
base::Result<std::int32_t> parse_int32(std::string_view text) {
  return parse_narrow<std::int32_t>(text);
}
base::Result<std::int64_t> parse_int64(std::string_view text) {
  return parse_integer(text, INT64_MIN, INT64_MAX);
}

std::int64_t java_to_int64(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return INT64_MAX;
  if (value <= -0x1p63) return INT64_MIN;
  return static_cast<std::int64_t>(value);
}

std::int32_t java_to_int32(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p31) return INT32_MAX;
  if (value <= -0x1p31) return INT32_MIN;
  return static_cast<std::int32_t>(value);
}

}  // namespace sluice::data
