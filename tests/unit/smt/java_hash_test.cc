// Java's hash codes, worked out by hand from the rules that its classes document.

#include "smt/java_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "runtime/data/arena.h"

namespace sluice::smt {
namespace {

TEST(JavaHash, Numbers) {
  EXPECT_EQ(java_hash(Value::int32(-5)), -5);
  EXPECT_EQ(java_hash(Value::int64(-1)), 0);
  EXPECT_EQ(java_hash(Value::int64(std::int64_t{1} << 32)), 1);
  EXPECT_EQ(java_hash(Value::boolean(true)), 1231);
  EXPECT_EQ(java_hash(Value::float64(1.5)), 1073217536);
  EXPECT_EQ(java_hash(Value::float32(1.5F)), 1069547520);
  EXPECT_EQ(java_hash(Value::float64(std::numeric_limits<double>::quiet_NaN())), 2146959360);
}

TEST(JavaHash, Texts) {
  EXPECT_EQ(java_hash(Value::string("")), 0);
  EXPECT_EQ(java_hash(Value::string("Aa")), java_hash(Value::string("BB")));
  EXPECT_EQ(java_hash(Value::string("hello")), 99162322);
  EXPECT_EQ(java_hash(Value::string("\xF0\x9F\x8D\x8B")), 31 * 0xD83C + 0xDF4B);
}

TEST(JavaHash, DecimalsByMagnitudeAndScale) {
  data::Arena arena;
  const auto hash = [&](std::int32_t scale, std::string_view unscaled) {
    return java_hash(arena_decimal(arena.c(), scale, unscaled));
  };
  EXPECT_EQ(hash(2, "\x7B"), 31 * 123 + 2);
  EXPECT_EQ(hash(2, "\x85"), 31 * -123 + 2);
  EXPECT_EQ(hash(0, std::string_view("\x00", 1)), 0);
  EXPECT_EQ(hash(0, "\x80"), 31 * -128);
  EXPECT_EQ(hash(0, std::string_view("\xFF\x00", 2)), 31 * -256);
  EXPECT_EQ(hash(0, std::string_view("\x01\x00\x00\x00\x00", 5)), 31 * 31);   // 2^32: words 1 and 0
  EXPECT_EQ(hash(0, std::string_view("\xFF\x00\x00\x00\x00", 5)), 31 * -31);  // -2^32
}

TEST(JavaHash, Containers) {
  const std::array<sluice_value, 2> items = {Value::int32(1), Value()};
  EXPECT_EQ(java_hash(Value::array(items.data(), 2)), (31 + 1) * 31);
  const std::array<sluice_value, 4> pairs = {Value::string("a"), Value::int32(1), Value::string("b"), Value::int32(2)};
  EXPECT_EQ(java_hash(Value::map(pairs.data(), 2)), ('a' ^ 1) + ('b' ^ 2));
  EXPECT_EQ(java_hash(Value::bytes(std::string_view("\xFF\x01", 2))), 31 * (31 + 1) - 1);
}

}  // namespace
}  // namespace sluice::smt
