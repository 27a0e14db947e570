// EventRouter, where one record for a fresh transform does not show it.

#include "smt/field_name_adjuster.h"
#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

class Outbox : public SmtTest {
 protected:
  using Fields = std::initializer_list<std::pair<std::string_view, const Schema*>>;

  static base::Result<std::unique_ptr<data::Transform>> router(Config config) {
    return make_transform("io.debezium.transforms.outbox.EventRouter", config);
  }
  // An insert of a row with the usual columns and others.
  void event(std::string_view type, const Value& payload, Fields fields = {}, std::initializer_list<Value> values = {},
             std::string_view op = "c") {
    fresh();
    auto builder = data::SchemaBuilder::structure().name("shop.public.outbox.Value").optional();
    builder.field("id", pool_.string())
        .field("aggregatetype", optional(Kind::kString))
        .field("aggregateid", pool_.string())
        .field("payload", optional(Kind::kString));
    for (const auto& [name, schema] : fields) builder.field(name, schema);
    const Schema* row = builder.build(pool_).value();
    const Schema* envelope = data::SchemaBuilder::structure()
                                 .name("shop.public.outbox.Envelope")
                                 .field("after", row)
                                 .field("op", pool_.string())
                                 .field("ts_ms", optional(Kind::kInt64))
                                 .build(pool_)
                                 .value();
    sluice_struct* columns = arena_struct(batch_.arena().c(), row);
    columns->fields[0] = Value::string("e1");
    columns->fields[1] = Value::string(type);
    columns->fields[2] = Value::string("a1");
    columns->fields[3] = payload;
    std::size_t at = 4;
    for (const Value& value : values) columns->fields[at++] = value;
    set_value(envelope, {Value::record(columns, row->field_count), Value::string(op), Value::int64(5)});
  }
  std::string key() { return data::value_text(record().key_value()); }
  const Schema* schema() { return batch_.value_schema(record()); }
};

TEST_F(Outbox, RoutesEachRecordByItsOwnType) {
  const auto transform = router({});
  for (int round = 0; round < 3; ++round) {
    event("order", Value::string("one"));
    EXPECT_EQ(apply(**transform), "");
    EXPECT_EQ(topic(), "outbox.event.order");
    EXPECT_EQ(key(), "a1");
    EXPECT_EQ(value_text(), "one");
    EXPECT_EQ(record().timestamp_ms, 5);
    event("user", Value::string("two"));
    EXPECT_EQ(apply(**transform), "");
    EXPECT_EQ(topic(), "outbox.event.user");
  }
}

TEST_F(Outbox, TheFirstTopicOfAPayloadNamesItsSchema) {
  const auto transform = router({{"table.fields.additional.placement", "aggregateid:envelope:owner"}});
  event("order", Value::string("x"));
  EXPECT_EQ(apply(**transform), "");
  EXPECT_EQ(value_text(), "Struct{payload=x,owner=a1}");
  EXPECT_EQ(schema()->name(), "shop.public.outbox.order.Value");
  event("user", Value::string("y"));
  EXPECT_EQ(apply(**transform), "");
  EXPECT_EQ(topic(), "outbox.event.user");
  EXPECT_EQ(schema()->name(), "shop.public.outbox.order.Value");
}

TEST_F(Outbox, VersionsHaveSchemasOfTheirOwn) {
  const auto transform = router(
      {{"table.fields.additional.placement", "aggregateid:envelope"}, {"table.field.event.schema.version", "v"}});
  for (const int version : {1, 2, 1}) {
    event("order", Value::string("x"), {{"v", optional(Kind::kInt32)}}, {Value::int32(version)});
    EXPECT_EQ(apply(**transform), "");
    EXPECT_EQ(schema()->version, version);
  }
  event("order", Value::string("x"), {{"v", optional(Kind::kInt32)}}, {Value()});
  EXPECT_EQ(apply(**transform), "");
  EXPECT_FALSE(schema()->has_version());
}

TEST_F(Outbox, MissingFieldsFailOrAreLeftOut) {
  event("order", Value::string("x"));
  EXPECT_EQ(apply(**router({{"table.fields.additional.placement", "gone:envelope"}})),
            "org.apache.kafka.connect.errors.ConnectException: Unable to find field gone in event");
  event("order", Value::string("x"));
  EXPECT_EQ(apply(**router({{"table.fields.additional.placement", "gone:header"}})),
            "org.apache.kafka.connect.errors.DataException: gone is not a valid field name");
  event("order", Value::string("x"));
  EXPECT_EQ(apply(**router({{"table.fields.additional.placement", "gone:envelope,gone:partition,gone:header"},
                            {"table.field.additional.missing", "IGNORE"}})),
            "");
  EXPECT_EQ(value_text(), "Struct{payload=x}");
  EXPECT_EQ(record().header_count, 1u);
}

TEST_F(Outbox, PlacesPartitions) {
  const auto transform = router({{"table.fields.additional.placement", "p:Partition"}});
  event("order", Value::string("x"), {{"p", optional(Kind::kInt32)}}, {Value::int32(3)});
  EXPECT_EQ(apply(**transform, true), "") << "with a partition, sinks may use it too";
  EXPECT_EQ(record().partition, 3);
  event("order", Value::string("x"), {{"p", optional(Kind::kInt32)}}, {Value()});
  EXPECT_TRUE(apply(**transform, true).starts_with("java.lang.NullPointerException"));
  event("order", Value::string("x"), {{"p", optional(Kind::kInt64)}}, {Value()});
  EXPECT_EQ(apply(**transform), "org.apache.kafka.connect.errors.DataException: Field 'p' is not of type INT32");
  event("order", Value::string("x"));
  EXPECT_TRUE(apply(**router({{"table.fields.additional.placement", "id:nowhere"}}))
                  .starts_with("java.lang.NullPointerException"));
}

TEST_F(Outbox, TimestampsAreReadByTheirTypes) {
  const auto at = [&](std::string_view type, std::int64_t value) {
    const Schema* schema = data::SchemaBuilder(Kind::kInt64).name(type).optional().build(pool_).value();
    event("order", Value::string("x"), {{"at", schema}}, {Value::int64(value)});
    const std::string error = apply(**router({{"table.field.event.timestamp", "at"}}));
    return error.empty() ? std::to_string(record().timestamp_ms) : error;
  };
  EXPECT_EQ(at("io.debezium.time.Timestamp", 1'500), "1500");
  EXPECT_EQ(at("io.debezium.time.MicroTimestamp", -1'500'999), "-1500");
  EXPECT_EQ(at("io.debezium.time.NanoTimestamp", 1'500'999'999), "1500");
  EXPECT_EQ(at("io.debezium.time.Date", 1),
            "org.apache.kafka.connect.errors.ConnectException: Unsupported field type io.debezium.time.Date for event "
            "timestamp");
}

TEST_F(Outbox, AnEmptyPayloadBecomesATombstone) {
  const auto transform = router({{"route.tombstone.on.empty.payload", "true"}});
  for (const Value& payload : {Value(), Value::string(""), Value::string(" \t\n")}) {
    event("order", payload);
    EXPECT_EQ(apply(**transform), "");
    EXPECT_TRUE(value().is_null());
    EXPECT_EQ(record().value_schema, SLUICE_NO_SCHEMA);
  }
  event("order", Value::string("\xC2\xA0"));
  EXPECT_EQ(apply(**transform), "");
  EXPECT_FALSE(value().is_null()) << "Java trims no such blank";
}

TEST_F(Outbox, ExpandsEachShapeOfPayload) {
  const auto transform = router({{"table.expand.json.payload", "true"}});
  const auto expand = [&](std::string_view text) {
    event("order", Value::string(text));
    EXPECT_EQ(apply(**transform), "");
    return value_text();
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(expand(R"({"a":1,"b":[true,false]} trailing)"), "Struct{a=1,b=[true, false]}");
    EXPECT_EQ(expand(R"({"a":2,"b":[true]})"), "Struct{a=2,b=[true]}");
    EXPECT_EQ(expand(R"({"a":"x"})"), "Struct{a=x}");
    EXPECT_EQ(expand(R"({"a":1,"a":2})"), "Struct{a=2}");
    EXPECT_EQ(expand(R"({"a":[{"x":1},null,{"x":2}]})"), "Struct{a=[Struct{x=1}, null, Struct{x=2}]}");
    EXPECT_EQ(expand(R"({"a":)"), R"({"a":)");
    EXPECT_EQ(expand(R"({"a":[{"x":1},{"x":"y"}]})"), R"({"a":[{"x":1},{"x":"y"}]})") << "of two types: the text stays";
    EXPECT_EQ(schema()->type(), Kind::kStruct) << "but the schema does not";
    EXPECT_EQ(expand(" {}"), " {}") << "only a bracket at the very start counts";
  }
}

TEST_F(Outbox, AdjustsInferredNamesButReadsByTheAdjustedOnes) {
  event("order", Value::string(R"({"a b":1,"c":2})"));
  EXPECT_EQ(apply(**router({{"table.expand.json.payload", "true"}, {"field.name.adjustment.mode", "avro"}})), "");
  EXPECT_EQ(value_text(), "Struct{c=2}");
  EXPECT_EQ(schema()->fields()[0].name(), "a_b");
}

TEST_F(Outbox, LetsOtherRecordsPassAndDropsWhatIsNoInsert) {
  const auto transform = router({});
  const Schema* plain = struct_schema({{"id", pool_.int32()}});
  set_value(plain, {Value::int32(1)});
  EXPECT_EQ(apply(**transform), "");
  EXPECT_EQ(schema(), plain);
  for (const char* op : {"u", "d"}) {
    event("order", Value::string("x"), {}, {}, op);
    EXPECT_EQ(apply(**transform), "");
    EXPECT_TRUE(record().dropped());
  }
}

TEST(OutboxConfig, KeepsGroupsAndDefaults) {
  for (const auto& transform : builtin_transforms()) {
    if (transform.class_name != "io.debezium.transforms.outbox.EventRouter") continue;
    const auto definition = transform.config_def();
    EXPECT_EQ(definition.groups(), (std::vector<std::string>{"Table", "Router", "Tracing"}));
    EXPECT_EQ(definition.keys().size(), 18u);
    EXPECT_EQ(definition.find("route.topic.regex")->order_in_group, 2);
    EXPECT_EQ(config::to_text(*definition.find("table.op.invalid.behavior")->default_value), "warn");
  }
}

TEST(FieldNameAdjuster, ReplacesWhatAvroDoesNotAllow) {
  const auto avro = field_name_adjuster("avro").value();
  EXPECT_EQ(avro("a_b9"), "a_b9");
  EXPECT_EQ(avro("9a.b"), "_9a_b");
  EXPECT_EQ(avro("\xC3\xA9\xF0\x9F\x98\x80"), "___");
  const auto unicode = field_name_adjuster(" AVRO_UNICODE ").value();
  EXPECT_EQ(unicode("a_9"), "a_u005f9");
  EXPECT_EQ(unicode("9\xC3\xA9\xC4\x80"), "_u0039_u00e9_u100");
  EXPECT_FALSE(field_name_adjuster("none").value());
  EXPECT_FALSE(field_name_adjuster("other"));
}

}  // namespace
}  // namespace sluice::smt
