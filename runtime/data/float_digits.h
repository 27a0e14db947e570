#pragma once
// The decimal digits that Java 17 prints for a floating-point number: the algorithm behind Double.toString before
// JDK-4511638 (Java 19). Its results are pinned by the bytes of existing topics, so its quirks are kept: the stopping
// test is half a unit in the last place, halved again for a power of two, the comparison with the upper bound is strict
// in 64-bit arithmetic and not strict beyond, and whole numbers beyond the precision are cut in a way of their own.

#include <cstdint>

namespace sluice::data {

struct FloatDigits {
  char digits[24];  // no leading zero except for a rounded first digit
  int count = 0;
  int exponent = 0;  // the value is 0.d1d2d3... x 10^exponent
};

// `significand` has its highest bit at 52 (the hidden one), the value is significand x 2^(exponent - 52); `precision`
// is the number of bits that count: 53 for a double, 24 for a float, fewer for their subnormal numbers. Not for zero.
FloatDigits java_float_digits(std::uint64_t significand, int exponent, int precision);

}  // namespace sluice::data
