#pragma once
// Values that Java would hold in a java.lang.Number, and that class's conversions between them.

#include <cstdint>

#include <sluice/value.hpp>

namespace sluice::data {

// INT8 to FLOAT64, DECIMAL. The others below need such a value.
bool is_number(const Value& value);

std::int64_t number_to_int64(const Value& value);
double number_to_double(const Value& value);

// The low bits of a number, as INT8 to INT64.
Value integer_value(Kind target, std::int64_t number);
// Number.byteValue to doubleValue: INT8 to FLOAT64. A floating number is cut to an int before it becomes a byte or
// short.
Value convert_number(const Value& value, Kind target);

}  // namespace sluice::data
