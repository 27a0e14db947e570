#include "smt/iso_text.h"

#include <gtest/gtest.h>

#include "runtime/data/arena.h"
#include "smt/iso_days.h"
#include "smt/zoned_values.h"

namespace sluice::smt {
namespace {

// The text as it is read and written again, or what Java says.
std::string date_time(std::string_view text) {
  const auto time = parse_offset_date_time(text);
  if (!time) return time.error().message();
  std::string written;
  const auto status = append_offset_date_time(*time, written);
  return status ? written : status.error().message();
}
std::string time_of_day(std::string_view text) {
  const auto time = parse_offset_time(text);
  if (!time) return time.error().message();
  std::string written;
  append_offset_time(*time, written);
  return written;
}

TEST(IsoText, WritesAsJavaDoes) {
  EXPECT_EQ(date_time("2022-01-01t00:00z"), "2022-01-01T00:00:00Z");
  EXPECT_EQ(date_time("2022-01-01T00:00:00.Z"), "2022-01-01T00:00:00Z");
  EXPECT_EQ(date_time("2022-04-22T00:33:42.223000Z"), "2022-04-22T00:33:42.223Z");
  EXPECT_EQ(date_time("+12022-01-01T00:00:00Z"), "+12022-01-01T00:00:00Z");
  EXPECT_EQ(date_time("-0001-01-01T00:00:00Z"), "-0001-01-01T00:00:00Z");
  EXPECT_EQ(date_time("0000-02-29T00:00:00+01"), "0000-02-29T00:00:00+01:00");
  EXPECT_EQ(date_time("2022-01-01T00:00:00+01:00:30"), "2022-01-01T00:00:00+01:00:30");
  EXPECT_EQ(date_time("2022-01-01T00:00:00-00:00"), "2022-01-01T00:00:00Z");
  EXPECT_EQ(time_of_day("10:15Z"), "10:15:00Z");
  EXPECT_EQ(time_of_day("10:15:30.123456789-18:00"), "10:15:30.123456789-18:00");
}

TEST(IsoText, SaysWhereATextIsNone) {
  const auto index = [](std::string_view text) {
    const std::string message = date_time(text);
    return message.substr(message.rfind(' ') + 1);
  };
  EXPECT_EQ(date_time("garbage"), "Text 'garbage' could not be parsed at index 0");
  EXPECT_EQ(index(""), "0");
  EXPECT_EQ(index("12022-01-01T00:00:00Z"), "0");
  EXPECT_EQ(index("+2022-01-01T00:00:00Z"), "0");
  EXPECT_EQ(index("-0000-01-01T00:00Z"), "0");
  EXPECT_EQ(index("+99999999999-01-01T00:00Z"), "11");
  EXPECT_EQ(index("2022-1-01T00:00Z"), "5");
  EXPECT_EQ(index("2022-01-01 00:00:00Z"), "10");
  EXPECT_EQ(index("2022-01-01T00"), "13");
  EXPECT_EQ(index("2022-01-01T00:00:0Z"), "16");
  EXPECT_EQ(index("2022-01-01T00:00:00+99:00"), "19");
  EXPECT_EQ(index("2022-01-01T00:00:00.5"), "21");
  EXPECT_EQ(date_time("2022-01-01T00:00:00Zx"),
            "Text '2022-01-01T00:00:00Zx' could not be parsed, unparsed text found at index 20");
  EXPECT_EQ(date_time("2022-01-01T00:00:00+01:60"),
            "Text '2022-01-01T00:00:00+01:60' could not be parsed, unparsed text found at index 22");
  EXPECT_EQ(date_time(std::string(80, '9')), "Text '" + std::string(64, '9') + "...' could not be parsed at index 0");
}

TEST(IsoText, SaysWhatIsWrongWithADate) {
  const auto why = [](std::string_view text) {
    const std::string message = date_time(text);
    return message.substr(message.find("parsed: ") + 8);
  };
  EXPECT_EQ(why("2022-13-01T00:00Z"), "Invalid value for MonthOfYear (valid values 1 - 12): 13");
  EXPECT_EQ(why("2022-01-32T00:00Z"), "Invalid value for DayOfMonth (valid values 1 - 28/31): 32");
  EXPECT_EQ(why("2022-02-30T24:00:00Z"), "Invalid date 'FEBRUARY 30'");
  EXPECT_EQ(why("2021-02-29T00:00:00Z"), "Invalid date 'February 29' as '2021' is not a leap year");
  EXPECT_EQ(why("2022-01-01T24:00:00Z"), "Invalid value for HourOfDay (valid values 0 - 23): 24");
  EXPECT_EQ(why("+9999999999-01-01T00:00Z"),
            "Invalid value for Year (valid values -999999999 - 999999999): 9999999999");
  EXPECT_EQ(why("2022-01-01T00:00:00+24"), "Value out of range: Hour[0-23], Minute[0-59], Second[0-59]");
  EXPECT_EQ(why("2022-01-01T00:00:00+18:30"), "Zone offset not in valid range: -18:00 to +18:00");
  EXPECT_EQ(time_of_day("10:15:30.120+19:00"),
            "Text '10:15:30.120+19:00' could not be parsed: Unable to obtain OffsetTime from TemporalAccessor: "
            "{OffsetSeconds=68400},ISO resolved to 10:15:30.120 of type java.time.format.Parsed");
}

TEST(IsoDays, GoesThereAndBack) {
  for (const std::int64_t day : {-719'528LL, -1LL, 0LL, 59LL, 11'016LL, 2'932'896LL, 365'241'780'471LL}) {
    EXPECT_EQ(epoch_day_of(date_of(day)), day);
  }
  EXPECT_EQ(date_of(-719'528).year, 0);
  EXPECT_EQ(date_of(11'016).day, 29);  // of February 2000
}

class ZonedValues : public ::testing::Test {
 protected:
  base::Result<Value> move(TimeForm form, const Value& value, std::string_view zone, std::int64_t now_second = 0) {
    return move_to_zone(arena_.c(), form, value, TimeZone::find(zone).value(), now_second, scratch_);
  }
  data::Arena arena_;
  std::string scratch_;
};

TEST_F(ZonedValues, TimesOfDayGetTheOffsetOfNow) {
  const Value time = Value::string("23:30:00.5Z");
  EXPECT_EQ(move(TimeForm::kZonedTime, time, "America/New_York", 1704067200)->text(), "18:30:00.5-05:00");
  EXPECT_EQ(move(TimeForm::kZonedTime, time, "America/New_York", 1719792000)->text(), "19:30:00.5-04:00");
  EXPECT_EQ(move(TimeForm::kZonedTime, time, "Asia/Tokyo")->text(), "08:30:00.5+09:00");
}

TEST_F(ZonedValues, NumbersCountAsLocalTimes) {
  EXPECT_EQ(move(TimeForm::kTimestamp, Value::int64(-1), "+00:01")->i64(), -60'001);
  EXPECT_EQ(move(TimeForm::kMicroTimestamp, Value::int64(-1), "-00:01")->i64(), 59'999'999);
  EXPECT_EQ(move(TimeForm::kNanoTimestamp, Value::int64(5), "+01:00")->i64(), 5 - 3'600'000'000'000);
  EXPECT_EQ(move(TimeForm::kConnectTimestamp, Value::instant(0), "+01:00")->i64(), -3'600'000);
}

TEST_F(ZonedValues, RangesEndAsInJava) {
  const Value most = Value::int64(INT64_MAX);
  // Microseconds wrap (PostgreSQL's infinity is near), milliseconds are refused.
  EXPECT_LT(move(TimeForm::kMicroTimestamp, most, "-05:00")->i64(), 0);
  EXPECT_EQ(move(TimeForm::kTimestamp, most, "-05:00").error().to_string(),
            "java.lang.ArithmeticException: long overflow");
  EXPECT_EQ(move(TimeForm::kConnectTimestamp, Value::instant(INT64_MAX), "-05:00").error().message(),
            "java.lang.ArithmeticException: long overflow");
  EXPECT_EQ(move(TimeForm::kTimestamp, Value::string("x"), "UTC").error().exception(),
            std::string(base::exceptions::kClassCast));
}

TEST_F(ZonedValues, TheEventsOwnTimesAreInstants) {
  const TimeZone zone = TimeZone::find("America/New_York").value();
  EXPECT_EQ(move_epoch("ts_ms", Value::int64(1'719'792'000'123), zone)->i64(), 1'719'777'600'123);
  EXPECT_EQ(move_epoch("ts_us", Value::int64(1'719'792'000'123'456), zone)->i64(), 1'719'777'600'123'456);
  EXPECT_EQ(move_epoch("ts_ns", Value::int64(-1), zone)->i64(), -18'000'000'000'001);
  EXPECT_EQ(move_epoch("ts_ms", Value::int32(1), zone).error().to_string(),
            "io.debezium.DebeziumException: Epoch field value should be a java.lang.Long");
}

}  // namespace
}  // namespace sluice::smt
