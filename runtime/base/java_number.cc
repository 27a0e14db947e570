#include "runtime/base/java_number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "runtime/base/strings.h"

namespace sluice::base {
namespace {

// The first of the ten decimal digits of each script in the basic plane (Unicode category Nd).
constexpr std::array<char32_t, 37> kDigitZeros = {
    0x30,   0x660,  0x6F0,  0x7C0,  0x966,  0x9E6,  0xA66,  0xAE6,  0xB66,  0xBE6,  0xC66,  0xCE6,  0xD66,
    0xDE6,  0xE50,  0xED0,  0xF20,  0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

// Takes one code point of the basic plane off `text`; 0 if there is none.
char32_t take_code_point(std::string_view& text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (at(i) & 0xC0) == 0x80; };
  if (at(0) < 0x80) {
    const char32_t point = at(0);
    text.remove_prefix(1);
    return point;
  }
  if ((at(0) & 0xE0) == 0xC0 && continues(1)) {
    const char32_t point = static_cast<char32_t>((at(0) & 0x1F) << 6 | (at(1) & 0x3F));
    text.remove_prefix(2);
    return point;
  }
  if ((at(0) & 0xF0) == 0xE0 && continues(1) && continues(2)) {
    const char32_t point = static_cast<char32_t>((at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F));
    text.remove_prefix(3);
    return point;
  }
  return 0;
}

std::optional<unsigned> decimal_digit(char32_t point) {
  for (const char32_t zero : kDigitZeros)
    if (point >= zero && point < zero + 10) return static_cast<unsigned>(point - zero);
  return std::nullopt;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::size_t skip(std::string_view text, std::size_t from, bool (*accepts)(char)) {
  while (from < text.size() && accepts(text[from])) ++from;
  return from;
}

// Skips "e+10" or "p-3" (`marker` in lower case). Nothing if the marker stands there without digits.
std::optional<std::size_t> skip_exponent(std::string_view text, std::size_t at, char marker, bool required) {
  if (at >= text.size() || (text[at] | 0x20) != marker) return required ? std::nullopt : std::optional(at);
  std::size_t i = at + 1;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  const std::size_t end = skip(text, i, is_digit);
  return end == i ? std::nullopt : std::optional(end);
}

// The length of the unsigned literal at the start of `text`, which must reach its end but for one suffix letter.
std::optional<std::size_t> literal_length(std::string_view text) {
  const bool hex = text.size() > 1 && text[0] == '0' && (text[1] | 0x20) == 'x';
  const auto accepts = hex ? is_hex : is_digit;
  const std::size_t start = hex ? 2 : 0;
  std::size_t at = skip(text, start, accepts);
  std::size_t digits = at - start;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip(text, at + 1, accepts);
    digits += end - at - 1;
    at = end;
  }
  if (digits == 0) return std::nullopt;
  const auto end = skip_exponent(text, at, hex ? 'p' : 'e', hex);
  if (!end) return std::nullopt;
  const std::size_t rest = text.size() - *end;
  if (rest > 1) return std::nullopt;
  if (rest == 1 && std::string_view("fFdD").find(text[*end]) == std::string_view::npos) return std::nullopt;
  return end;
}

}  // namespace

std::optional<std::int64_t> parse_java_integer(std::string_view text, std::int64_t min, std::int64_t max) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  // Counted downwards, since the smallest number has no positive twin.
  std::int64_t value = 0;
  while (!text.empty()) {
    const auto digit = decimal_digit(take_code_point(text));
    if (!digit) return std::nullopt;
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
    if (__builtin_sub_overflow(value, static_cast<std::int64_t>(*digit), &value)) return std::nullopt;
  }
  if (!negative && value == INT64_MIN) return std::nullopt;
  if (!negative) value = -value;
  if (value < min || value > max) return std::nullopt;
  return value;
}

std::optional<double> parse_java_double(std::string_view text) {
  text = java_trim(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  double value = 0;
  if (text == "NaN") {
    value = std::nan("");
  } else if (text == "Infinity") {
    value = HUGE_VAL;
  } else {
    const auto length = literal_length(text);
    if (!length) return std::nullopt;
    value = std::strtod(std::string(text.substr(0, *length)).c_str(), nullptr);
  }
  return negative ? -value : value;
}

std::string java_double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  // "d.ddde+XX": the shortest digits, then laid out as Java does.
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value), std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const auto mark = scientific.find('e');
  std::string digits(1, scientific[0]);
  if (mark > 2) digits += scientific.substr(2, mark - 2);
  std::string_view power = scientific.substr(mark + 1);
  if (power.front() == '+') power.remove_prefix(1);
  int exponent = 0;
  std::from_chars(power.data(), power.data() + power.size(), exponent);

  std::string text = value < 0 ? "-" : "";
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) {
      text += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    } else {
      const auto whole = static_cast<std::size_t>(exponent) + 1;
      if (digits.size() < whole) digits.resize(whole, '0');
      text += digits.substr(0, whole) + '.' + (digits.size() > whole ? digits.substr(whole) : "0");
    }
  } else {
    text += digits.substr(0, 1) + '.' + (digits.size() > 1 ? digits.substr(1) : "0") + 'E' + std::to_string(exponent);
  }
  return text;
}

}  // namespace sluice::base
