#include "runtime/data/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "runtime/data/java_text.h"
#include "runtime/data/utf16.h"

namespace sluice::data {
namespace {

using base::Code;
using base::fail;

constexpr std::uint32_t kChunk = 1'000'000'000;  // 9 decimal digits a limb
constexpr int kChunkDigits = 9;

tl::unexpected<base::Error> number_error(std::string_view message) {
  return fail(Code::kBadRecord, base::exceptions::kNumberFormat, "{}", message);
}

// Java runs past the end of its array there, and says nothing.
constexpr std::string_view kCutShort = "";

// ---- binary <-> decimal: schoolbook, quadratic in the length
// ---------------------------------------------------------------

// Magnitude of a two's complement number, most significant limb first.
std::vector<std::uint32_t> magnitude(std::string_view bytes, bool negative) {
  std::vector<std::uint32_t> limbs((bytes.size() + 3) / 4, negative ? ~0u : 0u);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t from_end = bytes.size() - 1 - i;
    std::uint32_t& limb = limbs[limbs.size() - 1 - from_end / 4];
    limb = limb << 8 | static_cast<unsigned char>(bytes[i]);
  }
  if (negative) {
    for (std::uint32_t& limb : limbs) limb = ~limb;
    for (std::size_t i = limbs.size(); i-- > 0;)
      if (++limbs[i] != 0) break;
    // -2^(32n) would carry out, but its first byte is then 0x80 with room above: it cannot happen for shortest or
    // longer forms.
  }
  return limbs;
}

std::string to_digits(std::vector<std::uint32_t> limbs) {
  std::string reversed;
  std::size_t first = 0;
  while (first < limbs.size() && limbs[first] == 0) ++first;
  while (first < limbs.size()) {
    std::uint64_t rest = 0;
    for (std::size_t i = first; i < limbs.size(); ++i) {
      rest = rest << 32 | limbs[i];
      limbs[i] = static_cast<std::uint32_t>(rest / kChunk);
      rest %= kChunk;
    }
    while (first < limbs.size() && limbs[first] == 0) ++first;
    for (int i = 0; i < kChunkDigits; ++i, rest /= 10) reversed.push_back(static_cast<char>('0' + rest % 10));
  }
  while (!reversed.empty() && reversed.back() == '0') reversed.pop_back();
  if (reversed.empty()) return "0";
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

// The value of up to eight bytes.
std::int64_t small_integer(std::string_view bytes) {
  std::uint64_t value = !bytes.empty() && (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

// ---- parsing
// ------------------------------------------------------------------------------------------------------------

template <typename Char>
class DecimalParser {
 public:
  explicit DecimalParser(std::basic_string_view<Char> text) : text_(text) {}

  base::Result<DecimalNumber> parse() {
    if (text_.empty()) return number_error(kCutShort);
    DecimalNumber number;
    if (text_[0] == '-' || text_[0] == '+') number.negative = text_[at_++] == '-';
    // Java has two loops with texts of their own, chosen by what is left of the text.
    short_form_ = text_.size() - at_ <= 18;
    number.digits.clear();
    bool point = false, any = false;
    std::int64_t scale = 0, exponent = 0;
    for (; at_ < text_.size(); ++at_) {
      const auto c = static_cast<char16_t>(text_[at_]);
      if (const int digit = java_digit(c); digit >= 0) {
        any = true;
        if (digit != 0 || !number.digits.empty()) number.digits.push_back(static_cast<char>('0' + digit));
        if (point) ++scale;
      } else if (c == u'.') {
        if (point) return number_error("Character array contains more than one decimal point.");
        point = true;
      } else if (c == u'e' || c == u'E') {
        SLUICE_TRY_ASSIGN(exponent, parse_exponent());
        if (exponent != static_cast<std::int32_t>(exponent)) return number_error("Exponent overflow.");
        break;
      } else {
        return unexpected_character(c);
      }
    }
    if (!any) return number_error("No digits found.");
    scale -= exponent;
    if (scale > INT32_MAX || scale < INT32_MIN) return number_error("Scale out of range.");
    number.scale = static_cast<std::int32_t>(scale);
    if (number.digits.empty()) {
      number.digits.push_back('0');
      number.negative = false;
    }
    return number;
  }

 private:
  tl::unexpected<base::Error> unexpected_character(char16_t c) const {
    if (!short_form_) return number_error("Character array is missing \"e\" notation exponential mark.");
    std::string message = "Character ";
    append_utf16({&c, 1}, message);
    message += " is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark.";
    return number_error(message);
  }

  base::Result<std::int64_t> parse_exponent() {
    if (++at_ == text_.size()) return number_error(kCutShort);
    bool negative = false;
    if (text_[at_] == '-' || text_[at_] == '+') {
      negative = text_[at_++] == '-';
      if (at_ == text_.size()) return number_error(kCutShort);
    }
    while (text_.size() - at_ > 10 && java_digit(static_cast<char16_t>(text_[at_])) == 0) ++at_;
    if (text_.size() - at_ > 10) return number_error("Too many nonzero exponent digits.");
    std::int64_t exponent = 0;
    for (; at_ < text_.size(); ++at_) {
      const int digit = java_digit(static_cast<char16_t>(text_[at_]));
      if (digit < 0) return number_error("Not a digit.");
      exponent = exponent * 10 + digit;
    }
    return negative ? -exponent : exponent;
  }

  std::basic_string_view<Char> text_;
  std::size_t at_ = 0;
  bool short_form_ = true;
};

void append_scientific(bool negative, std::string_view digits, std::int32_t scale, std::string& out) {
  if (negative) out.push_back('-');
  const auto count = static_cast<std::int64_t>(digits.size());
  if (scale == 0) {
    out.append(digits);
    return;
  }
  const std::int64_t adjusted = count - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    if (count > scale) {
      out.append(digits.substr(0, static_cast<std::size_t>(count - scale)));
      out.push_back('.');
      out.append(digits.substr(static_cast<std::size_t>(count - scale)));
    } else {
      out.append("0.").append(static_cast<std::size_t>(scale - count), '0').append(digits);
    }
    return;
  }
  out.push_back(digits[0]);
  if (count > 1) out.append(".").append(digits.substr(1));
  if (adjusted != 0) {
    out.append(adjusted > 0 ? "E+" : "E");
    append_integer(adjusted, out);
  }
}

template <typename Float>
Float to_floating(const DecimalNumber& number) {
  if (number.is_zero()) return 0;
  const std::int64_t magnitude =
      static_cast<std::int64_t>(number.digits.size()) - number.scale;  // 10^(magnitude-1) <= value
  Float value = 0;
  if (magnitude > 400) {
    value = std::numeric_limits<Float>::infinity();
  } else if (magnitude > -400) {
    std::string text = number.digits;
    text.push_back('e');
    append_integer(-std::int64_t{number.scale}, text);
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec == std::errc::result_out_of_range)
      value = magnitude > 0 ? std::numeric_limits<Float>::infinity() : Float{0};
  }
  return number.negative ? -value : value;
}

}  // namespace

base::Result<DecimalNumber> parse_decimal(std::string_view text) {
  if (is_ascii(text)) return DecimalParser<char>(text).parse();
  const std::u16string units = to_utf16(text);
  return DecimalParser<char16_t>(units).parse();
}

base::Result<DecimalNumber> decimal_from_double(double value) {
  char text[kDoubleTextMax];
  return parse_decimal({text, static_cast<std::size_t>(write_double(text, value) - text)});
}

DecimalNumber decimal_number(const Value& decimal) {
  return decimal_number(decimal.decimal_unscaled(), decimal.decimal_scale());
}

DecimalNumber decimal_number(std::string_view bytes, std::int32_t scale) {
  DecimalNumber number;
  number.scale = scale;
  number.negative = !bytes.empty() && (bytes[0] & 0x80) != 0;
  if (bytes.size() <= 8) {
    const std::int64_t value = small_integer(bytes);
    char text[kIntegerTextMax];
    number.digits.assign(
        text, std::to_chars(text, text + sizeof text,
                            number.negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value))
                  .ptr);
  } else {
    number.digits = to_digits(magnitude(bytes, number.negative));
  }
  return number;
}

std::string decimal_bytes(const DecimalNumber& number) {
  std::vector<std::uint32_t> limbs{0};  // least significant first
  for (std::size_t at = 0; at < number.digits.size();) {
    const std::size_t step = std::min<std::size_t>(kChunkDigits, number.digits.size() - at);
    std::uint64_t carry = 0, factor = 1;
    for (std::size_t i = 0; i < step; ++i, factor *= 10)
      carry = carry * 10 + static_cast<std::uint64_t>(number.digits[at + i] - '0');
    for (std::uint32_t& limb : limbs) {
      carry += limb * factor;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
    at += step;
  }
  limbs.push_back(0);  // room for the sign
  if (number.negative) {
    for (std::uint32_t& limb : limbs) limb = ~limb;
    for (std::uint32_t& limb : limbs)
      if (++limb != 0) break;
  }
  std::string bytes;
  for (std::size_t i = limbs.size(); i-- > 0;)
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(limbs[i] >> shift));
  std::size_t spare = 0;
  while (spare + 1 < bytes.size() && ((bytes[spare] == 0 && (bytes[spare + 1] & 0x80) == 0) ||
                                      (bytes[spare] == -1 && (bytes[spare + 1] & 0x80) != 0)))
    ++spare;
  return bytes.substr(spare);
}

Value make_decimal(sluice_arena* arena, const DecimalNumber& number) {
  return arena_decimal(arena, number.scale, decimal_bytes(number));
}

void append_big_integer(std::string_view bytes, std::string& out) {
  if (bytes.size() <= 8) {
    append_integer(small_integer(bytes), out);
    return;
  }
  const DecimalNumber number = decimal_number(bytes, 0);
  if (number.negative) out.push_back('-');
  out.append(number.digits);
}

void append_decimal(std::string_view bytes, std::int32_t scale, std::string& out) {
  if (bytes.size() > 8) {
    append_decimal(decimal_number(bytes, scale), out);
    return;
  }
  const std::int64_t value = small_integer(bytes);
  char text[kIntegerTextMax];
  const char* const end =
      std::to_chars(text, text + sizeof text,
                    value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value))
          .ptr;
  append_scientific(value < 0, {text, static_cast<std::size_t>(end - text)}, scale, out);
}

void append_decimal(const DecimalNumber& number, std::string& out) {
  append_scientific(number.negative, number.digits, number.scale, out);
}

bool append_decimal_plain(const DecimalNumber& number, std::size_t bytes_max, std::string& out) {
  const auto count = static_cast<std::int64_t>(number.digits.size());
  const std::int64_t scale = number.scale;
  const std::int64_t length = (scale <= 0 ? count - (number.is_zero() ? 0 : scale) : std::max(count, scale + 1) + 1) +
                              (number.negative ? 1 : 0);
  if (length > static_cast<std::int64_t>(bytes_max)) return false;
  if (number.negative) out.push_back('-');
  if (scale <= 0) {
    out.append(number.digits);
    if (!number.is_zero()) out.append(static_cast<std::size_t>(-scale), '0');
  } else if (count > scale) {
    out.append(number.digits, 0, static_cast<std::size_t>(count - scale))
        .append(".")
        .append(number.digits, static_cast<std::size_t>(count - scale));
  } else {
    out.append("0.").append(static_cast<std::size_t>(scale - count), '0').append(number.digits);
  }
  return true;
}

std::int64_t decimal_to_int64(const DecimalNumber& number) {
  if (number.scale <= -64) return 0;  // a multiple of 2^64
  std::string_view whole = number.digits;
  if (number.scale > 0)
    whole = static_cast<std::size_t>(number.scale) >= whole.size()
                ? std::string_view()
                : whole.substr(0, whole.size() - static_cast<std::size_t>(number.scale));
  std::uint64_t value = 0;
  for (const char digit : whole) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  for (std::int32_t i = number.scale; i < 0; ++i) value *= 10;
  return static_cast<std::int64_t>(number.negative ? 0 - value : value);
}

double decimal_to_double(const DecimalNumber& number) {
  return to_floating<double>(number);
}
float decimal_to_float(const DecimalNumber& number) {
  return to_floating<float>(number);
}

bool is_whole(const DecimalNumber& number) {
  if (number.is_zero() || number.scale <= 0) return true;
  if (static_cast<std::size_t>(number.scale) >= number.digits.size()) return false;
  const std::string_view fraction =
      std::string_view(number.digits).substr(number.digits.size() - static_cast<std::size_t>(number.scale));
  return fraction.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace sluice::data
