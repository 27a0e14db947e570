// The steady state of transforms takes nothing from the heap: this test program counts what operator new gives out.

#include "tests/unit/count_allocations.h"
#include "tests/unit/smt/transform_fixture.h"

namespace sluice::smt {
namespace {

struct Case {
  const char* transform;
  config::ConfigMap config;
};

class Allocation : public TransformTest, public testing::WithParamInterface<Case> {};

TEST_P(Allocation, NoneOnceSchemasAreKnown) {
  constexpr std::uint32_t kRecords = 50;
  const auto transform = make_transform(GetParam().transform, GetParam().config);
  ASSERT_NE(transform, nullptr);
  const Schema* inner = data::SchemaBuilder::structure().field("id", pool.int64()).build(pool).value();
  const Schema* schema = data::SchemaBuilder::structure()
                             .name("com.shop.orders.a-name-longer-than-a-short-string")
                             .field("id", pool.int64())
                             .field("price", pool.float64())
                             .field("day", pool.string())
                             .field("at", data::SchemaBuilder::timestamp().build(pool).value())
                             .field("in", inner)
                             .build(pool)
                             .value();
  static const sluice_header kHeader = {str("h"), nullptr, Value::int32(1)};
  for (int round = 0; round < 20; ++round) {
    start(kRecords);
    for (std::uint32_t i = 0; i < kRecords; ++i) {
      const Value in = row(inner, {Value::int64(i)});
      const std::vector<Value> fields = {Value::int64(i), Value::float64(0.5),
                                         Value::string("2024-02-29T01:02:03.004Z"), Value::instant(i), in};
      set_value(i, schema, row(schema, fields));
      batch.record(i).timestamp_ms = i * 1000;
      batch.record(i).headers = &kHeader;
      batch.record(i).header_count = 1;
    }
    const std::size_t before = allocations;
    const bool ok = transform->apply({&pool, false}, batch, failures).has_value();
    const std::size_t after = allocations;
    ASSERT_TRUE(ok);
    ASSERT_TRUE(failures.messages.empty()) << failures.messages.begin()->second;
    if (round >= 2) {
      EXPECT_EQ(after, before) << "round " << round;
    }
  }
}

class DebeziumAllocation : public TransformTest, public testing::WithParamInterface<Case> {};

TEST_P(DebeziumAllocation, NoneOnceSchemasAreKnown) {
  std::unique_ptr<data::Transform> transform;
  for (const auto& known : builtin_transforms())
    if (known.class_name == GetParam().transform) transform = known.create(GetParam().config).value();
  ASSERT_NE(transform, nullptr);
  const Schema* zoned = data::SchemaBuilder(Kind::kString).name("io.debezium.time.ZonedTimestamp").build(pool).value();
  const Schema* vector =
      data::SchemaBuilder::array(pool.float64()).name("io.debezium.data.DoubleVector").build(pool).value();
  const Schema* after = data::SchemaBuilder::structure()
                            .name("shop.public.outbox.Value")
                            .field("id", pool.string())
                            .field("aggregatetype", pool.string())
                            .field("aggregateid", pool.string())
                            .field("payload", pool.string())
                            .field("at", zoned)
                            .field("v", vector)
                            .build(pool)
                            .value();
  const Schema* envelope = data::SchemaBuilder::structure()
                               .name("shop.public.outbox.Envelope")
                               .field("before", after)
                               .field("after", after)
                               .field("op", pool.string())
                               .field("ts_ms", pool.int64())
                               .build(pool)
                               .value();
  const sluice_value numbers[] = {Value::float64(0.5), Value::float64(1e20)};
  for (int round = 0; round < 20; ++round) {
    start(50);
    for (std::uint32_t i = 0; i < 50; ++i) {
      const Value text = Value::string(R"({"name":"a text that is longer than a short string","n":[1,2]})");
      const Value columns = row(after, {text, Value::string("order"), text, text,
                                        Value::string("2024-02-01T06:23:39.808Z"), Value::array(numbers, 2)});
      set_value(i, envelope, row(envelope, {columns, columns, Value::string("c"), Value::int64(i)}));
    }
    const std::size_t before = allocations;
    const bool ok = transform->apply({&pool, false}, batch, failures).has_value();
    const std::size_t taken = allocations - before;
    ASSERT_TRUE(ok);
    ASSERT_TRUE(failures.messages.empty()) << failures.messages.begin()->second;
    if (round >= 2) {
      EXPECT_EQ(taken, 0u) << "round " << round;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Transforms, DebeziumAllocation,
    testing::Values(
        Case{"io.debezium.transforms.outbox.EventRouter",
             {{"table.fields.additional.placement", "at:envelope,v:header"}}},
        Case{"io.debezium.transforms.TimezoneConverter", {{"converted.timezone", "Europe/Berlin"}}},
        Case{"io.debezium.transforms.VectorToJsonConverter", {}},
        Case{"io.debezium.transforms.SwapGeometryCoordinates", {}},
        Case{"io.debezium.transforms.ExtractNewRecordState", {}},
        Case{"io.debezium.transforms.ExtractNewRecordState", {{"add.fields", "op,ts_ms"}, {"add.headers", "op"}}},
        Case{"io.debezium.transforms.ByLogicalTableRouter", {{"topic.regex", "(.*)ders"}, {"topic.replacement", "$1"}}},
        Case{"io.debezium.transforms.partitions.PartitionRouting",
             {{"partition.payload.fields", "change.id,op"}, {"partition.topic.num", "7"}}},
        Case{"io.debezium.transforms.ExtractChangedRecordState",
             {{"header.changed.name", "c"}, {"header.unchanged.name", "u"}}},
        Case{"io.debezium.transforms.EnforceRecordSize", {{"max.bytes", "200"}, {"min.field.size", "50"}}}));

class MapAllocation : public TransformTest, public testing::WithParamInterface<Case> {};

TEST_P(MapAllocation, NoneOnceTheFirstRecordWasSeen) {
  const auto transform = make_transform(GetParam().transform, GetParam().config);
  ASSERT_NE(transform, nullptr);
  for (int round = 0; round < 20; ++round) {
    start(50);
    for (std::uint32_t i = 0; i < 50; ++i)
      set_value(i, nullptr,
                map({Value::string("id"), Value::int64(i), Value::string("a name longer than a short string"),
                     Value::string("x"), Value::string("in"), map({Value::string("n"), Value::int64(i)})}));
    const std::size_t before = allocations;
    const bool ok = transform->apply({&pool, false}, batch, failures).has_value();
    const std::size_t taken = allocations - before;
    ASSERT_TRUE(ok);
    ASSERT_TRUE(failures.messages.empty()) << failures.messages.begin()->second;
    if (round >= 2) {
      EXPECT_EQ(taken, 0u) << "round " << round;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Transforms, MapAllocation,
    testing::Values(Case{"Cast$Value", {{"spec", "id:string"}}},
                    Case{"ExtractField$Value", {{"field", "in.n"}, {"field.syntax.version", "V2"}}},
                    Case{"Flatten$Value", {}}, Case{"HoistField$Value", {{"field", "line"}}},
                    Case{"HeaderFrom$Value", {{"fields", "id"}, {"headers", "h"}, {"operation", "move"}}},
                    Case{"InsertField$Value", {{"static.field", "s"}, {"static.value", "v"}}},
                    Case{"MaskField$Value", {{"fields", "id"}}},
                    Case{"ReplaceField$Value", {{"exclude", "in"}, {"renames", "id:key"}}},
                    Case{"TimestampConverter$Value", {{"field", "id"}, {"target.type", "Timestamp"}}},
                    Case{"ValueToKey", {{"fields", "id"}}}));

TEST(AllocationCount, SeesTheHeap) {
  const std::size_t before = allocations;
  const auto text = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocations, before + 2);
}

INSTANTIATE_TEST_SUITE_P(
    Transforms, Allocation,
    testing::Values(Case{"Cast$Value", {{"spec", "id:int32,price:int64,at:int64,day:string"}}},
                    Case{"Cast$Value", {{"spec", "id:string,price:string,at:string"}}},
                    Case{"DropHeaders", {{"headers", "h,other"}}},
                    Case{"ExtractField$Value", {{"field", "in.id"}, {"field.syntax.version", "V2"}}},
                    Case{"HoistField$Value", {{"field", "line"}}}, Case{"InsertField$Value", {{"topic.field", "t"}}},
                    Case{"Flatten$Value", {}}, Case{"InsertHeader", {{"header", "n"}, {"value.literal", "7"}}},
                    Case{"HeaderFrom$Value", {{"fields", "id"}, {"headers", "n"}, {"operation", "copy"}}},
                    Case{"HeaderFrom$Value", {{"fields", "id"}, {"headers", "n"}, {"operation", "move"}}},
                    Case{"ReplaceField$Value", {{"exclude", "day"}, {"renames", "id:key"}}},
                    Case{"ValueToKey", {{"fields", "id"}}}, Case{"Filter", {}},
                    Case{"RegexRouter", {{"regex", "(.*)ders"}, {"replacement", "$1"}}},
                    Case{"MaskField$Value", {{"fields", "id,day,at"}}},
                    Case{"RegexRouter", {{"regex", "x"}, {"replacement", "y"}}},
                    Case{"SetSchemaMetadata$Value", {{"schema.version", "7"}}},
                    Case{"TimestampConverter$Value", {{"field", "at"}, {"target.type", "unix"}}},
                    Case{"TimestampConverter$Value",
                         {{"field", "at"}, {"target.type", "string"}, {"format", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}}},
                    Case{"TimestampConverter$Value",
                         {{"field", "day"}, {"target.type", "Timestamp"}, {"format", "yyyy-MM-dd'T'HH:mm:ss.SSSX"}}},
                    Case{"TimestampRouter", {{"timestamp.format", "yyyyMMdd-HHmm"}}}));

}  // namespace
}  // namespace sluice::smt
