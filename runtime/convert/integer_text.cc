#include "runtime/convert/integer_text.h"

#include <array>
#include <bit>
#include <cstring>

namespace sluice::convert {
namespace {

// "00", "01", ... "99".
constexpr std::array<char, 200> make_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr auto kPairs = make_pairs();

void put_pair(char* out, std::uint32_t value) {
  std::memcpy(out, &kPairs[2 * value], 2);
}

// Eight digits of a number below 10^8, leading zeros included: four pairs that do not wait for each other.
void put_eight(char* out, std::uint32_t value) {
  const std::uint32_t high = value / 10000, low = value % 10000;
  put_pair(out, high / 100);
  put_pair(out + 2, high % 100);
  put_pair(out + 4, low / 100);
  put_pair(out + 6, low % 100);
}

// A number below 10^8 without leading zeros.
char* put_short(char* out, std::uint32_t value) {
  if (value < 10) {
    *out = static_cast<char>('0' + value);
    return out + 1;
  }
  if (value < 100) {
    put_pair(out, value);
    return out + 2;
  }
  char digits[8];
  put_eight(digits, value);
  const int count = value < 1000       ? 3
                    : value < 10000    ? 4
                    : value < 100000   ? 5
                    : value < 1000000  ? 6
                    : value < 10000000 ? 7
                                       : 8;
  std::uint64_t word;
  std::memcpy(&word, digits, 8);
  if constexpr (std::endian::native == std::endian::little) {
    word >>= 8 * (8 - count);
    std::memcpy(out, &word, 8);
  } else {
    std::memcpy(out, digits + 8 - count, static_cast<std::size_t>(count));
  }
  return out + count;
}

}  // namespace

char* write_integer(char* out, std::int64_t value) {
  std::uint64_t rest = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    rest = 0 - rest;
  }
  constexpr std::uint64_t kEight = 100000000;
  if (rest < kEight) return put_short(out, static_cast<std::uint32_t>(rest));
  const std::uint64_t upper = rest / kEight;
  const auto low = static_cast<std::uint32_t>(rest % kEight);
  if (upper < kEight) {
    out = put_short(out, static_cast<std::uint32_t>(upper));
  } else {
    out = put_short(out, static_cast<std::uint32_t>(upper / kEight));
    put_eight(out, static_cast<std::uint32_t>(upper % kEight));
    out += 8;
  }
  put_eight(out, low);
  return out + 8;
}

}  // namespace sluice::convert
