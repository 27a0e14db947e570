#pragma once
// The lexical rules by which Kafka Connect's JSON library (Jackson 2.21, with leading zeros allowed) reads a message:
// what a blank, a number, a text is. Shared by the tree reader and the prepared decoders, so that both accept the same
// bytes.
//
// Everything works on [p, end) and never reads beyond `end`: messages need no padding.

#include <cstdint>
#include <string_view>

#include <sluice/value.hpp>

namespace sluice::convert::json {

inline constexpr int kDepthMax = 1000;                    // of objects and arrays, reading and writing
inline constexpr std::size_t kNumberDigitsMax = 1000;     // of one number
inline constexpr std::size_t kStringUnitsMax = 20000000;  // UTF-16 units of one text value
inline constexpr std::size_t kNameUnitsMax = 50000;       // UTF-16 units of one member name

inline bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
inline bool is_digit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}
inline const char* skip_blanks(const char* p, const char* end) {
  while (p != end && is_blank(*p)) ++p;
  return p;
}

// How a whole number fits: Java reads it as Integer, Long or BigInteger.
enum class IntegerWidth : std::uint8_t { kInt, kLong, kBig };

struct Number {
  std::string_view text;  // as written, with sign and leading zeros
  bool integral = true;
  IntegerWidth width = IntegerWidth::kInt;  // of whole numbers
  std::int64_t low64 = 0;  // of whole numbers: the low 64 bits in two's complement, as Java's longValue
};

// Reads a number that starts at `p` (a digit or '-'). The end of the number, or nullptr if it is malformed, has more
// than kNumberDigitsMax digits, or a scale that Java's BigDecimal cannot hold.
const char* scan_number(const char* p, const char* end, Number* number);

// Java's doubleValue and floatValue of a number's text: rounded to nearest; zero is never negative, overflow is
// infinite.
double number_to_double(std::string_view text);
float number_to_float(std::string_view text);
// Java's longValue of a number with fraction or exponent: the low 64 bits of the whole part.
std::int64_t number_low64(std::string_view text);
// The number as a decimal in the arena, with the digits and the scale written. Null: no memory.
Value number_to_decimal(std::string_view text, sluice_arena* arena);

// What stands between the quotes of a text.
enum class TextKind : std::uint8_t {
  kPlain,     // valid UTF-8 without escapes: can be used in place
  kMarked,    // has escapes, or bytes above ASCII that need a careful look: unescape() decides
  kMalformed  // a raw control character, or no closing quote
};
// `p` points behind the opening quote; *close is set to the closing one.
TextKind scan_text(const char* p, const char* end, const char** close);

enum class TextRole : std::uint8_t { kValue, kName };
// The text between the quotes, in memory of the arena, with escapes resolved; pairs of escaped surrogates are joined,
// lone ones kept as three bytes (where Jackson keeps them). `wide`: the message was UTF-16 or UTF-32, whose reader is
// laxer about surrogates. False with *malformed: the text is not accepted; false without: no memory.
bool unescape(std::string_view raw, TextRole role, bool wide, sluice_arena* arena, std::string_view* text,
              bool* malformed);

}  // namespace sluice::convert::json
