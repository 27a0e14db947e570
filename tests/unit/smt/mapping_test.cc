#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

constexpr const char* kMapping = "io.sluice.transforms.Mapping$Value";

constexpr const char* kOrders = R"({"versions": {
  "1": {"fields": [{"source": "$.id", "target": "id"}]},
  "2": {"schema": "orders.v2", "fields": [
    {"source": "$.order.id", "target": "id", "type": "int64", "required": true},
    {"source": "$.items[*].sku", "target": "order.skus", "transform": "uppercase"},
    {"source": "$.items[0].qty", "target": "order.first.qty", "default": 1},
    {"source": "$.at", "target": "created", "transform": "date", "format": "yyyy-MM-dd"},
    {"source": "$.note", "target": "$.note", "default": "none"}]}}})";

class MappingTest : public SmtTest {
 protected:
  data::Transform* make(const char* document, const char* version = nullptr) {
    auto made = version != nullptr
                    ? make_transform(kMapping, {{"mapping.inline", document}, {"mapping.version", version}})
                    : make_transform(kMapping, {{"mapping.inline", document}});
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? made_.emplace_back(std::move(*made)).get() : nullptr;
  }
  // A mapping of one field "out", without what stands around it.
  data::Transform* field(const std::string& members) {
    return make(("{\"fields\": [{\"target\": \"out\", " + members + "}]}").c_str());
  }
  std::string refused(const char* document, const char* version = nullptr) {
    const auto made = version != nullptr
                          ? make_transform(kMapping, {{"mapping.inline", document}, {"mapping.version", version}})
                          : make_transform(kMapping, {{"mapping.inline", document}});
    return made ? "" : made.error().message();
  }
  std::string run(data::Transform& transform) {
    const auto error = apply(transform);
    return error.empty() ? value_text() : error;
  }
  void order_map() {
    fresh();
    set_value(map({{"order", map({{"id", text("17")}})},
                   {"items", list({map({{"sku", text("a1")}, {"qty", Value::int32(2)}}), map({{"sku", text("b2")}})})},
                   {"at", text("2024-02-29")}}));
  }

  std::vector<std::unique_ptr<data::Transform>> made_;
};

TEST_F(MappingTest, MakesANewMap) {
  order_map();
  EXPECT_EQ(run(*make(kOrders, "2")),
            "{id=17, order={skus=[A1, B2], first={qty=2}}, created=Thu Feb 29 00:00:00 UTC 2024, note=none}");
  EXPECT_TRUE(value().items()[1].is(Kind::kInt64));
  order_map();
  EXPECT_EQ(run(*make(kOrders, "1")), "{id=null}");
}

TEST_F(MappingTest, MakesANewStructWithItsSchema) {
  const Schema* order = struct_schema({{"id", pool_.string()}}, true);
  const Schema* item = struct_schema({{"sku", optional(Kind::kString)}, {"qty", pool_.int32()}});
  const Schema* row = struct_schema({{"order", order},
                                     {"items", data::SchemaBuilder::array(item).build(pool_).value()},
                                     {"at", optional(Kind::kString)},
                                     {"note", optional(Kind::kString)}});
  auto* mapping = make(kOrders, "2");
  set_value(row, {structure(order, {text("17")}),
                  list({structure(item, {text("a1"), Value::int32(2)}), structure(item, {Value(), Value::int32(0)})}),
                  Value(), text("hi")});
  EXPECT_EQ(run(*mapping), "Struct{id=17,order=Struct{skus=[A1, null],first=Struct{qty=2}},note=hi}");
  const Schema* made = batch_.value_schema(record());
  EXPECT_EQ(made->name(), "orders.v2");
  EXPECT_EQ(made->fields()[0].schema().type(), Kind::kInt64);
  EXPECT_EQ(made->fields()[2].schema().name(), kTimestampName);
  const Schema& inner = made->fields()[1].schema();
  EXPECT_EQ(inner.fields()[0].schema().type(), Kind::kArray);
  EXPECT_EQ(inner.fields()[1].schema().fields()[0].schema().type(), Kind::kInt32);
  fresh();
  set_value(row, {structure(order, {text("18")}), list({}), text("2024-01-01"), Value()});
  EXPECT_EQ(run(*mapping),
            "Struct{id=18,order=Struct{skus=[],first=Struct{qty=1}},created=Mon Jan 01 00:00:00 UTC 2024,note=none}");
  EXPECT_TRUE(value().items()[1].items()[1].items()[0].is(Kind::kInt32));
  EXPECT_EQ(batch_.value_schema(record()), made);
}

TEST_F(MappingTest, EveryTransformOfAField) {
  const auto with = [&](const char* members, Value input) {
    fresh();
    set_value(map({{"x", input}}));
    return run(*field(std::string("\"source\": \"$.x\", ") + members));
  };
  EXPECT_EQ(with(R"("transform": "identity")", Value::int32(3)), "{out=3}");
  EXPECT_EQ(with(R"("transform": "string")", Value::float64(1.5)), "{out=1.5}");
  EXPECT_EQ(with(R"("transform": "string")", Value::array(nullptr, 0)), "{out=[]}");
  EXPECT_EQ(with(R"("transform": "lowercase")", Value::string("AbC")), "{out=abc}");
  EXPECT_EQ(with(R"("transform": "trim")", Value::string("  a ")), "{out=a}");
  EXPECT_EQ(with(R"("transform": "date")", Value::int64(0)), "{out=Thu Jan 01 00:00:00 UTC 1970}");
  EXPECT_EQ(with(R"("type": "int32")", Value::string("12")), "{out=12}");
  EXPECT_EQ(with(R"("type": "boolean")", Value::string("TRUE")), "{out=true}");
  EXPECT_EQ(with(R"("transform": "uppercase")", Value()), "{out=null}");
}

TEST_F(MappingTest, ErrorsNameFieldPathAndValue) {
  const std::string start = "org.apache.kafka.connect.errors.DataException: Mapping of field 'out' from $.x: ";
  set_value(map({{"x", text("abc")}}));
  EXPECT_EQ(run(*field(R"("source": "$.x", "type": "int32")")).find(start + "Value (abc) was out of range"), 0u);
  fresh();
  set_value(map({{"x", Value::float64(1e10)}}));
  EXPECT_EQ(run(*field(R"("source": "$.x", "type": "int32")")), start + "'1.0E10' is out of the range of int32");
  fresh();
  set_value(map({{"x", text("abc")}}));
  EXPECT_EQ(run(*field(R"("source": "$.x", "transform": "date", "format": "yyyy")")).find(start), 0u);
  fresh();
  set_value(map({{"x", Value::int32(1)}}));
  EXPECT_EQ(run(*field(R"("source": "$.x", "transform": "lowercase")")),
            start + "'1' is no text; use the transform string");
  fresh();
  set_value(map({{"y", Value::int32(1)}}));
  EXPECT_EQ(run(*field(R"("source": "$.x", "required": true)")),
            start + "there is no value, but the field is required; mend the record or give a \"default\"");
  fresh();
  set_value(struct_schema({{"y", pool_.int32()}}), {Value::int32(1)});
  EXPECT_EQ(run(*field(R"("source": "$.x")")),
            start + "the schema Schema{STRUCT} does not tell its type; give a \"type\", or mend the path");
  record().flags = 0;
  EXPECT_EQ(run(*field(R"("source": "$.x", "type": "string")")), "Struct{}");
  fresh();
  set_value(struct_schema({{"x", pool_.int32()}}), {Value::int32(1)});
  EXPECT_EQ(run(*field(R"("source": "$.x", "default": "no")")).find(start + "the default 'no' does not fit"), 0u);
}

TEST_F(MappingTest, PassesNulls) {
  EXPECT_EQ(run(*make(kOrders, "2")), "null");
}

TEST_F(MappingTest, TheDocumentIsChecked) {
  EXPECT_EQ(refused("["), "Invalid value for configuration mapping.inline: the document is no JSON object");
  EXPECT_NE(refused(kOrders).find("there are the versions 1, 2; say which in mapping.version"), std::string::npos);
  EXPECT_NE(refused(kOrders, "3").find("there is no version 3, only 1, 2"), std::string::npos);
  const auto one = [&](const char* members) {
    return refused((std::string("{\"fields\": [{") + members + "}]}").c_str());
  };
  EXPECT_NE(one(R"("source": "$.a")").find("fields[0]: a field needs \"source\" and \"target\""), std::string::npos);
  EXPECT_NE(one(R"("source": "$.a[", "target": "a")").find("fields[0]: \"source\" $.a["), std::string::npos);
  EXPECT_NE(one(R"("source": "$.a", "target": "a..b")").find("must be names joined by dots"), std::string::npos);
  EXPECT_NE(one(R"("source": "$.a", "target": "a", "typ": "int8")").find("unknown member \"typ\""), std::string::npos);
  EXPECT_NE(one(R"("source": "$.a", "target": "a", "transform": "rot13")").find("unknown \"transform\" rot13"),
            std::string::npos);
  EXPECT_NE(one(R"("source": "$.a", "target": "a", "type": "int8", "default": 300)").find("\"default\" 300:"),
            std::string::npos);
  EXPECT_NE(one(R"("source": "$.a", "target": "a", "transform": "trim", "type": "int8")").find("leave \"type\" out"),
            std::string::npos);
  EXPECT_NE(one(R"("source": "$.a", "target": "a"}, {"source": "$.b", "target": "a.b")")
                .find("target 'a.b' is set by another field already"),
            std::string::npos);
  EXPECT_EQ(make_transform(kMapping, {}).error().message(),
            "Mapping needs its document: set either mapping.file or mapping.inline");
}

}  // namespace
}  // namespace sluice::smt
