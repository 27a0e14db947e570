#include "runtime/base/java_number.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sluice::base {
namespace {

TEST(JavaNumber, ReadsIntegersOfAnyScript) {
  EXPECT_EQ(parse_java_integer("٣", -128, 127), 3);
  EXPECT_EQ(parse_java_integer("+12", -128, 127), 12);
  EXPECT_EQ(parse_java_integer("-128", -128, 127), -128);
  EXPECT_EQ(parse_java_integer("128", -128, 127), std::nullopt);
  EXPECT_EQ(parse_java_integer("-9223372036854775808", INT64_MIN, INT64_MAX), INT64_MIN);
  EXPECT_EQ(parse_java_integer("9223372036854775808", INT64_MIN, INT64_MAX), std::nullopt);
  for (const char* bad : {"", "-", "+", "1 ", "1_0", "--1", "1.0", "\xff", "\xd9"})
    EXPECT_EQ(parse_java_integer(bad, INT64_MIN, INT64_MAX), std::nullopt) << bad;
}

TEST(JavaNumber, ReadsDoubles) {
  EXPECT_EQ(parse_java_double(" 1.5d "), 1.5);
  EXPECT_EQ(parse_java_double("0x1.8p1"), 3.0);
  EXPECT_EQ(parse_java_double("-.5e-1F"), -0.05);
  EXPECT_EQ(parse_java_double("5."), 5.0);
  EXPECT_EQ(parse_java_double("-Infinity"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(*parse_java_double("NaN")));
  for (const char* bad : {"", ".", "e1", "1e", "0x1", "0x", "nan", "inf", "1dd", "1 2", "+-1", "1e400x"})
    EXPECT_EQ(parse_java_double(bad), std::nullopt) << bad;
}

TEST(JavaNumber, PrintsDoubles) {
  EXPECT_EQ(java_double_text(1), "1.0");
  EXPECT_EQ(java_double_text(-0.0), "-0.0");
  EXPECT_EQ(java_double_text(9999999), "9999999.0");
  EXPECT_EQ(java_double_text(1e7), "1.0E7");
  EXPECT_EQ(java_double_text(0.001), "0.001");
  EXPECT_EQ(java_double_text(0.0001), "1.0E-4");
  EXPECT_EQ(java_double_text(123456.789), "123456.789");
  EXPECT_EQ(java_double_text(1.7976931348623157e308), "1.7976931348623157E308");
  EXPECT_EQ(java_double_text(-HUGE_VAL), "-Infinity");
}

}  // namespace
}  // namespace sluice::base
