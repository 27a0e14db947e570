#pragma once
// BigDecimal and BigInteger: texts, parsing and conversions of arbitrary precision. A number is kept as its decimal
// digits, which is what every operation here needs; values of records hold the two's complement bytes that Connect's
// Decimal type writes.

#include <cstdint>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::data {

struct DecimalNumber {
  bool negative = false;
  std::string digits = "0";  // ASCII, no leading zeros; "0" for zero, which is never negative
  std::int32_t scale = 0;    // value = digits x 10^-scale

  bool is_zero() const { return digits == "0"; }
};

// new BigDecimal(String), with its texts in the errors (NumberFormatException, code kBadRecord).
base::Result<DecimalNumber> parse_decimal(std::string_view text);
// BigDecimal.valueOf(double): by way of Double.toString. Fails for NaN and infinities, as in Java.
base::Result<DecimalNumber> decimal_from_double(double value);

DecimalNumber decimal_number(const Value& decimal);  // a DECIMAL value
DecimalNumber decimal_number(std::string_view twos_complement, std::int32_t scale);
// Two's complement, big-endian, shortest.
std::string decimal_bytes(const DecimalNumber& number);
// A DECIMAL value in the arena; null if the arena's limit is reached.
Value make_decimal(sluice_arena* arena, const DecimalNumber& number);

// BigInteger.toString, BigDecimal.toString.
void append_big_integer(std::string_view twos_complement, std::string& out);
void append_decimal(std::string_view twos_complement, std::int32_t scale, std::string& out);
void append_decimal(const DecimalNumber& number, std::string& out);
// BigDecimal.toPlainString; false (and nothing appended) where it would be longer than `bytes_max`.
bool append_decimal_plain(const DecimalNumber& number, std::size_t bytes_max, std::string& out);

// BigDecimal.longValue (towards zero, the low 64 bits), doubleValue, floatValue.
std::int64_t decimal_to_int64(const DecimalNumber& number);
double decimal_to_double(const DecimalNumber& number);
float decimal_to_float(const DecimalNumber& number);

// No digit other than 0 after the point.
bool is_whole(const DecimalNumber& number);

}  // namespace sluice::data
