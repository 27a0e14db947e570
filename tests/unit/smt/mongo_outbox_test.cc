// MongoEventRouter: documents as the MongoDB connector writes them.

#include "smt/mongo_value.h"
#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

class MongoOutbox : public SmtTest {
 protected:
  std::string route(std::string_view document, Config config = {}) {
    fresh();
    const Schema* after =
        data::SchemaBuilder(Kind::kString).name("io.debezium.data.Json").version(1).optional().build(pool_).value();
    const Schema* envelope = data::SchemaBuilder::structure()
                                 .name("dbserver1.shop.outbox.Envelope")
                                 .field("after", after)
                                 .field("op", pool_.string())
                                 .field("ts_ms", pool_.int64())
                                 .build(pool_)
                                 .value();
    set_value(envelope, {Value::string(document), Value::string("c"), Value::int64(9)});
    return apply(*make_transform("io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter", config).value());
  }
  std::string header(std::uint32_t i) { return data::value_text(Value(record().headers[i].value)); }
};

TEST_F(MongoOutbox, RoutesADocumentWithItsPayloadAsText) {
  EXPECT_EQ(route(R"({"_id": {"$oid": "60b59d1a3f5b1a0c4c9e0d21"}, "aggregateid": {"$numberLong": "7"},
                      "aggregatetype": "order", "payload": {"n": 1, "list": [1, {"a": null}], "none": {}}})"),
            "");
  EXPECT_EQ(topic(), "outbox.event.order");
  EXPECT_EQ(data::value_text(record().key_value()), "7");
  EXPECT_EQ(batch_.key_schema(record())->type(), Kind::kInt64);
  EXPECT_EQ(header(0), "60b59d1a3f5b1a0c4c9e0d21");
  EXPECT_EQ(record().timestamp_ms, 9);
  EXPECT_EQ(
      value_text(),
      "{\n  \"n\": {\n    \"$numberInt\": \"1\"\n  },\n  \"list\": [{\n      \"$numberInt\": \"1\"\n    }, {\n      "
      "\"a\": null\n    }],\n  \"none\": { }\n}");
}

TEST_F(MongoOutbox, ExpandsThePayloadIfAsked) {
  EXPECT_EQ(route(R"({"_id": "e", "aggregateid": "a", "aggregatetype": "order", "payload": {"n": 1, "at": {"$date": 5},
                      "rows": [{"x": 1}, {"y": 2.5}], "in": {"b": {"$binary": "AQI=", "$type": "00"}}, "e": []}})",
                  {{"collection.expand.json.payload", "true"}}),
            "");
  EXPECT_TRUE(
      value_text().starts_with("Struct{n=1,at=Thu Jan 01 00:00:00 UTC 1970,rows=[Struct{x=1}, Struct{y=2.5}],"));
  const Schema& payload = *batch_.value_schema(record());
  EXPECT_EQ(payload.name(), "io.debezium.data.Json.payload");
  EXPECT_EQ(payload.fields()[2].schema().value_schema()->name(), "io.debezium.data.Json.payload.rows");
  EXPECT_EQ(payload.fields()[3].schema().fields()[0].schema().type(), Kind::kBytes);
  EXPECT_EQ(payload.fields()[4].schema().value_schema()->type(), Kind::kString);
}

TEST_F(MongoOutbox, TakesTimestampAndAdditionalFields) {
  EXPECT_EQ(
      route(
          R"({"_id": "e", "aggregateid": "a", "aggregatetype": "order", "payload": "p", "at": {"$numberLong": "77"},
                      "kind": "k"})",
          {{"collection.field.event.timestamp", "at"}, {"collection.fields.additional.placement", "kind:header:type"}}),
      "");
  EXPECT_EQ(record().timestamp_ms, 77);
  EXPECT_EQ(value_text(), "p");
  EXPECT_EQ(header(1), "k");
}

TEST_F(MongoOutbox, FailsWhereTheDocumentCannotBeRead) {
  const std::string failed =
      "org.apache.kafka.connect.errors.DataException: Only Struct objects supported for [Read Outbox Event], found: "
      "java.lang.String";
  EXPECT_EQ(route("no document"), failed);
  EXPECT_EQ(route(R"({"_id": "e", "list": [1, "x"]})"), failed);
  EXPECT_EQ(route(R"({"_id": "e", "list": [[[1]]]})"), failed);
  EXPECT_EQ(route(R"({"_id": "e", "rows": [{"a": 1}, {"a": null}]})"), failed);
  EXPECT_EQ(route(R"({"_id": {"$minKey": 1}})"), failed);
}

TEST_F(MongoOutbox, NamesTheRelationalKeysInErrors) {
  const auto made = make_transform("io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter",
                                   {{"collection.field.additional.missing", "maybe"}});
  EXPECT_EQ(
      made.error().message(),
      "Invalid value maybe for configuration table.field.additional.missing: The 'table.field.additional.missing' "
      "value is invalid: Value must be one of ignore, error");
}

TEST(MongoValue, ReadsAndWritesEachType) {
  data::Arena arena;
  const auto document = parse_mongo_document(
      R"({"d": {"$numberDouble": "1.5"}, "m": {"$numberDecimal": "1.50"}, "t": {"$timestamp": {"t": 1, "i": 2}},
          "r": {"$regularExpression": {"pattern": "a\"", "options": "i"}}, "at": {"$date": "1970-01-01T00:00:01Z"},
          "b": {"$binary": {"base64": "AQ==", "subType": "0"}}, "ok": true})",
      arena.c());
  ASSERT_TRUE(document);
  std::string flat;
  for (const char c : indented_mongo_json(*document))
    if (c != '\n' && c != ' ') flat.push_back(c);
  EXPECT_EQ(flat, R"({"d":{"$numberDouble":"1.5"},"m":{"$numberDecimal":"1.50"},"t":{"$timestamp":{"t":1,"i":2}},)"
                  R"("r":{"$regularExpression":{"pattern":"a\"","options":"i"}},"at":{"$date":{"$numberLong":"1000"}},)"
                  R"("b":{"$binary":{"base64":"AQ==","subType":"00"}},"ok":true})");
}

}  // namespace
}  // namespace sluice::smt
