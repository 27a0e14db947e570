// What the vectors do not show, because each of theirs is one record for a fresh transform: batches of several schemas,
// schemas that come again, defaults and nulls that Java's builder and Struct.put judge.

#include "tests/unit/smt/transform_fixture.h"

namespace sluice::smt {
namespace {

using data::SchemaBuilder;

class Schemas : public TransformTest {
 protected:
  const Schema* ids() { return SchemaBuilder::structure().name("ids").field("id", pool.int64()).build(pool).value(); }
  const Schema* names() {
    return SchemaBuilder::structure()
        .name("names")
        .field("x", pool.string())
        .field("id", pool.string())
        .build(pool)
        .value();
  }
};

TEST_F(Schemas, CastKeepsApartTheSchemasOfABatch) {
  const auto cast = make_transform("Cast$Value", {{"spec", "id:int32"}});
  const Schema* first = nullptr;
  for (int round = 0; round < 3; ++round) {
    start(5);
    set_value(0, ids(), row(ids(), {Value::int64(1)}));
    set_value(1, names(), row(names(), {Value::string("a"), Value::string("2")}));
    set_value(2, nullptr, map({Value::string("id"), Value::float64(3.9)}));
    set_value(3, names(), row(names(), {Value::string("a"), Value::string("two")}));
    set_value(4, ids(), row(ids(), {Value::int64(std::int64_t{1} << 32)}));
    apply(*cast);
    EXPECT_EQ(value_text(0), "Struct{id=1}");
    EXPECT_EQ(value_text(1), "Struct{x=a,id=2}");
    EXPECT_EQ(value_text(2), "{id=3}");
    EXPECT_EQ(value_text(4), "Struct{id=0}");
    ASSERT_EQ(failures.messages.size(), 1u);
    EXPECT_EQ(failures.messages[3], "Value (two) was out of range for requested data type");
    EXPECT_EQ(batch.record(3).value_value().struct_schema().name(), "names") << "a failed record is as it was";
    EXPECT_EQ(value_schema(3), names());
    EXPECT_EQ(value_schema(0), value_schema(4));
    if (round == 0) first = value_schema(0);
    EXPECT_EQ(value_schema(0), first);
  }
}

TEST_F(Schemas, ADefaultIsCastWithItsField) {
  const Schema* five = SchemaBuilder(Kind::kString).optional().default_value(Value::string("5")).build(pool).value();
  const Schema* schema = SchemaBuilder::structure().field("n", five).build(pool).value();
  start(1);
  set_value(0, schema, row(schema, {Value()}));
  apply(*make_transform("Cast$Value", {{"spec", "n:int8"}}));
  EXPECT_EQ(value_text(0), "Struct{n=5}");
  EXPECT_EQ(value_schema(0)->fields()[0].schema().default_value().i64(), 5);
  EXPECT_TRUE(value_schema(0)->fields()[0].schema().optional());
}

TEST_F(Schemas, ADefaultThatDoesNotFitItsLogicalNameIsRefused) {
  const Schema* day = SchemaBuilder::date().optional().default_value(Value::instant(0)).build(pool).value();
  start(1);
  set_value(0, day, Value::instant(86'400'000));
  apply(*make_transform("Cast$Value", {{"spec", "int32"}}));
  EXPECT_EQ(failures.messages[0], "Invalid default value");
}

TEST_F(Schemas, ANullThatNeedsItsDefaultIsRefusedWithoutIt) {
  const Schema* five = SchemaBuilder(Kind::kInt32).default_value(Value::int32(5)).build(pool).value();
  const Schema* schema = SchemaBuilder::structure().field("n", five).build(pool).value();
  const std::vector<std::pair<std::string, config::ConfigMap>> transforms = {
      {"Cast$Value", {{"spec", "other:int8"}}},
      {"InsertField$Value", {{"topic.field", "t"}}},
      {"MaskField$Value", {{"fields", "other"}}},
      {"SetSchemaMetadata$Value", {{"schema.name", "other"}}},
      {"TimestampConverter$Value", {{"field", "other"}, {"target.type", "unix"}}}};
  for (auto [name, config] : transforms) {
    start(1);
    set_value(0, schema, row(schema, {Value()}));
    apply(*make_transform(name, config));
    EXPECT_TRUE(failures.messages.empty()) << name << failures.messages[0];
    EXPECT_EQ(batch.record(0).value_value().items()[0].i64(), 5) << name;

    config.set("replace.null.with.default", "false");
    start(1);
    set_value(0, schema, row(schema, {Value()}));
    apply(*make_transform(name, config));
    EXPECT_EQ(failures.messages[0], "Invalid value: null used for required field: \"n\", schema type: INT32") << name;
  }
}

TEST_F(Schemas, TheDefaultOfAWholeStructIsConvertedToo) {
  const Schema* plain = SchemaBuilder::structure().field("at", pool.int64()).build(pool).value();
  start(1);
  const Value old = row(plain, {Value::int64(1'700'000'000'123)});
  const Schema* schema = SchemaBuilder::like(*plain).optional().default_value(old).build(pool).value();
  set_value(0, schema, old);
  apply(*make_transform("TimestampConverter$Value", {{"field", "at"}, {"target.type", "Timestamp"}}));
  ASSERT_TRUE(failures.messages.empty()) << failures.messages[0];
  EXPECT_EQ(value_text(0), "Struct{at=Tue Nov 14 22:13:20 UTC 2023}");
  EXPECT_EQ(data::value_text(value_schema(0)->default_value()), "Struct{at=Tue Nov 14 22:13:20 UTC 2023}");
}

TEST_F(Schemas, AStructOfForeignFieldsIsRefused) {
  const std::vector<std::pair<std::string, config::ConfigMap>> transforms = {
      {"Cast$Value", {{"spec", "id:int8"}}},
      {"SetSchemaMetadata$Value", {{"schema.name", "other"}}},
      {"TimestampConverter$Value", {{"field", "id"}, {"target.type", "unix"}}}};
  for (const auto& [name, config] : transforms) {
    start(1);
    set_value(0, names(), row(ids(), {Value::int64(1)}));
    apply(*make_transform(name, config));
    EXPECT_EQ(failures.messages[0], "Struct schemas do not match.") << name;
  }
}

TEST_F(Schemas, RoutesByTopicAndTime) {
  const auto router = make_transform(
      "TimestampRouter", {{"topic.format", "${topic}-${timestamp}"}, {"timestamp.format", "yyyy-MM-dd'T'HH"}});
  start(6);
  const std::int64_t hour = 3'600'000;
  const std::int64_t times[] = {0, hour - 1, hour, -1, 0, 0};
  for (std::uint32_t i = 0; i < 6; ++i) batch.record(i).timestamp_ms = times[i];
  batch.record(4).topic = batch.topic_index("${timestamp}");
  batch.record(5).flags |= SLUICE_RECORD_DROP;
  apply(*router);
  const char* topics[] = {"orders-1970-01-01T00", "orders-1970-01-01T00",        "orders-1970-01-01T01",
                          "orders-1969-12-31T23", "1970-01-01T00-1970-01-01T00", "orders"};
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_EQ(batch.topic(batch.record(i)), topics[i]) << i;
}

TEST_F(Schemas, ABrokenPatternFailsTheRecordsThatHaveATime) {
  const auto router = make_transform("TimestampRouter", {{"timestamp.format", "b"}});
  start(2);
  batch.record(1).timestamp_ms = 0;
  apply(*router);
  EXPECT_EQ(failures.messages[0],
            "Timestamp missing on record: SourceRecord{sourcePartition=null, sourceOffset=null} "
            "ConnectRecord{topic='orders', kafkaPartition=null, key=null, keySchema=null, value=null, "
            "valueSchema=null, timestamp=null, headers=ConnectHeaders(headers=)}");
  EXPECT_EQ(failures.messages[1], "Illegal pattern character 'b'");
}

TEST_F(Schemas, SaturatesWhereAUnixTimestampDoesNotFit) {
  const auto to_nanos =
      make_transform("TimestampConverter$Value", {{"target.type", "unix"}, {"unix.precision", "nanoseconds"}});
  start(3);
  set_value(0, nullptr, Value::instant(9'223'372'036'854));
  set_value(1, nullptr, Value::instant(9'223'372'036'855));
  set_value(2, nullptr, Value::instant(-9'223'372'036'855));
  apply(*to_nanos);
  EXPECT_EQ(value_text(0), "9223372036854000000");
  EXPECT_EQ(value_text(1), "9223372036854775807");
  EXPECT_EQ(value_text(2), "-9223372036854775808");
}

TEST_F(Schemas, FormatsTheFirstInstantOfAll) {
  const auto format =
      make_transform("TimestampConverter$Value", {{"target.type", "string"}, {"format", "dd HH:mm:ss.SSS G"}});
  start(1);
  set_value(0, nullptr, Value::instant(INT64_MIN));
  apply(*format);
  EXPECT_EQ(value_text(0), "02 16:47:04.192 BC");
}

TEST_F(Schemas, ReadsZonesByName) {
  const auto parse =
      make_transform("TimestampConverter$Value", {{"target.type", "unix"}, {"format", "yyyy-MM-dd HH:mm z"}});
  start(4);
  set_value(0, nullptr, Value::string("2024-01-01 00:00 pst"));
  set_value(1, nullptr, Value::string("2024-07-01 00:00 Central European Summer Time"));
  set_value(2, nullptr, Value::string("2024-01-01 00:00 GMT-3:30"));
  set_value(3, nullptr, Value::string("2024-01-01 00:00 Nowhere"));
  apply(*parse);
  EXPECT_EQ(value_text(0), "1704096000000");
  EXPECT_EQ(value_text(1), "1719784800000");
  EXPECT_EQ(value_text(2), "1704079800000");
  EXPECT_EQ(failures.messages[3],
            "Could not parse timestamp: value (2024-01-01 00:00 Nowhere) does not match pattern (yyyy-MM-dd HH:mm z)");
}

TEST_F(Schemas, MasksNumbersOfEverySizeWithTheSameReplacement) {
  const auto mask = make_transform("MaskField$Value", {{"fields", "a,b,c"}, {"replacement", "70000"}});
  start(1);
  Value big = arena_decimal(batch.arena().c(), 0, "\x01");
  big.flags |= SLUICE_VALUE_INTEGER;
  set_value(0, nullptr,
            map({Value::string("a"), Value::int16(1), Value::string("b"), big, Value::string("c"), Value::float32(1)}));
  apply(*mask);
  EXPECT_EQ(value_text(0), "{a=4464, b=70000, c=70000.0}");
  EXPECT_NE(batch.record(0).value_value().items()[3].flags & SLUICE_VALUE_INTEGER, 0);
}

}  // namespace
}  // namespace sluice::smt
