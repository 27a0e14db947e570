#include "runtime/store/offset_codec.h"

#include <gtest/gtest.h>

#include <vector>

#include "runtime/data/arena.h"
#include "runtime/store/offset_key.h"

namespace sluice::store {
namespace {

Value map_of(const std::vector<sluice_value>& items) {
  return Value::map(items.data(), items.size() / 2);
}

TEST(OffsetCodec, KeysAndValuesAreCompactJson) {
  const std::vector<sluice_value> partition = {Value::string("filename"), Value::string("/tmp/\"in\"\n.txt")};
  EXPECT_EQ(offset_key("local", map_of(partition)).value(), R"(["local",{"filename":"/tmp/\"in\"\n.txt"}])");
  EXPECT_EQ(offset_key("c", Value::null()).value(), R"(["c",null])");
  const std::vector<sluice_value> offset = {
      Value::string("z"),    Value::int32(-1),     Value::string("a"), Value::float64(1e10),
      Value::string("f"),    Value::float32(0.1F), Value::string("b"), Value::boolean(true),
      Value::string("none"), Value::null(),        Value::string("x"), Value::bytes(std::string_view("\0\1", 2))};
  EXPECT_EQ(offset_value(map_of(offset)).value(), R"({"z":-1,"a":1.0E10,"f":0.1,"b":true,"none":null,"x":"AAE="})");
}

TEST(OffsetCodec, RefusesWhatConnectRefuses) {
  const std::vector<sluice_value> inner = {Value::string("a"), Value::int64(1)};
  const std::vector<sluice_value> nested = {Value::string("field"), map_of(inner)};
  EXPECT_EQ(offset_value(map_of(nested)).error().message(),
            "Offsets may only contain primitive types as values, but field field contains MAP");
  const std::vector<sluice_value> keys = {Value::int64(1), Value::int64(1)};
  EXPECT_EQ(offset_value(map_of(keys)).error().message(), "Offsets may only use String keys");
  EXPECT_EQ(offset_value(Value::int64(1)).error().message(), "Offsets must be specified as a Map");
}

TEST(OffsetCodec, ReadsBackAsSchemalessJsonDoes) {
  data::Arena arena;
  const std::string text = R"({"position":42,"share":0.5,"name":"x","done":false,"none":null,"list":[1]})";
  const auto value = parse_offset_value(text, arena.c()).value();
  ASSERT_TRUE(value.is(Kind::kMap));
  EXPECT_TRUE(value.items()[1].is(Kind::kInt64));
  EXPECT_EQ(value.items()[1].i64(), 42);
  EXPECT_EQ(value.items()[3].f64(), 0.5);
  EXPECT_EQ(value.items()[5].text(), "x");
  EXPECT_TRUE(value.items()[9].is_null());
  EXPECT_TRUE(value.items()[11].is(Kind::kArray));
  EXPECT_TRUE(parse_offset_value("null", arena.c()).value().is_null());
  EXPECT_FALSE(parse_offset_value("{", arena.c()));
  EXPECT_FALSE(parse_offset_value(std::string(100, '[') + std::string(100, ']'), arena.c()));
}

TEST(OffsetKey, IsTakenApart) {
  const auto key = parse_offset_key(R"( ["a\"b,c" , {"x": 1 } ] )");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->connector, "a\"b,c");
  EXPECT_EQ(key->partition_json, R"({"x": 1 })");
  EXPECT_EQ(parse_offset_key(R"(["a",null])")->partition_json, "null");
  for (const char* bad : {"", "{}", "[]", R"(["a"])", R"([1,{}])", R"(["a",1])", R"(["a",{},1])", "[\"a\",{}"})
    EXPECT_FALSE(parse_offset_key(bad)) << bad;
}

TEST(OffsetKey, MembersInAnyOrderMeanTheSame) {
  EXPECT_EQ(canonical_offset_key(R"(["c",{"b":1,"a":2}])"), canonical_offset_key(R"([ "c", {"a":2, "b":1} ])"));
  EXPECT_NE(canonical_offset_key(R"(["c",{"b":1}])"), canonical_offset_key(R"(["c",{"b":1.0}])"));
  EXPECT_EQ(canonical_offset_key("no json"), "no json");
}

}  // namespace
}  // namespace sluice::store
