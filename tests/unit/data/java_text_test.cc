#include "runtime/data/java_text.h"

#include <gtest/gtest.h>

#include "runtime/data/decimal.h"

namespace sluice::data {
namespace {

std::string text_of(double value) {
  std::string text;
  append_double(value, text);
  return text;
}
std::string text_of(float value) {
  std::string text;
  append_float(value, text);
  return text;
}

TEST(JavaText, DoublesAreLaidOutAsJavaDoes) {
  EXPECT_EQ(text_of(1.0), "1.0");
  EXPECT_EQ(text_of(-0.0), "-0.0");
  EXPECT_EQ(text_of(9999999.0), "9999999.0");
  EXPECT_EQ(text_of(1e7), "1.0E7");
  EXPECT_EQ(text_of(0.001), "0.001");
  EXPECT_EQ(text_of(1e-4), "1.0E-4");
  EXPECT_EQ(text_of(123456789.125), "1.23456789125E8");
}

TEST(JavaText, TheTextIsJava17sWhereThatIsNotTheShortest) {
  EXPECT_EQ(text_of(0x1p-44), "5.6843418860808015E-14");
  EXPECT_EQ(text_of(2.2250738585072014e-308), "2.2250738585072014E-308");
  EXPECT_EQ(text_of(4.9e-324), "4.9E-324");
  EXPECT_EQ(text_of(2.0e-323), "2.0E-323");
  EXPECT_EQ(text_of(0x1p60), "1.15292150460684698E18");
  EXPECT_EQ(text_of(1e23), "9.999999999999999E22");
  EXPECT_EQ(text_of(1.4e-45F), "1.4E-45");
  EXPECT_EQ(text_of(3.4028235e38F), "3.4028235E38");
}

TEST(JavaText, ErrorsOfParsingSayWhatJavaSays) {
  EXPECT_EQ(parse_double("x1").error().message(), "For input string: \"x1\"");
  EXPECT_EQ(parse_double("  ").error().message(), "empty String");
  EXPECT_EQ(parse_double("1.2.3").error().message(), "multiple points");
  EXPECT_EQ(parse_int8("300").error().message(), "Value out of range. Value:\"300\" Radix:10");
  EXPECT_EQ(parse_int32("2147483648").error().message(), "For input string: \"2147483648\"");
  EXPECT_STREQ(parse_int64("").error().exception(), "java.lang.NumberFormatException");
}

TEST(JavaText, ParsingTakesWhatJavaTakes) {
  EXPECT_EQ(parse_double(" 0x1p3 ").value(), 8.0);
  EXPECT_EQ(parse_double("1d").value(), 1.0);
  EXPECT_EQ(parse_double("1e400").value(), HUGE_VAL);
  EXPECT_EQ(parse_double("1e-400").value(), 0.0);
  EXPECT_EQ(parse_float("0x1.000001p0").value(), 1.0F);  // a tie goes to the even neighbour
  EXPECT_EQ(parse_float("0x1.00000100001p0").value(), 0x1.000002p0F);
  EXPECT_EQ(parse_int32("+٤٢").value(), 42);
  EXPECT_EQ(parse_int64("-9223372036854775808").value(), INT64_MIN);
}

TEST(JavaText, CastsCutToTheRange) {
  EXPECT_EQ(java_to_int64(std::nan("")), 0);
  EXPECT_EQ(java_to_int64(1e300), INT64_MAX);
  EXPECT_EQ(java_to_int32(-1e300), INT32_MIN);
}

TEST(JavaText, PlainDecimalsAreBounded) {
  std::string text;
  EXPECT_TRUE(append_decimal_plain(parse_decimal("-12.5e3").value(), 100, text));
  EXPECT_EQ(text, "-12500");
  EXPECT_FALSE(append_decimal_plain(parse_decimal("1e1000000000").value(), 1'000'000, text));
  EXPECT_EQ(text, "-12500");
}

}  // namespace
}  // namespace sluice::data
