#include "runtime/data/values_parser.h"

#include <gtest/gtest.h>

#include "runtime/data/arena.h"
#include "runtime/data/date_format.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"

namespace sluice::data {
namespace {

class ValuesParser : public ::testing::Test {
 protected:
  std::string parse(std::string_view text) {
    const auto result = parse_values_text({arena_.c(), &schemas_}, text);
    if (!result) return result.error().to_string();
    return (result->schema == nullptr ? "none" : schema_text(*result->schema)) + " " + value_text(result->value);
  }
  Arena arena_;
  SchemaPool schemas_;
};

TEST_F(ValuesParser, ReadsTheNarrowestNumber) {
  EXPECT_EQ(parse("1"), "Schema{INT8} 1");
  EXPECT_EQ(parse("1e2"), "Schema{INT8} 100");
  EXPECT_EQ(parse("-9223372036854775808"), "Schema{INT64} -9223372036854775808");
  EXPECT_EQ(parse("-9223372036854775809"), "Schema{org.apache.kafka.connect.data.Decimal:BYTES} -9223372036854775809");
  EXPECT_EQ(parse("1e20"), "Schema{FLOAT32} 1.0E20");
  EXPECT_EQ(parse("1.5e300"), "Schema{FLOAT64} 1.5E300");
  EXPECT_EQ(parse("1,000"), "Schema{INT8} 1");
}

TEST_F(ValuesParser, ReadsDatesLeniently) {
  EXPECT_EQ(parse("2019-13-01"), "Schema{org.apache.kafka.connect.data.Date:INT32} Wed Jan 01 00:00:00 UTC 2020");
  EXPECT_EQ(parse("14:34:54.346Z"), "Schema{org.apache.kafka.connect.data.Time:INT32} Thu Jan 01 14:34:54 UTC 1970");
  EXPECT_EQ(parse("14:34:54.346"), "Schema{INT8} 14");
}

TEST_F(ValuesParser, MalformedListsAreTheTextItself) {
  EXPECT_EQ(parse("[1,2,]"), "Schema{ARRAY} [1, 2]");
  EXPECT_EQ(parse("[1,null]"), "Schema{STRING} [1,null]");
  EXPECT_EQ(parse("[a]"), "Schema{STRING} [a]");
  EXPECT_EQ(parse("{\"a\":1}}"), "Schema{MAP} {a=1}");
  EXPECT_EQ(parse("[\" \"]"), "Schema{ARRAY} []");
}

TEST_F(ValuesParser, NestingIsBounded) {
  const std::string deep(2'000'000, '[');
  EXPECT_EQ(parse(deep), "Schema{STRING} " + deep);
}

TEST_F(ValuesParser, SpentMemoryIsAnError) {
  Arena small(16);
  const auto result = parse_values_text({small.c(), &schemas_}, "[1,2,3,4,5]");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Code::kNoMemory);
}

TEST(DateFormat, FormatsInTheJulianCalendarBefore1582) {
  std::string text;
  DateFormat::compile("yyyy-MM-dd G").value().append(-62135596800000, text);
  EXPECT_EQ(text, "0001-01-03 AD");
}

TEST(DateFormat, ParsesNumbersThatTouchByTheirLetters) {
  const auto format = DateFormat::compile("yyyyMMddHH").value();
  EXPECT_EQ(format.parse("2020022912", 0).epoch_ms, 1582977600000);
  EXPECT_FALSE(format.parse("202", 0).ok);
}

TEST(DateFormat, RefusesUnknownLetters) {
  EXPECT_EQ(DateFormat::compile("yyyy-b").error().message(), "Illegal pattern character 'b'");
  EXPECT_EQ(DateFormat::compile("'T").error().message(), "Unterminated quote");
}

TEST(DateFormat, TwoDigitYearsLieAroundToday) {
  const auto format = DateFormat::compile("yy-MM-dd").value();
  const std::int64_t now = 1'700'000'000'000;  // 14 November 2023
  const auto year = [&](std::string_view text) {
    std::string out;
    DateFormat::compile("yyyy").value().append(format.parse(text, now).epoch_ms, out);
    return out;
  };
  EXPECT_EQ(year("42-01-01"), "2042");
  EXPECT_EQ(year("44-01-01"), "1944");
  EXPECT_EQ(year("43-11-15"), "1943");
  EXPECT_EQ(year("43-11-01"), "2043");
}

}  // namespace
}  // namespace sluice::data
