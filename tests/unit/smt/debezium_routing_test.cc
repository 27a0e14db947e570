// The routers of Debezium's events over several records, names for Avro, hashes.

#include "smt/debezium_envelope.h"
#include "smt/debezium_schema_names.h"
#include "smt/murmur_hash3.h"
#include "tests/unit/smt/debezium_test.h"

namespace sluice::smt {
namespace {

using DebeziumRouting = DebeziumTest;

TEST_F(DebeziumRouting, TablesOfOneSchemaGoToTheirOwnTopics) {
  // Java remembers the first topic's schema names for all topics whose keys have equal schemas.
  const auto transform = make_transform("io.debezium.transforms.ByLogicalTableRouter",
                                        {{"topic.regex", "(.*)_[0-9]+"}, {"topic.replacement", "$1"}})
                             .value();
  const Schema* envelope = envelope_schema();
  const Schema* key = struct_schema({{"id", pool_.int32()}});
  for (const char* name : {"orders_1", "items_2", "orders_3"}) {
    fresh();
    record().topic = batch_.topic_index(name);
    record().key_schema = batch_.schema_index(key);
    record().key = structure(key, {Value::int32(5)});
    set_event(envelope, "c", Value(), row(envelope, 5, Value()));
    ASSERT_EQ(apply(*transform), "");
    const std::string to = std::string(name).substr(0, std::string(name).find('_'));
    EXPECT_EQ(topic(), to);
    EXPECT_EQ(batch_.key_schema(record())->name(), to + ".Key");
    EXPECT_EQ(batch_.value_schema(record())->name(), to + ".Envelope");
    EXPECT_EQ(batch_.value_schema(record())->fields()[1].schema().name(), to + ".Value");
    EXPECT_EQ(data::value_text(record().key_value()),
              "Struct{id=5,__dbz__physicalTableIdentifier=" + std::string(name) + "}");
  }
}

TEST_F(DebeziumRouting, TheNewRouterTakesEnvelopesWithoutBefore) {
  const Schema* envelope = data::SchemaBuilder::structure()
                               .name("shop.Envelope")
                               .field("after", row_schema())
                               .field("op", pool_.string())
                               .build(pool_)
                               .value();
  const auto routed = [&](const char* class_name) {
    fresh();
    set_value(envelope, {structure(row_schema(), {Value::int32(1), Value()}), text("c")});
    return apply(*make_transform(class_name, {{"topic.regex", ".*"}, {"topic.replacement", "all"}}).value());
  };
  EXPECT_EQ(routed("io.debezium.transforms.ToLogicalTopicRouter"), "");
  EXPECT_EQ(value_text(), "Struct{after=Struct{id=1},op=c}");
  EXPECT_EQ(batch_.value_schema(record())->fields()[0].schema().name(), "all.Value");
  EXPECT_TRUE(routed("io.debezium.transforms.ByLogicalTableRouter").starts_with("java.lang.NullPointerException"));
}

TEST_F(DebeziumRouting, PartitionsFollowTheRowBeforeADelete) {
  const auto transform = make_transform("io.debezium.transforms.partitions.PartitionRouting",
                                        {{"partition.payload.fields", "change.id"}, {"partition.topic.num", "100"}})
                             .value();
  const Schema* envelope = envelope_schema();
  set_event(envelope, "u", row(envelope, 1, Value()), row(envelope, 42, Value()));
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(record().partition, 42);
  fresh();
  set_event(envelope, "d", row(envelope, 43, Value()), Value());
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(record().partition, 43);
  fresh();
  set_event(envelope, "t", Value(), Value());
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(record().partition, SLUICE_NO_PARTITION);
}

TEST_F(DebeziumRouting, PartitionsOfStructsAndBytesAreTheSameInEveryRun) {
  const auto routed = [&](const char* field) {
    fresh();
    const Schema* envelope = envelope_schema();
    set_event(envelope, "c", Value(), row(envelope, 5, text("n")));
    const auto transform = make_transform("io.debezium.transforms.partitions.PartitionRouting",
                                          {{"partition.payload.fields", field}, {"partition.topic.num", "1000000"}});
    EXPECT_EQ(apply(**transform), "");
    return record().partition;
  };
  // 31 * (31 * 1 + 5) + "n".hashCode()
  EXPECT_EQ(routed("after"), 31 * 36 + 'n');
  EXPECT_EQ(routed("after"), 31 * 36 + 'n');
  EXPECT_EQ(routed("nosuch"), SLUICE_NO_PARTITION);
}

TEST_F(DebeziumRouting, OnlySourceRecordsHavePartitionsToChoose) {
  const auto transform = make_transform("io.debezium.transforms.partitions.PartitionRouting",
                                        {{"partition.payload.fields", "op"}, {"partition.topic.num", "3"}})
                             .value();
  const Schema* envelope = envelope_schema();
  set_event(envelope, "c", Value(), row(envelope, 5, Value()));
  EXPECT_TRUE(
      apply(*transform, true).starts_with("io.debezium.DebeziumException: Unprocessable message Struct{after="));
}

TEST_F(DebeziumRouting, ANullRowIsAnErrorEvenIfItsFieldIsUnknown) {
  const Schema* envelope = envelope_schema();
  const auto routed = [&](const char* field, bool with_row) {
    fresh();
    set_event(envelope, "c", Value(), with_row ? row(envelope, 5, Value()) : Value());
    return apply(*make_transform("io.debezium.transforms.partitions.PartitionRouting",
                                 {{"partition.payload.fields", field}, {"partition.topic.num", "3"}})
                      .value());
  };
  for (const char* field : {"after.nosuch", "change.nosuch", "after.id.nosuch", "after.id"}) {
    const auto error = routed(field, false);
    EXPECT_TRUE(error.starts_with("io.debezium.DebeziumException: Unprocessable message Struct{source=")) << error;
    EXPECT_NE(error.find("java.lang.NullPointerException"), std::string::npos) << field;
    EXPECT_EQ(routed(field, true), "") << field;
  }
  EXPECT_EQ(routed("nosuch.after", false), "");
  EXPECT_EQ(record().partition, SLUICE_NO_PARTITION);
}

TEST_F(DebeziumRouting, RowsOfTwoSchemasAreMeasuredByTheFirst) {
  const Schema* before = struct_schema({{"id", pool_.int32()}}, true);
  const auto routed = [&](const Schema* after, std::initializer_list<Value> values) {
    const Schema* envelope = data::SchemaBuilder::structure()
                                 .name("shop.Envelope")
                                 .field("before", before)
                                 .field("after", after)
                                 .build(pool_)
                                 .value();
    fresh();
    set_value(envelope, {Value(), structure(after, values)});
    return apply(*make_transform("io.debezium.transforms.ByLogicalTableRouter",
                                 {{"topic.regex", ".*"}, {"topic.replacement", "all"}})
                      .value());
  };
  const std::string exception = "org.apache.kafka.connect.errors.DataException: ";
  EXPECT_EQ(routed(struct_schema({}, true), {}),
            exception + "Invalid value: null used for required field: \"id\", schema type: INT32");
  EXPECT_EQ(routed(struct_schema({{"id", pool_.string()}, {"b", pool_.string()}}), {text("x"), text("y")}),
            exception + "Invalid Java object for schema with type INT32: class java.lang.String for field: \"id\"");
  EXPECT_EQ(routed(struct_schema({{"b", pool_.string()}, {"id", pool_.string()}}), {text("y"), text("x")}),
            exception + "b is not a valid field name");
}

TEST_F(DebeziumRouting, ASourceWithoutTableIsFoundBeforeColumnsWithoutDescription) {
  const Schema* source = data::SchemaBuilder::structure().field("table", optional(Kind::kString)).build(pool_).value();
  const Schema* envelope = data::SchemaBuilder::structure()
                               .name("shop.Envelope")
                               .field("before", row_schema())
                               .field("after", row_schema())
                               .field("source", source)
                               .build(pool_)
                               .value();
  const auto transform = make_transform("io.debezium.transforms.ExtractSchemaToNewRecord", {}).value();
  set_value(envelope, {Value(), row(envelope, 5, Value()), structure(source, {Value()})});
  EXPECT_EQ(apply(*transform),
            "org.apache.kafka.connect.errors.DataException: Invalid value: null used for required field: \"id\", "
            "schema type: STRING");
}

TEST_F(DebeziumRouting, TheSourceSchemaNamesTheTableOfItsOwnRecord) {
  const auto column = [&](const char* name, Kind kind) {
    return data::SchemaBuilder(kind)
        .parameter("__debezium.source.column.name", name)
        .parameter("__debezium.source.column.type", "INT8")
        .parameter("__debezium.source.column.length", "19")
        .build(pool_)
        .value();
  };
  const Schema* row =
      data::SchemaBuilder::structure().optional().field("id", column("ID", Kind::kInt64)).build(pool_).value();
  const Schema* envelope = envelope_of("x", row);
  const auto transform = make_transform("io.debezium.transforms.ExtractSchemaToNewRecord", {}).value();
  for (const char* table : {"a", "b"}) {
    fresh();
    set_event(envelope, "c", Value(), structure(row, {Value::int64(1)}), table);
    ASSERT_EQ(apply(*transform), "");
    EXPECT_EQ(data::value_text(value().items().back()),
              "Struct{id=" + std::string(table) + ",table=Struct{columns=[Struct{name=ID,typeName=INT8,length=19}]}}");
  }
}

TEST(DebeziumNames, AvroTakesLettersDigitsDotsAndUnderscores) {
  const auto avro = [](std::string_view name) { return adjust_schema_name(SchemaNameAdjustment::kAvro, name); };
  EXPECT_EQ(avro("shop.a-b.Key"), "shop.a_b.Key");
  EXPECT_EQ(avro("1st.2nd"), "_1st.2nd");
  EXPECT_EQ(avro(".a"), "_a");
  EXPECT_EQ(avro("\xF0\x9F\x8D\x8B"), "__");  // two code units
  EXPECT_EQ(avro(""), "");
  const auto unicode = [](std::string_view name) {
    return adjust_schema_name(SchemaNameAdjustment::kAvroUnicode, name);
  };
  EXPECT_EQ(unicode("1a_b-c"), "_u0031a_u005fb_u002dc");
  EXPECT_EQ(unicode("\xCE\xB1"), "_u3b1");  // three digits stay three, as in Java
  EXPECT_EQ(adjust_schema_name(SchemaNameAdjustment::kNone, "1-2"), "1-2");
  EXPECT_EQ(parse_schema_name_adjustment(" AVRO_unicode "), SchemaNameAdjustment::kAvroUnicode);
  EXPECT_FALSE(parse_schema_name_adjustment("avro unicode"));
}

TEST(DebeziumMurmur, LoneSurrogatesCountAsQuestionMarks) {
  EXPECT_EQ(debezium_murmur(Value::string("a\xED\xA0\x80z")), debezium_murmur(Value::string("a?z")));
  EXPECT_NE(debezium_murmur(Value::string("a")), debezium_murmur(Value::string("b")));
  EXPECT_EQ(debezium_murmur(Value::string("bytes")), debezium_murmur(Value::bytes("bytes")));
}

TEST(DebeziumEnvelope, OperationsAreReadInEitherCase) {
  EXPECT_EQ(operation_of(Value::string("D")), Operation::kDelete);
  EXPECT_EQ(operation_of(Value::string("t")), Operation::kTruncate);
  EXPECT_EQ(operation_of(Value::string("du")), Operation::kUnknown);
  EXPECT_EQ(operation_of(Value()), Operation::kUnknown);
  EXPECT_FALSE(is_envelope(nullptr));
}

}  // namespace
}  // namespace sluice::smt
