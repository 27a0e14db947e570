// Confluent's transforms, of which there are no recordings: what their documentation says, and where they end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

using testing::HasSubstr;

const std::string kPackage = "io.confluent.connect.transforms.";

class ConfluentTest : public SmtTest {
 protected:
  void use(const std::string& name, Config keys) {
    auto made = make_transform(kPackage + name, keys);
    ASSERT_TRUE(made) << made.error().to_string();
    transform_ = std::move(*made);
  }
  std::string refusal(const std::string& name, Config keys) {
    const auto made = make_transform(kPackage + name, keys);
    return made ? "" : made.error().to_string();
  }
  // "kept", "dropped" or the error.
  std::string outcome() {
    const std::string error = apply(*transform_);
    if (!error.empty()) return error;
    return record().dropped() ? "dropped" : "kept";
  }
  // `value` lives in the batch, which therefore goes on.
  std::string outcome_of(const Value& value) {
    record().flags = 0;
    record().topic = batch_.topic_index("orders");
    record().value_schema = SLUICE_NO_SCHEMA;
    record().header_count = 0;
    set_value(value);
    return outcome();
  }
  const Schema* value_schema() { return batch_.value_schema(record()); }

  std::unique_ptr<data::Transform> transform_;
};

TEST_F(ConfluentTest, DropTreatsTheSchemaAsTold) {
  const Schema* required = struct_schema({{"a", pool_.int32()}});
  const Schema* optional = struct_schema({{"a", pool_.int32()}}, true);
  const std::pair<const char*, const Schema*> kCases[] = {
      {"nullify", nullptr}, {"retain", required}, {"FORCE_OPTIONAL", optional}};
  for (const auto& [behavior, schema] : kCases) {
    use("Drop$Value", {{"schema.behavior", behavior}});
    fresh();
    set_value(required, {Value::int32(1)});
    EXPECT_EQ(outcome(), "kept") << behavior;
    EXPECT_TRUE(value().is_null()) << behavior;
    EXPECT_EQ(value_schema(), schema) << behavior;
  }
  use("Drop$Value", {{"schema.behavior", "validate"}});
  fresh();
  set_value(required, {Value::int32(1)});
  EXPECT_THAT(outcome(), HasSubstr("not optional"));
  EXPECT_EQ(value_text(), "Struct{a=1}");
  fresh();
  set_value(optional, {Value::int32(1)});
  EXPECT_EQ(outcome(), "kept");
  EXPECT_EQ(value_schema(), optional);
}

TEST_F(ConfluentTest, DropKeyLeavesTheValue) {
  use("Drop$Key", {});
  record().key = text("k");
  record().key_schema = batch_.schema_index(pool_.string());
  set_value(text("v"));
  EXPECT_EQ(outcome(), "kept");
  EXPECT_TRUE(record().key_value().is_null());
  EXPECT_EQ(batch_.key_schema(record()), nullptr);
  EXPECT_EQ(value_text(), "v");
}

TEST_F(ConfluentTest, ExtractTopicTakesAKeyOrAField) {
  use("ExtractTopic$Key", {});
  record().key = text("keys");
  EXPECT_EQ(outcome(), "kept");
  EXPECT_EQ(topic(), "keys");

  use("ExtractTopic$Value", {{"field", "f2"}});
  EXPECT_EQ(outcome_of(map({{"f2", text("fields")}})), "kept");
  EXPECT_EQ(topic(), "fields");
  fresh();
  set_value(struct_schema({{"f2", pool_.string()}}), {text("structs")});
  EXPECT_EQ(outcome(), "kept");
  EXPECT_EQ(topic(), "structs");

  EXPECT_THAT(outcome_of(map({})), HasSubstr("the field f2 of the value: it is missing, null or empty"));
  EXPECT_THAT(outcome_of(map({{"f2", text("")}})), HasSubstr("missing, null or empty"));
  EXPECT_THAT(outcome_of(map({{"f2", Value::int64(1)}})), HasSubstr("must be a text, but is a java.lang.Long"));
  EXPECT_THAT(outcome_of(text("x")), HasSubstr("Only Map objects supported in absence of schema for"));
}

TEST_F(ConfluentTest, ExtractTopicFollowsAPathOrAHeaderAndSkips) {
  use("ExtractTopic$Value",
      {{"field", "[\"f1\"]['f3']"}, {"field.format", "JSON_PATH"}, {"skip.missing.or.null", "true"}});
  EXPECT_EQ(outcome_of(map({{"f1", map({{"f3", text("deep")}})}})), "kept");
  EXPECT_EQ(topic(), "deep");
  for (const Value& value : {map({{"f1", Value()}}), Value(), map({{"f1", map({{"f3", Value()}})}})}) {
    EXPECT_EQ(outcome_of(value), "kept");
    EXPECT_EQ(topic(), "orders");
  }

  use("ExtractTopic$Header", {{"field", "to"}});
  EXPECT_THAT(outcome_of(Value()), HasSubstr("the header to"));
  fresh();
  auto* headers = batch_.arena().alloc_array<sluice_header>(2);
  headers[0] = {str("to"), nullptr, text("first")};
  headers[1] = {str("to"), nullptr, text("last")};
  record().headers = headers;
  record().header_count = 2;
  EXPECT_EQ(outcome(), "kept");
  EXPECT_EQ(topic(), "last");

  EXPECT_THAT(refusal("ExtractTopic$Header", {}), HasSubstr("\"field\" which has no default value"));
  EXPECT_THAT(refusal("ExtractTopic$Value", {{"field", "$["}, {"field.format", "json_path"}}),
              HasSubstr("Invalid value $[ for configuration field"));
}

TEST_F(ConfluentTest, FilterKeepsOrDropsWhatMatches) {
  const std::string condition = "$.key[?(@.nestedKey == \"value1\" || @.nestedKey == \"value2\")]";
  const auto with = [&](const Value& nested) { return map({{"key", map({{"nestedKey", nested}})}}); };
  use("Filter$Value", {{"filter.condition", condition}, {"filter.type", "include"}});
  EXPECT_EQ(outcome_of(with(text("value2"))), "kept");
  EXPECT_EQ(outcome_of(with(text("value3"))), "dropped");
  EXPECT_EQ(outcome_of(with(Value())), "dropped");
  EXPECT_THAT(outcome_of(map({})), HasSubstr("missing or null in the record's value"));
  EXPECT_THAT(outcome_of(Value()), HasSubstr("missing.or.null.behavior"));
  EXPECT_THAT(outcome_of(text("no object")), HasSubstr("missing or null"));

  use("Filter$Value",
      {{"filter.condition", condition}, {"filter.type", "exclude"}, {"missing.or.null.behavior", "include"}});
  EXPECT_EQ(outcome_of(with(text("value2"))), "dropped");
  EXPECT_EQ(outcome_of(with(text("value3"))), "kept");
  EXPECT_EQ(outcome_of(map({})), "kept");

  use("Filter$Value",
      {{"filter.condition", "$.a"}, {"filter.type", "include"}, {"missing.or.null.behavior", "exclude"}});
  EXPECT_EQ(outcome_of(map({{"a", Value::boolean(false)}})), "kept");
  EXPECT_EQ(outcome_of(map({{"a", Value()}})), "dropped");
  fresh();
  set_value(struct_schema({{"a", pool_.int32()}}), {Value::int32(1)});
  EXPECT_EQ(outcome(), "kept");
}

TEST_F(ConfluentTest, FilterRefusesABadCondition) {
  EXPECT_THAT(refusal("Filter$Key", {{"filter.condition", "$.a[?(@.b ==)]"}, {"filter.type", "include"}}),
              HasSubstr("Invalid value $.a[?(@.b ==)] for configuration filter.condition: expected a path"));
  EXPECT_THAT(refusal("Filter$Key", {{"filter.condition", "$.a"}, {"filter.type", "keep"}}), HasSubstr("filter.type"));
}

TEST_F(ConfluentTest, FlattenMayKeepMaps) {
  const Schema* inner_map = data::SchemaBuilder::map(pool_.string(), pool_.int32()).build(pool_).value();
  const Schema* schema = struct_schema({{"s", struct_schema({{"m", inner_map}})}});
  const auto set_row = [&] {
    fresh();
    set_value(schema, {structure(struct_schema({{"m", inner_map}}), {map({{"k", Value::int32(1)}})})});
  };
  use("Flatten$Value", {{"delimiter", "_"}, {"behavior.on.nested.map", "INCLUDE"}});
  set_row();
  EXPECT_EQ(outcome(), "kept");
  EXPECT_EQ(value_text(), "Struct{s_m={k=1}}");
  EXPECT_EQ(&value_schema()->fields()[0].schema(), inner_map);

  use("Flatten$Value", {});
  set_row();
  EXPECT_THAT(outcome(), HasSubstr("does not support MAP for record with schemas (for field s.m)."));
}

TEST_F(ConfluentTest, ReplaceFieldNamesNestedFieldsByTheirPaths) {
  const auto leaf = [&] { return map({{"c1", text("f4")}}); };
  const auto message = [&] {
    return map({{"abc", Value::int32(42)},
                {"foo", map({{"a1", text("k1")},
                             {"a2", map({{"b2", leaf()}, {"b1", leaf()}})},
                             {"a3", map({{"b2", leaf()}, {"b1", leaf()}})}})},
                {"dont", text("whatever")}});
  };
  constexpr const char* kRenames = "foo.a2:xyz,foo:bar,foo.a3.b1:luck,foo.a3.b2.c1:happy";
  use("ReplaceField$Value", {{"exclude", "dont"}, {"renames", kRenames}});
  EXPECT_EQ(outcome_of(message()), "kept");
  EXPECT_EQ(value_text(), "{abc=42, bar={a1=k1, xyz={b2={c1=f4}, b1={c1=f4}}, a3={b2={happy=f4}, luck={c1=f4}}}}");
  use("ReplaceField$Value", {{"include", "foo.a3"}, {"renames", kRenames}});
  EXPECT_EQ(outcome_of(message()), "kept");
  EXPECT_EQ(value_text(), "{bar={a3={b2={happy=f4}, luck={c1=f4}}}}");
}

TEST_F(ConfluentTest, ReplaceFieldMakesSchemasForNestedStructs) {
  const Schema* plain = struct_schema({{"x", pool_.int32()}, {"y", pool_.int32()}}, true);
  const Schema* inner = data::SchemaBuilder::like(*plain)
                            .default_value(structure(plain, {Value::int32(1), Value::int32(2)}))
                            .build(pool_)
                            .value();
  const Schema* schema = struct_schema({{"in", inner}, {"z", plain}});
  use("ReplaceField$Value", {{"exclude", "in.y"}, {"renames", "in.x:x2,z:zz"}, {"replace.null.with.default", "false"}});
  fresh();
  set_value(schema, {structure(inner, {Value::int32(5), Value::int32(6)}), Value()});
  EXPECT_EQ(outcome(), "kept");
  EXPECT_EQ(value_text(), "Struct{in=Struct{x2=5}}");
  const Schema& nested = value_schema()->fields()[0].schema();
  EXPECT_TRUE(nested.optional());
  EXPECT_EQ(data::value_text(nested.default_value()), "Struct{x2=1}");
  EXPECT_EQ(&value_schema()->fields()[1].schema(), plain);
  fresh();
  set_value(schema, {Value(), Value()});
  EXPECT_EQ(outcome(), "kept");
  EXPECT_EQ(value_text(), "Struct{}");
}

TEST_F(ConfluentTest, GzipDecompressUnpacksMembersOneAfterAnother) {
  // `printf ab | gzip -n`
  constexpr std::string_view kPacked("\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x4c\x02\0\x6d\x48\x83\x9e\x02\0\0\0", 22);
  const std::string twice = std::string(kPacked) + std::string(kPacked);
  use("GzipDecompress$Value", {});
  for (const auto& [packed, unpacked] :
       {std::pair{std::string(kPacked), "ab"}, {twice, "abab"}, {twice + "trailer", "abab"}}) {
    EXPECT_EQ(outcome_of(Value::bytes(packed)), "kept");
    EXPECT_TRUE(value().is(Kind::kBytes));
    EXPECT_EQ(value().text(), unpacked);
  }
  EXPECT_EQ(outcome_of(Value()), "kept");
  EXPECT_THAT(outcome_of(text("ab")), HasSubstr("the value is a java.lang.String"));
  EXPECT_THAT(outcome_of(Value::bytes("")), HasSubstr("it ends too early"));
  EXPECT_THAT(outcome_of(Value::bytes(kPacked.substr(0, 15))), HasSubstr("it ends too early"));
  const std::string torn = twice.substr(0, twice.size() - 4);
  EXPECT_THAT(outcome_of(Value::bytes(torn)), HasSubstr("it ends too early"));
  EXPECT_THAT(outcome_of(Value::bytes("not packed at all")), HasSubstr("not gzip data: incorrect header check"));
}

TEST_F(ConfluentTest, MessageTimestampRouterFormatsTheFirstFieldThereIs) {
  use("MessageTimestampRouter", {{"topic.format", "foo-${topic}-${timestamp}"},
                                 {"message.timestamp.format", "yyyy-MM-dd"},
                                 {"topic.timestamp.format", "yyyy.MM.dd"},
                                 {"message.timestamp.keys", "timestamp,time,ts"}});
  EXPECT_EQ(outcome_of(map({{"timestamp", Value()}, {"time", text("2019-08-06")}})), "kept");
  EXPECT_EQ(topic(), "foo-orders-2019.08.06");
  EXPECT_EQ(outcome_of(map({{"ts", Value::int64(0)}})), "kept");
  EXPECT_EQ(topic(), "foo-orders-1970.01.01");
  EXPECT_THAT(outcome_of(map({{"time", text("soon")}})), HasSubstr("The field time holds soon"));
  EXPECT_THAT(outcome_of(map({{"time", Value::boolean(true)}})), HasSubstr("holds a java.lang.Boolean"));
  EXPECT_THAT(outcome_of(map({})), HasSubstr("None of the fields timestamp, time, ts"));
  EXPECT_THAT(outcome_of(Value()), HasSubstr("found: null"));
  EXPECT_THAT(refusal("MessageTimestampRouter", {{"message.timestamp.keys", "a"}, {"topic.timestamp.format", "bad"}}),
              HasSubstr("topic.timestamp.format"));
}

TEST_F(ConfluentTest, TombstoneHandlerDropsOrFails) {
  for (const char* behavior : {"ignore", "warn", "DROP_SILENT", "drop_warn"}) {
    use("TombstoneHandler", {{"behavior", behavior}});
    EXPECT_EQ(outcome_of(Value()), "dropped") << behavior;
    EXPECT_EQ(outcome_of(text("v")), "kept") << behavior;
  }
  use("TombstoneHandler", {{"behavior", "fail"}});
  EXPECT_THAT(outcome_of(Value()), HasSubstr("A tombstone came from topic orders"));
  EXPECT_EQ(outcome_of(text("v")), "kept");
}

}  // namespace
}  // namespace sluice::smt
