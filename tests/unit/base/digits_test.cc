#include "runtime/base/digits.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

namespace sluice::base {
namespace {

TEST(Digits, EveryLength) {
  const auto text = [](std::int64_t value) {
    std::array<char, 24> buffer;
    return std::string(buffer.data(), write_integer(buffer.data(), value));
  };
  for (std::int64_t power = 1; power <= 1'000'000'000'000'000'000; power *= 10) {
    for (const std::int64_t value : {power - 1, power, power + 1, -power, power * 9})
      EXPECT_EQ(text(value), std::to_string(value));
    if (power == 1'000'000'000'000'000'000) break;
  }
  for (std::int64_t value = 0; value < 100'000'000; value += value % 7 + value / 1000 + 1)
    ASSERT_EQ(text(value), std::to_string(value));
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
}

}  // namespace
}  // namespace sluice::base
