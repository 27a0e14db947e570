#pragma once
// Numbers as Java reads and prints them, where a user or a byte-exact output can tell the difference.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::base {

// Integer.parseInt and its kin: an optional sign and decimal digits of any script in the basic plane; no blanks.
// Nothing if the text is not such a number or lies outside [min, max].
std::optional<std::int64_t> parse_java_integer(std::string_view text, std::int64_t min, std::int64_t max);

// Double.parseDouble: blanks around it, a suffix f, F, d or D, "NaN", "Infinity", hexadecimal ("0x1p3"). Overflow gives
// an infinity.
std::optional<double> parse_java_double(std::string_view text);

// Double.toString with the fewest digits that read back equal (Java 19 and later): "1.0", "1.0E10", "NaN".
std::string java_double_text(double value);

}  // namespace sluice::base
