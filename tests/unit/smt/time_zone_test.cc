#include "smt/time_zone.h"

#include <gtest/gtest.h>

namespace sluice::smt {
namespace {

constexpr ZoneOffset kHour = 3600;

ZoneOffset at(std::string_view id, std::int64_t epoch_second) {
  return TimeZone::find(id).value().offset_at(epoch_second);
}
ZoneOffset at_local(std::string_view id, std::int64_t local_second) {
  return TimeZone::find(id).value().offset_at_local(local_second);
}

TEST(TimeZone, KnowsSummerAndWinter) {
  EXPECT_EQ(at("America/New_York", 1704067200), -5 * kHour);  // 2024-01-01T00:00:00Z
  EXPECT_EQ(at("America/New_York", 1719792000), -4 * kHour);  // 2024-07-01
  EXPECT_EQ(at("Australia/Lord_Howe", 1704067200), 11 * kHour);
  EXPECT_EQ(at("Australia/Lord_Howe", 1719792000), 10 * kHour + kHour / 2);
}

TEST(TimeZone, FollowsTheRuleBeyondItsList) {
  EXPECT_EQ(at("Europe/Berlin", 4102444800), kHour);       // 2100-01-01
  EXPECT_EQ(at("Europe/Berlin", 4118083200), 2 * kHour);   // 2100-07-01
  EXPECT_EQ(at("Europe/Berlin", 253402214400), kHour);     // 9999-12-31
  EXPECT_EQ(at("America/New_York", -4000000000), -17762);  // 1843: local mean time, -4:56:02
}

TEST(TimeZone, TakesTheOffsetBeforeAChangeForLocalTimesOfBothSides) {
  // New York skips 02:00 to 03:00 on 10 March 2024, and repeats 01:00 to 02:00 on 3 November 2024.
  EXPECT_EQ(at_local("America/New_York", 1710035999), -5 * kHour);  // 01:59:59
  EXPECT_EQ(at_local("America/New_York", 1710037800), -5 * kHour);  // 02:30
  EXPECT_EQ(at_local("America/New_York", 1710039600), -4 * kHour);  // 03:00
  EXPECT_EQ(at_local("America/New_York", 1730597400), -4 * kHour);  // 01:30
  EXPECT_EQ(at_local("America/New_York", 1730599200), -5 * kHour);  // 02:00
}

TEST(TimeZone, TakesOffsetsAsZones) {
  EXPECT_EQ(at("+08:00", 0), 8 * kHour);
  EXPECT_EQ(at_local("-05:30:15", 0), -(5 * kHour + 1815));
}

TEST(TimeZone, RefusesOffsetsAsJavaDoes) {
  const auto why = [](std::string_view id) { return TimeZone::find(id).error().to_string(); };
  EXPECT_EQ(
      why("+19:00"),
      "java.time.DateTimeException: Zone offset hours not in valid range: value 19 is not in the range -18 to 18");
  EXPECT_EQ(
      why("+10:60"),
      "java.time.DateTimeException: Zone offset minutes not in valid range: value 60 is not in the range -59 to 59");
  EXPECT_EQ(why("-00:30:61"),
            "java.time.DateTimeException: Zone offset seconds not in valid range: value -61 is not in the range -59 to "
            "59");
  EXPECT_EQ(why("+18:01"), "java.time.DateTimeException: Zone offset not in valid range: -18:00 to +18:00");
}

TEST(TimeZone, HasJavasNamesOnly) {
  for (const char* id : {"UTC", "GMT", "Europe/Berlin", "Etc/GMT+5", "US/Eastern", "PST", "EST"})
    EXPECT_TRUE(TimeZone::is_known(id)) << id;
  for (const char* id : {"utc", "", "Europe", "Nowhere/City", "ROC", "GMT+0", "posix/UTC", "right/UTC", "zone.tab",
                         "../zoneinfo/UTC", "Factory", "localtime"})
    EXPECT_FALSE(TimeZone::is_known(id)) << id;
  EXPECT_EQ(TimeZone::find("PST").error().to_string(), "java.time.zone.ZoneRulesException: Unknown time-zone ID: PST");
}

TEST(ZoneRule, ReadsPosixTexts) {
  const auto berlin = parse_zone_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->standard, kHour);
  EXPECT_EQ(berlin->summer, 2 * kHour);
  EXPECT_EQ(berlin->end.second, 3 * kHour);
  const auto nuuk = parse_zone_rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  ASSERT_TRUE(nuuk);
  EXPECT_EQ(nuuk->standard, -2 * kHour);
  EXPECT_EQ(nuuk->start.second, -kHour);
  EXPECT_FALSE(parse_zone_rule("<+0330>-3:30")->has_summer);
}

TEST(ZoneRule, RefusesOtherTexts) {
  for (const char* text : {"", "CE-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "<+03-3",
                           "CET-1CEST,M3.5.0,M10.5.0x", "CET-1CEST,J400,J2"})
    EXPECT_FALSE(parse_zone_rule(text)) << text;
}

}  // namespace
}  // namespace sluice::smt
