#pragma once
// Java's texts of numbers, both ways. The write_ functions are for the data path: they write into a buffer that has
// room for the k*TextMax bytes given, and return the end. Nothing here allocates except for errors and the string
// overloads.
//
// Double.toString and Float.toString are those of Java 17: up to Java 18 the text is not always the shortest one that
// reads back.

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::data {

inline constexpr std::size_t kDoubleTextMax = 26;
inline constexpr std::size_t kFloatTextMax = 16;
inline constexpr std::size_t kIntegerTextMax = 20;

char* write_double(char* out, double value);
char* write_float(char* out, float value);
char* write_integer(char* out, std::int64_t value);

void append_double(double value, std::string& out);
void append_float(float value, std::string& out);
void append_integer(std::int64_t value, std::string& out);

// Double.parseDouble, Float.parseFloat: blanks around, NaN, Infinity, hexadecimal floats, suffixes d and f. Errors:
// NumberFormatException with Java's text, code kBadRecord.
base::Result<double> parse_double(std::string_view text);
base::Result<float> parse_float(std::string_view text);

// Byte.parseByte, Short.parseShort, Integer.parseInt, Long.parseLong: decimal digits of any script, an optional sign,
// no blanks.
base::Result<std::int8_t> parse_int8(std::string_view text);
base::Result<std::int16_t> parse_int16(std::string_view text);
base::Result<std::int32_t> parse_int32(std::string_view text);
base::Result<std::int64_t> parse_int64(std::string_view text);

// Java's narrowing casts of floating numbers: NaN is 0, others are cut to the range.
std::int64_t java_to_int64(double value);
std::int32_t java_to_int32(double value);

}  // namespace sluice::data
