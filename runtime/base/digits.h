#pragma once
// Whole numbers as decimal text, for the data path: eight digits at a time in one word, without a branch for each.

#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice::base {

// The eight decimal digits of a number below 10^8 as numbers 0 to 9, the highest in the lowest byte.
inline std::uint64_t eight_digits(std::uint32_t value) {
  // Two lanes of four digits, then four lanes of two, then eight of one. The factors divide by 100 and by 10: exact for
  // numbers this small.
  const std::uint64_t fours = value / 10000 | std::uint64_t{value % 10000} << 32;
  const std::uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007F0000007FULL;
  const std::uint64_t pairs = hundreds | (fours - hundreds * 100) << 16;
  const std::uint64_t tens = (pairs * 103 >> 10) & 0x000F000F000F000FULL;
  return tens | (pairs - tens * 10) << 8;
}

// Stores eight characters, the first in the lowest byte of `word`.
inline void store_eight(char* out, std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  std::memcpy(out, &word, 8);
}

inline constexpr std::uint64_t kEightZeros = 0x3030303030303030ULL;  // "00000000"

// Writes a number below 10^8 without leading zeros, and gives the end. Always stores eight bytes.
inline char* write_below_1e8(char* out, std::uint32_t value) {
  const std::uint64_t digits = eight_digits(value);
  const int zeros = std::countr_zero(digits | std::uint64_t{1} << 56) >> 3;
  store_eight(out, (digits | kEightZeros) >> (8 * zeros));
  return out + (8 - zeros);
}

// Writes `value` at `out`, which needs room for 20 bytes, and gives the end.
inline char* write_integer(char* out, std::int64_t value) {
  constexpr std::uint64_t kEight = 100000000;
  std::uint64_t rest = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    rest = 0 - rest;
  }
  if (rest < kEight) return write_below_1e8(out, static_cast<std::uint32_t>(rest));
  const std::uint64_t upper = rest / kEight;
  if (upper < kEight) {
    out = write_below_1e8(out, static_cast<std::uint32_t>(upper));
  } else {
    out = write_below_1e8(out, static_cast<std::uint32_t>(upper / kEight));
    store_eight(out, eight_digits(static_cast<std::uint32_t>(upper % kEight)) | kEightZeros);
    out += 8;
  }
  store_eight(out, eight_digits(static_cast<std::uint32_t>(rest % kEight)) | kEightZeros);
  return out + 8;
}

}  // namespace sluice::base
