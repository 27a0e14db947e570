// ExtractNewDocumentState: events as the MongoDB connector writes them.

#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

class MongoUnwrap : public SmtTest {
 protected:
  static constexpr const char* kClass = "io.debezium.connector.mongodb.transforms.ExtractNewDocumentState";
  static constexpr const char* kId = R"({"$oid": "60b59d1a3f5b1a0c4c9e0d21"})";

  const Schema* json() {
    return data::SchemaBuilder(Kind::kString).name("io.debezium.data.Json").version(1).optional().build(pool_).value();
  }
  const Schema* update_description() {
    return data::SchemaBuilder::structure()
        .optional()
        .name("io.debezium.connector.mongodb.changestream.updatedescription")
        .field("removedFields", data::SchemaBuilder::array(pool_.string()).optional().build(pool_).value())
        .field("updatedFields", json())
        .build(pool_)
        .value();
  }
  const Schema* envelope(std::string_view name = "db.shop.orders.Envelope") {
    return data::SchemaBuilder::structure()
        .name(name)
        .field("before", json())
        .field("after", json())
        .field("updateDescription", update_description())
        .field("source", struct_schema({{"collection", pool_.string()}}))
        .field("op", pool_.string())
        .build(pool_)
        .value();
  }
  void set_key(std::string_view id) {
    const Schema* key =
        data::SchemaBuilder::structure().name("db.shop.orders.Key").field("id", pool_.string()).build(pool_).value();
    record().key_schema = batch_.schema_index(key);
    record().key = structure(key, {text(id)});
  }
  void set_event(const Value& before, const Value& after, const Value& update, std::string_view op) {
    const Schema* schema = envelope();
    set_value(schema, {before, after, update, structure(&schema->fields()[3].schema(), {text("orders")}), text(op)});
  }
  std::string run(Config config) { return apply(std::move(make_transform(kClass, config).value())); }
  std::string create(std::string_view document, Config config = {}) {
    fresh();
    set_key(kId);
    set_event(Value(), text(document), Value(), "c");
    return run(config);
  }
  std::string remove(const Value& before, Config config = {}) {
    set_key(kId);
    set_event(before, Value(), Value(), "d");
    return run(config);
  }
  std::string update(std::string_view updated, std::initializer_list<Value> removed, Config config = {}) {
    fresh();
    set_key(kId);
    set_event(Value(), Value(), structure(update_description(), {list(removed), text(updated)}), "u");
    return run(config);
  }
  const Schema& schema() { return *batch_.value_schema(record()); }
  const Schema& field(std::string_view name) {
    return schema().fields()[static_cast<std::size_t>(schema().field_index(name))].schema();
  }
};

TEST_F(MongoUnwrap, MakesStructsOfADocumentAndOfTheKey) {
  EXPECT_EQ(create(R"({"_id": {"$oid": "60b59d1a3f5b1a0c4c9e0d21"}, "n": {"$numberLong": "7"}, "x": 1.5, "ok": true,
                       "none": null, "at": {"$date": 5}, "in": {"a": 1, "e": {}}, "tags": ["a", "b"], "empty": [],
                       "r": {"$regex": "p", "$options": "i"}, "skip": {"$undefined": true}})"),
            "");
  EXPECT_EQ(schema().name(), "db.shop.orders");
  EXPECT_FALSE(schema().optional());
  EXPECT_EQ(field("in").name(), "db.shop.orders.in");
  EXPECT_EQ(field("r").name(), "io.debezium.mongodb.regex");
  EXPECT_EQ(schema().field_index("skip"), -1);
  EXPECT_EQ(value_text(),
            "Struct{_id=60b59d1a3f5b1a0c4c9e0d21,n=7,x=1.5,ok=true,at=Thu Jan 01 00:00:00 UTC 1970,in=Struct{a=1,"
            "e=Struct{}},tags=[a, b],empty=[],r=Struct{regex=p,options=i}}");
  EXPECT_EQ(data::value_text(record().key_value()), "Struct{id=60b59d1a3f5b1a0c4c9e0d21}");
  EXPECT_FALSE(batch_.key_schema(record())->has_name());
}

TEST_F(MongoUnwrap, GivesDocumentsOfOneShapeOneSchema) {
  const auto transform = make_transform(kClass, {}).value();
  const Schema* first = nullptr;
  for (const char* document : {R"({"a": 1, "list": [{"b": "x"}]})", R"({"a": 2, "list": [{"b": "y"}, {"b": "z"}]})"}) {
    fresh();
    set_key("1");
    set_event(Value(), text(document), Value(), "c");
    ASSERT_EQ(apply(*transform), "");
    if (first != nullptr) {
      EXPECT_EQ(&schema(), first);
    }
    first = &schema();
  }
  fresh();
  set_key("1");
  set_event(Value(), text(R"({"a": 2, "list": [{"b": 1}]})"), Value(), "c");
  ASSERT_EQ(apply(*transform), "");
  EXPECT_NE(&schema(), first);
}

TEST_F(MongoUnwrap, MakesTheChangedFieldsTheDocumentOfAPartialUpdate) {
  EXPECT_EQ(update(R"({"name": "Mary", "gone": 1})", {Value::string("gone"), Value::string("x")}), "");
  EXPECT_EQ(value_text(), "Struct{name=Mary,_id=60b59d1a3f5b1a0c4c9e0d21}");
  EXPECT_EQ(update(R"({"a.b": 1, "c": {"d": 2}})", {}, {{"flatten.struct", "true"}}), "");
  EXPECT_EQ(value_text(), "Struct{a_b=1,c_d=2,_id=60b59d1a3f5b1a0c4c9e0d21}");
}

TEST_F(MongoUnwrap, TreatsDeletesAsTheModeSays) {
  fresh();
  EXPECT_EQ(remove(text(R"({"_id": 1})")), "");
  EXPECT_TRUE(value().is_null());
  EXPECT_EQ(batch_.value_schema(record()), nullptr);
  fresh();
  EXPECT_EQ(remove(text(R"({"_id": 1, "n": 2})"), {{"delete.tombstone.handling.mode", "rewrite"}}), "");
  EXPECT_EQ(value_text(), "Struct{_id=1,n=2,__deleted=true}");
  fresh();
  EXPECT_EQ(remove(Value(), {{"delete.tombstone.handling.mode", "rewrite"},
                             {"delete.tombstone.handling.mode.rewrite-with-id", "true"}}),
            "");
  EXPECT_EQ(value_text(), "Struct{__deleted=true,_id=60b59d1a3f5b1a0c4c9e0d21}");
  EXPECT_EQ(field("__deleted").type(), Kind::kBoolean);
  fresh();
  EXPECT_EQ(remove(Value(), {{"delete.tombstone.handling.mode", "drop"}}), "");
  EXPECT_TRUE(record().dropped());
}

TEST_F(MongoUnwrap, DropsTombstonesOrKeepsThemWithTheirOperation) {
  fresh();
  set_key("7");
  EXPECT_EQ(run({}), "");
  EXPECT_TRUE(record().dropped());
  fresh();
  set_key("7");
  EXPECT_EQ(run({{"delete.tombstone.handling.mode", "rewrite-with-tombstone"}, {"add.headers", "op,collection"}}), "");
  EXPECT_FALSE(record().dropped());
  EXPECT_EQ(data::value_text(record().key_value()), "Struct{id=7}");
  ASSERT_EQ(record().header_count, 1U);
  EXPECT_EQ(data::value_text(record().headers[0].value), "d");
}

TEST_F(MongoUnwrap, AddsFieldsAndHeaders) {
  EXPECT_EQ(create(R"({"_id": 1})", {{"add.fields", "op,source.collection:from"}, {"add.headers", "op"}}), "");
  EXPECT_EQ(value_text(), "Struct{_id=1,__op=c,__from=orders}");
  EXPECT_EQ(record().header_count, 1U);
  EXPECT_EQ(create(R"({"_id": 1})", {{"add.fields", "source.nothing"}}),
            "org.apache.kafka.connect.errors.DataException: __source_nothing is not a valid field name");
}

TEST_F(MongoUnwrap, WritesArraysAsStructsIfAsked) {
  EXPECT_EQ(create(R"({"l": [1, "a"], "e": [], "d": [{"x": 1}, {"y": [true]}], "n": [[1, 2], [3]]})",
                   {{"array.encoding", "document"}}),
            "");
  EXPECT_EQ(value_text(),
            "Struct{l=Struct{_0=1,_1=a},e=Struct{},d=Struct{_0=Struct{x=1},_1=Struct{y=Struct{_0=true}}},"
            "n=Struct{_0=Struct{_0=1,_1=2},_1=Struct{_0=3}}}");
  EXPECT_EQ(field("d").name(), "db.shop.orders.d");
  EXPECT_EQ(field("d").fields()[1].schema().name(), "db.shop.orders.d._1");
  EXPECT_EQ(field("e").name(), "db.shop.orders.e");
}

TEST_F(MongoUnwrap, RefusesArraysOfMixedElements) {
  EXPECT_EQ(create(R"({"l": [1, "a"]})"),
            "io.debezium.DebeziumException: Array elements with different Bson types are not supported");
}

TEST_F(MongoUnwrap, AdjustsNamesForAvro) {
  EXPECT_EQ(create(R"({"a-b": {"c d": 1}, "e": []})", {{"field.name.adjustment.mode", "avro"}}), "");
  EXPECT_EQ(value_text(), "Struct{a_b=Struct{c_d=1}}");
  EXPECT_EQ(field("a_b").name(), "db.shop.orders.a_b");
  EXPECT_TRUE(field("e").optional());
}

TEST_F(MongoUnwrap, PassesWhatIsNoEvent) {
  fresh();
  set_value(text("x"));
  EXPECT_EQ(run({}), "");
  EXPECT_EQ(value_text(), "x");
  EXPECT_TRUE(record().live());
}

TEST_F(MongoUnwrap, FailsForTextsThatAreNoDocuments) {
  EXPECT_TRUE(create("{").starts_with("org.apache.kafka.common.errors.SerializationException") ||
              create("{").starts_with("org.bson.json.JsonParseException"));
  EXPECT_TRUE(record().failed());
  EXPECT_TRUE(batch_.value_schema(record())->name().ends_with(".Envelope"));
}

TEST(MongoUnwrapConfig, RefusesOtherEncodings) {
  const auto made =
      make_transform("io.debezium.connector.mongodb.transforms.ExtractNewDocumentState", {{"array.encoding", "list"}});
  EXPECT_EQ(made.error().to_string(), "org.apache.kafka.connect.errors.ConnectException: Unable to validate config.");
}

}  // namespace
}  // namespace sluice::smt
