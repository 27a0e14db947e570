// ReplaceField, Flatten, HeaderFrom and ValueToKey where the recordings do not go.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

using testing::HasSubstr;

const std::string kPackage = "org.apache.kafka.connect.transforms.";

class FieldMovesTest : public SmtTest {
 protected:
  std::string run(const std::string& name, Config keys) {
    auto made = make_transform(kPackage + name, keys);
    return made ? apply(std::move(*made)) : made.error().to_string();
  }
  // A required int32 with a default, null in the record.
  const Schema* with_default() {
    return data::SchemaBuilder(Kind::kInt32).default_value(Value::int32(7)).build(pool_).value();
  }
  void set_null_with_default() {
    fresh();
    set_value(struct_schema({{"a", with_default()}, {"b", pool_.string()}}), {Value(), text("x")});
  }
};

constexpr const char* kNullRefused = "Invalid value: null used for required field: \"a\", schema type: INT32";

TEST_F(FieldMovesTest, ANullThatAFieldForbidsFailsWhereDefaultsAreNotUsed) {
  for (const char* use_default : {"true", "false"}) {
    const std::string error = std::string(use_default) == "true" ? "" : kNullRefused;
    set_null_with_default();
    EXPECT_THAT(run("ReplaceField$Value", {{"exclude", "b"}, {"replace.null.with.default", use_default}}),
                HasSubstr(error));
    if (error.empty()) {
      EXPECT_EQ(value_text(), "Struct{a=7}");
    }
    set_null_with_default();
    EXPECT_THAT(run("ValueToKey", {{"fields", "a"}, {"replace.null.with.default", use_default}}), HasSubstr(error));
    set_null_with_default();
    EXPECT_THAT(
        run("HeaderFrom$Value",
            {{"fields", "b"}, {"headers", "h"}, {"operation", "move"}, {"replace.null.with.default", use_default}}),
        HasSubstr(error));
    set_null_with_default();
    EXPECT_THAT(
        run("HeaderFrom$Value",
            {{"fields", "a"}, {"headers", "h"}, {"operation", "copy"}, {"replace.null.with.default", use_default}}),
        HasSubstr(error.empty() ? "" : "A null value requires an optional schema but was Schema{INT32}"));
    EXPECT_EQ(record().header_count, error.empty() ? 1U : 0U);
  }
}

TEST_F(FieldMovesTest, RenamesTakeTheirSourceByTheNewName) {
  // "a" keeps its type under its own name, but its value is looked for in a field that is not there.
  const Schema* schema = struct_schema({{"a", pool_.int32()}});
  set_value(schema, {Value::int32(1)});
  EXPECT_THAT(run("ReplaceField$Value", {{"renames", "gone:a"}}), HasSubstr("gone is not a valid field name"));
  EXPECT_EQ(value_text(), "Struct{a=1}");
  // Both become "x", and one of them is left out: the value is still that of the later one in Java's order.
  fresh();
  set_value(struct_schema({{"a", pool_.int32()}, {"b", pool_.int32()}}), {Value::int32(1), Value::int32(2)});
  EXPECT_EQ(run("ReplaceField$Value", {{"renames", "a:x,b:x"}, {"exclude", "b"}}), "");
  EXPECT_EQ(value_text(), "Struct{x=2}");
}

TEST_F(FieldMovesTest, KeysThatAreNoTextFailOrPassAsInJava) {
  auto* items = batch_.arena().alloc_array<sluice_value>(4);
  items[0] = Value();
  items[1] = Value::int32(1);
  items[2] = text("a");
  items[3] = Value::int32(2);
  set_value(Value::map(items, 2));
  EXPECT_EQ(run("ReplaceField$Value", {{"renames", "a:b"}}), "");
  EXPECT_EQ(value_text(), "{null=1, b=2}");
  EXPECT_EQ(run("Flatten$Value", {}), "");
  EXPECT_EQ(value_text(), "{null=1, b=2}");
  EXPECT_EQ(run("ReplaceField$Value", {{"include", "b"}}), "");
  EXPECT_EQ(value_text(), "{b=2}");

  const auto set_number_key = [&] {
    fresh();
    auto* pair = batch_.arena().alloc_array<sluice_value>(2);
    pair[0] = Value::int64(5);
    pair[1] = Value::int32(1);
    set_value(Value::map(pair, 1));
  };
  for (const char* name : {"ReplaceField$Value", "Flatten$Value"}) {
    set_number_key();
    EXPECT_THAT(run(name, {}), HasSubstr("class java.lang.Long cannot be cast to class java.lang.String")) << name;
  }
  set_number_key();
  EXPECT_EQ(run("HeaderFrom$Value", {{"fields", "x"}, {"headers", "h"}, {"operation", "move"}}), "");
  EXPECT_EQ(value_text(), "{5=1}");
}

TEST_F(FieldMovesTest, HoistFieldPutsItsValueAsAStructDoes) {
  const auto set = [&](const Schema* schema) {
    fresh();
    record().value_schema = batch_.schema_index(schema);
  };
  set(pool_.int32());
  EXPECT_THAT(run("HoistField$Value", {{"field", "a"}}), HasSubstr(kNullRefused));
  set(optional(Kind::kInt32));
  EXPECT_EQ(run("HoistField$Value", {{"field", "a"}}), "");
  EXPECT_EQ(value_text(), "Struct{}");
  set(optional(Kind::kInt32));
  EXPECT_EQ(run("HoistField$Value", {{"field", ""}}),
            "org.apache.kafka.connect.errors.SchemaBuilderException: fieldName cannot be null.");
  fresh();
  set_value(text("x"));
  EXPECT_EQ(run("HoistField$Value", {{"field", ""}}), "");
  EXPECT_EQ(value_text(), "{=x}");
}

TEST_F(FieldMovesTest, InsertHeaderTakesAnEmptyName) {
  for (const char* name : {"", " "}) {
    fresh();
    EXPECT_EQ(run("InsertHeader", {{"header", name}, {"value.literal", "x"}}), "");
    ASSERT_EQ(record().header_count, 1U);
    EXPECT_EQ(view(record().headers[0].key), "");
  }
}

TEST_F(FieldMovesTest, FlattenJoinsBelowANullKeyOnlyAsATextOfItsOwn) {
  auto* inner = batch_.arena().alloc_array<sluice_value>(2);
  inner[0] = Value();
  inner[1] = Value::int32(1);
  set_value(map({{"a", Value::map(inner, 1)}}));
  EXPECT_EQ(run("Flatten$Value", {{"delimiter", ""}}), "");
  EXPECT_EQ(value_text(), "{anull=1}");

  fresh();
  auto* outer = batch_.arena().alloc_array<sluice_value>(2);
  outer[0] = Value();
  outer[1] = map({{"b", Value::int32(1)}});
  set_value(Value::map(outer, 1));
  EXPECT_THAT(run("Flatten$Value", {}), HasSubstr("java.lang.NullPointerException"));
}

TEST_F(FieldMovesTest, FlattenLeavesTheFieldsOfAMissingStructNull) {
  const Schema* inner = struct_schema({{"x", pool_.int32()}, {"y", with_default()}}, true);
  const Schema* schema = struct_schema({{"in", inner}, {"z", pool_.int32()}});
  set_value(schema, {Value(), Value::int32(3)});
  EXPECT_EQ(run("Flatten$Value", {}), "");
  EXPECT_EQ(value_text(), "Struct{z=3}");
  const auto fields = value().struct_schema().fields();
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[0].name(), "in.x");
  EXPECT_TRUE(fields[0].schema().optional());
  EXPECT_EQ(fields[1].schema().default_value().i64(), 7);
  EXPECT_FALSE(fields[2].schema().optional());
}

}  // namespace
}  // namespace sluice::smt
