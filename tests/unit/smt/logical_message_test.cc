// DecodeLogicalDecodingMessageContent, and the sparse vectors of VectorToJsonConverter.

#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

class LogicalMessage : public SmtTest {
 protected:
  const Schema* message_schema(Kind content, std::string_view name = "io.debezium.connector.postgresql.MessageValue") {
    const Schema* message = data::SchemaBuilder::structure()
                                .name("io.debezium.connector.postgresql.Message")
                                .field("prefix", optional(Kind::kString))
                                .field("content", optional(content))
                                .build(pool_)
                                .value();
    return data::SchemaBuilder::structure()
        .name(name)
        .version(1)
        .field("op", pool_.string())
        .field("ts_ms", optional(Kind::kInt64))
        .field("message", message)
        .build(pool_)
        .value();
  }
  void message(const Value& content, Kind kind = Kind::kBytes) {
    fresh();
    const Schema* schema = message_schema(kind);
    set_value(schema, {Value::string("m"), Value::int64(7),
                       structure(&schema->fields()[2].schema(), {Value::string("p"), content})});
    record().key_schema = batch_.schema_index(pool_.string());
    record().key = Value::string("p");
  }
  std::string decode(std::string_view content, bool nulls = false) {
    message(Value::bytes(content));
    const std::string error =
        apply(*make_transform("io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent",
                              {{"fields.null.include", nulls ? "true" : "false"}})
                   .value());
    return error.empty() ? value_text() : error;
  }
};

TEST_F(LogicalMessage, BecomesAnInsertOfItsContent) {
  EXPECT_EQ(decode(R"({"id":1,"name":"x","gone":null,"in":{"a":[1,2]}})"),
            "Struct{op=c,ts_ms=7,after=Struct{id=1,name=x,in=Struct{a=[1, 2]}}}");
  const Schema& schema = *batch_.value_schema(record());
  EXPECT_EQ(schema.name(), "io.debezium.connector.postgresql.MessageValue.Envelope");
  EXPECT_FALSE(schema.has_version());
  const Schema& after = schema.fields()[2].schema();
  EXPECT_FALSE(after.has_name());
  EXPECT_EQ(after.fields()[2].schema().name(), "in");
  EXPECT_EQ(after.field_index("gone"), -1);
  EXPECT_TRUE(record().key_value().is_null());
  EXPECT_EQ(record().key_schema, SLUICE_NO_SCHEMA);
}

TEST_F(LogicalMessage, KeepsNullsAsBytesIfAsked) {
  EXPECT_EQ(decode(R"({"gone":null})", true), "Struct{op=c,ts_ms=7,after=Struct{}}");
  EXPECT_EQ(batch_.value_schema(record())->fields()[2].schema().fields()[0].schema().type(), Kind::kBytes);
}

TEST_F(LogicalMessage, RefusesOtherContents) {
  EXPECT_EQ(decode("text"),
            "io.debezium.DebeziumException: Unable to parse logical decoding message content JSON string 'text'");
  EXPECT_TRUE(decode("{").starts_with("io.debezium.DebeziumException"));
  EXPECT_EQ(decode("[1]"), "org.apache.kafka.connect.errors.DataException: Not a struct schema: Schema{ARRAY}");
  EXPECT_TRUE(decode("[]").starts_with("java.lang.NullPointerException"));
  EXPECT_EQ(decode(R"({"a":[1,"x"]})"),
            "org.apache.kafka.connect.errors.ConnectException: Field is not a homogenous array (1 x STRING).");
  EXPECT_EQ(decode(R"({"a":[1,12345678901]})"),
            "org.apache.kafka.connect.errors.ConnectException: Field is not a homogenous array (1 x 12345678901), "
            "different number types (Schema{INT32} x Schema{INT64})");
  EXPECT_EQ(decode(R"({"a":[null]})"),
            "org.apache.kafka.connect.errors.ConnectException: Array '' has unrecognized member schema.");
  EXPECT_EQ(decode(R"({"":1})"), "org.apache.kafka.connect.errors.SchemaBuilderException: fieldName cannot be null.");
  EXPECT_EQ(decode(R"({"a":123456789012345678901})"),
            "org.apache.kafka.connect.errors.DataException: Invalid Java object for schema with type FLOAT64: class "
            "java.math.BigDecimal for field: \"a\"");
}

TEST_F(LogicalMessage, RefusesTextsAndPassesOtherRecords) {
  const auto transform =
      make_transform("io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent", {});
  message(Value::string("{}"), Kind::kString);
  EXPECT_EQ(apply(**transform),
            "io.debezium.DebeziumException: The content of a logical decoding message is non-binary");
  fresh();
  EXPECT_TRUE(apply(**transform).starts_with("java.lang.NullPointerException")) << "a tombstone has no schema";
  fresh();
  const Schema* other = struct_schema({{"id", pool_.int32()}});
  set_value(other, {Value::int32(1)});
  EXPECT_EQ(apply(**transform), "");
  EXPECT_EQ(batch_.value_schema(record()), other);
}

class VectorToJson : public SmtTest {
 protected:
  const Schema* sparse_schema() {
    return data::SchemaBuilder::structure()
        .name("io.debezium.data.SparseDoubleVector")
        .version(1)
        .optional()
        .field("dimensions", pool_.int16())
        .field("vector", data::SchemaBuilder::map(pool_.int16(), pool_.float64()).build(pool_).value())
        .build(pool_)
        .value();
  }
  std::string convert() { return apply(*make_transform("io.debezium.transforms.VectorToJsonConverter", {}).value()); }
};

TEST_F(VectorToJson, SparseVectorsAreSortedByDimension) {
  const Value entries[] = {Value::int16(10), Value::float64(0.5), Value::int16(2), Value::float64(1e10)};
  set_value(struct_schema({{"v", sparse_schema()}}),
            {structure(sparse_schema(), {Value::int16(25), Value::map(entries, 2)})});
  EXPECT_EQ(convert(), "");
  EXPECT_EQ(value().items()[0].text(), R"({ "dimensions": 25, "vector": { "2": 1.0E10, "10": 0.5 } })");
  const Schema& json = batch_.value_schema(record())->fields()[0].schema();
  EXPECT_EQ(json.name(), "io.debezium.data.Json");
  EXPECT_TRUE(json.optional());
}

TEST_F(VectorToJson, EmptyVectorsAndNullsStay) {
  const Schema* floats =
      data::SchemaBuilder::array(pool_.float32()).name("io.debezium.data.FloatVector").build(pool_).value();
  set_value(struct_schema({{"f", floats}, {"s", sparse_schema()}}), {list({}), Value()});
  EXPECT_EQ(convert(), "");
  EXPECT_EQ(value().items()[0].text(), R"({ "values": [] })");
  EXPECT_TRUE(value().items()[1].is_null());
  EXPECT_FALSE(batch_.value_schema(record())->fields()[0].schema().optional());
}

TEST_F(VectorToJson, WantsAStruct) {
  set_value(map({{"a", Value::int32(1)}}));
  EXPECT_EQ(convert(),
            "org.apache.kafka.connect.errors.DataException: Only Struct objects supported for [Value should be a "
            "struct], found: java.util.LinkedHashMap");
}

}  // namespace
}  // namespace sluice::smt
