#include "runtime/convert/json_scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "runtime/convert/byte_scan.h"
#include "runtime/convert/utf8.h"
#include "runtime/data/decimal.h"

namespace sluice::convert::json {
namespace {

// The parts of a number's text; views of it.
struct NumberParts {
  bool negative = false;
  std::string_view whole, fraction;  // digits; whole has no leading zeros but may be a single one
  std::int64_t exponent = 0;         // saturated
};

NumberParts split_number(std::string_view text) {
  NumberParts parts;
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p != end && *p == '-') {
    parts.negative = true;
    ++p;
  }
  const char* digits = p;
  while (p != end && is_digit(*p)) ++p;
  while (p - digits > 1 && *digits == '0') ++digits;
  parts.whole = {digits, static_cast<std::size_t>(p - digits)};
  if (p != end && *p == '.') {
    digits = ++p;
    while (p != end && is_digit(*p)) ++p;
    parts.fraction = {digits, static_cast<std::size_t>(p - digits)};
  }
  if (p == end) return parts;
  ++p;  // the exponent's letter
  const bool down = *p == '-';
  if (*p == '-' || *p == '+') ++p;
  for (; p != end; ++p) parts.exponent = std::min<std::int64_t>(parts.exponent * 10 + (*p - '0'), INT64_C(1) << 40);
  if (down) parts.exponent = -parts.exponent;
  return parts;
}

// Java's BigDecimal refuses exponents of more than ten digits or beyond an int, and scales beyond an int.
bool scale_fits(std::string_view exponent_digits, bool down, std::size_t fraction_digits) {
  while (exponent_digits.size() > 10 && exponent_digits[0] == '0') exponent_digits.remove_prefix(1);
  if (exponent_digits.size() > 10) return false;
  std::int64_t exponent = 0;
  for (const char c : exponent_digits) exponent = exponent * 10 + (c - '0');
  if (down) exponent = -exponent;
  const auto fits = [](std::int64_t n) { return n >= INT32_MIN && n <= INT32_MAX; };
  return fits(exponent) && fits(static_cast<std::int64_t>(fraction_digits) - exponent);
}

// The part of a number after its whole digits. nullptr: malformed.
const char* scan_fraction(const char* p, const char* end, std::size_t whole_digits, const char* start, Number* number) {
  number->integral = false;
  std::size_t fraction_digits = 0;
  std::string_view exponent;
  bool down = false;
  if (*p == '.') {
    const char* const digits = ++p;
    while (p != end && is_digit(*p)) ++p;
    if (p == digits) return nullptr;
    fraction_digits = static_cast<std::size_t>(p - digits);
  }
  if (p != end && (*p | 0x20) == 'e') {
    if (++p == end) return nullptr;
    if (*p == '-' || *p == '+') {
      down = *p == '-';
      ++p;
    }
    const char* const digits = p;
    while (p != end && is_digit(*p)) ++p;
    if (p == digits) return nullptr;
    exponent = {digits, static_cast<std::size_t>(p - digits)};
  }
  if (whole_digits + fraction_digits + exponent.size() > kNumberDigitsMax) return nullptr;
  if (!scale_fits(exponent, down, fraction_digits)) return nullptr;
  number->text = {start, static_cast<std::size_t>(p - start)};
  return p;
}

template <typename Float>
Float to_float(std::string_view text) {
  Float value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    const NumberParts parts = split_number(text);
    // Out of range with a positive decimal exponent is too large, else too small.
    std::int64_t magnitude = parts.exponent;
    if (parts.whole != "0")
      magnitude += static_cast<std::int64_t>(parts.whole.size());
    else
      magnitude -= static_cast<std::int64_t>(std::min(parts.fraction.find_first_not_of('0'), parts.fraction.size()));
    value = magnitude > 0 ? std::numeric_limits<Float>::infinity() : 0;
    if (parts.negative) value = -value;
  }
  if (value == 0) {
    const NumberParts parts = split_number(text);
    const bool zero = parts.whole.find_first_not_of('0') == std::string_view::npos &&
                      parts.fraction.find_first_not_of('0') == std::string_view::npos;
    return zero ? Float(0) : std::copysign(Float(0), parts.negative ? Float(-1) : Float(1));
  }
  return value;
}

// Powers of ten that a double holds exactly.
constexpr std::array<double, 23> kExactPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Digits and a point only, few enough that one division is exact. Most numbers of real messages are such.
bool short_double(std::string_view text, double* value) {
  if (text.size() > 17) return false;
  std::uint64_t mantissa = 0;
  std::size_t i = text[0] == '-' ? 1 : 0;
  std::size_t fraction = 0;
  bool point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (is_digit(c)) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(c - '0');
      fraction += point ? 1 : 0;
    } else if (c == '.') {
      point = true;
    } else {
      return false;
    }
  }
  if (mantissa >= (UINT64_C(1) << 53) || mantissa == 0) return false;
  *value = static_cast<double>(mantissa) / kExactPowers[fraction];
  if (text[0] == '-') *value = -*value;
  return true;
}

}  // namespace

const char* scan_number(const char* p, const char* end, Number* number) {
  const char* const start = p;
  const bool negative = *p == '-';
  if (negative && ++p == end) return nullptr;
  if (!is_digit(*p)) return nullptr;
  while (*p == '0' && end - p > 1 && is_digit(p[1])) ++p;  // leading zeros
  const char* const digits = p;
  std::uint64_t value = 0;
  while (p != end && is_digit(*p)) value = value * 10 + static_cast<std::uint64_t>(*p++ - '0');
  const auto count = static_cast<std::size_t>(p - digits);
  if (p != end && (*p == '.' || (*p | 0x20) == 'e')) return scan_fraction(p, end, count, start, number);
  if (count > kNumberDigitsMax) return nullptr;
  number->integral = true;
  number->text = {start, static_cast<std::size_t>(p - start)};
  number->low64 = static_cast<std::int64_t>(negative ? 0 - value : value);
  const std::uint64_t magnitude_max = (UINT64_C(1) << 63) - (negative ? 0 : 1);
  if (count > 19 || value > magnitude_max)
    number->width = IntegerWidth::kBig;
  else if (number->low64 < INT32_MIN || number->low64 > INT32_MAX)
    number->width = IntegerWidth::kLong;
  else
    number->width = IntegerWidth::kInt;
  return p;
}

double number_to_double(std::string_view text) {
  double value = 0;
  return short_double(text, &value) ? value : to_float<double>(text);
}

float number_to_float(std::string_view text) {
  return to_float<float>(text);
}

std::int64_t number_low64(std::string_view text) {
  const auto number = data::parse_decimal(text);
  return number ? data::decimal_to_int64(*number) : 0;
}

Value number_to_decimal(std::string_view text, sluice_arena* arena) {
  const auto number = data::parse_decimal(text);
  return number ? data::make_decimal(arena, *number) : Value();
}

TextKind scan_text(const char* p, const char* end, const char** close) {
  bool high = false, escaped = false;
  const char* const start = p;
  for (;;) {
    p = find_text_end(p, end, &high);
    if (p == end) return TextKind::kMalformed;
    if (*p == '"') break;
    if (*p != '\\' || end - p < 2) return TextKind::kMalformed;
    escaped = true;
    p += 2;
  }
  *close = p;
  if (escaped) return TextKind::kMarked;
  if (high && !is_utf8({start, static_cast<std::size_t>(p - start)})) return TextKind::kMarked;
  return TextKind::kPlain;
}

namespace {

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Resolves the escapes of one text. Output never grows: every escape is longer than what it stands for.
class Unescaper {
 public:
  Unescaper(std::string_view raw, TextRole role, bool wide, char* out)
      : p_(raw.data()),
        end_(raw.data() + raw.size()),
        name_(role == TextRole::kName),
        wide_(wide),
        out_(out),
        start_(out) {}

  // The end of the text written, or nullptr if it is malformed.
  char* run() {
    while (p_ != end_) {
      const auto c = static_cast<unsigned char>(*p_);
      if (c == '\\') {
        if (!escape()) return nullptr;
      } else if (c < 0x80) {
        *out_++ = *p_++;
      } else if (!sequence(c)) {
        return nullptr;
      }
    }
    return out_;
  }

 private:
  // The UTF-16 unit that the escape at p_ stands for, or -1.
  int read_escape() {
    if (end_ - p_ < 2) return -1;
    const char c = p_[1];
    if (c == 'u') {
      if (end_ - p_ < 6) return -1;
      int unit = 0;
      for (int i = 2; i < 6; ++i) {
        const int digit = hex_value(p_[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
      }
      p_ += 6;
      return unit;
    }
    p_ += 2;
    switch (c) {
      case 'b':
        return '\b';
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'f':
        return '\f';
      case 'r':
        return '\r';
      case '"':
      case '\\':
      case '/':
        return c;
      default:
        return -1;
    }
  }

  bool escape() {
    const int unit = read_escape();
    if (unit < 0) return false;
    if (name_ && !wide_) {
      // Names must escape surrogates in pairs.
      if (unit >= 0xDC00 && unit <= 0xDFFF) return false;
      if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (p_ == end_ || *p_ != '\\') return false;
        const int low = read_escape();
        if (low < 0xDC00 || low > 0xDFFF) return false;
        out_ = put_unit(start_, out_, unit);
        out_ = put_unit(start_, out_, low);
        return true;
      }
    }
    out_ = put_unit(start_, out_, unit);
    return true;
  }

  // Jackson's UTF-8: overlong forms pass, and four-byte forms beyond Unicode give whatever its arithmetic gives.
  bool sequence(unsigned char lead) {
    const int more = (lead & 0xE0) == 0xC0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : (lead & 0xF8) == 0xF0 ? 3 : 0;
    if (more == 0 || end_ - p_ <= more) return false;
    int code = lead & (0x3F >> more);
    for (int i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(p_[i]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    p_ += more + 1;
    if (more < 3) {
      if (!wide_ && code >= 0xD800 && code <= 0xDFFF) return false;
      out_ = put_unit(start_, out_, code);
      return true;
    }
    code -= 0x10000;
    const int high = name_ ? 0xD800 + (code >> 10) : 0xD800 | (code >> 10);
    out_ = put_unit(start_, out_, high & 0xFFFF);
    out_ = put_unit(start_, out_, 0xDC00 | (code & 0x3FF));
    return true;
  }

  const char* p_;
  const char* const end_;
  const bool name_;
  const bool wide_;
  char* out_;
  char* const start_;
};

}  // namespace

bool unescape(std::string_view raw, TextRole role, bool wide, sluice_arena* arena, std::string_view* text,
              bool* malformed) {
  *malformed = false;
  // An invalid four-byte form may become two units of three bytes each.
  const std::size_t room = raw.size() + raw.size() / 2 + 8;
  auto* const out = static_cast<char*>(arena_alloc(arena, room, 1));
  if (out == nullptr) return false;
  char* const end = Unescaper(raw, role, wide, out).run();
  if (end == nullptr) {
    *malformed = true;
    return false;
  }
  *text = {out, static_cast<std::size_t>(end - out)};
  // The rest of the memory goes back if it is still the arena's last piece.
  if (arena->cursor == reinterpret_cast<std::uint8_t*>(out) + room)
    arena->cursor = reinterpret_cast<std::uint8_t*>(end);
  return true;
}

}  // namespace sluice::convert::json
