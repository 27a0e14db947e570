#include "smt/field_path.h"

#include <gtest/gtest.h>

#include "runtime/data/arena.h"
#include "runtime/data/schema.h"

namespace sluice::smt {
namespace {

using Names = std::vector<std::string>;

Names names_of(std::string_view text) {
  return FieldPath::parse(text, FieldSyntax::kV2).value().names();
}

TEST(FieldPath, V1IsOneName) {
  EXPECT_EQ(FieldPath::parse("a.`b", FieldSyntax::kV1).value().names(), Names{"a.`b"});
}

TEST(FieldPath, V2SplitsAtDotsOutsideBackTicks) {
  EXPECT_EQ(names_of("a.b.c"), (Names{"a", "b", "c"}));
  EXPECT_EQ(names_of("`a.b`.c"), (Names{"a.b", "c"}));
  EXPECT_EQ(names_of("a.`b.c`"), (Names{"a", "b.c"}));
  EXPECT_EQ(names_of(".a."), (Names{"", "a", ""}));
  EXPECT_EQ(names_of("`a`."), (Names{"a", ""}));
  EXPECT_EQ(names_of(""), Names{});
}

TEST(FieldPath, V2KeepsBackTicksThatEndNothing) {
  EXPECT_EQ(names_of("a`b.c`d"), (Names{"a`b", "c`d"}));
  EXPECT_EQ(names_of("`a`b`.c"), (Names{"a`b", "c"}));
  EXPECT_EQ(names_of("`a\\`.b`.c"), (Names{"a`.b", "c"}));
  EXPECT_EQ(names_of("`a\\`b`"), Names{"a\\`b"});
}

TEST(FieldPath, CountsThePositionOfABackTickAsJavaDoes) {
  const auto path = FieldPath::parse("\xF0\x9F\x8D\x8B.`b", FieldSyntax::kV2);
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().message(),
            "Incomplete backtick pair in path: [\xF0\x9F\x8D\x8B.`b], consider adding a backslash before backtick at "
            "position 3 to escape it");
}

TEST(FieldPath, ReadsAStructOfAnotherSchemaByName) {
  data::SchemaPool pool;
  data::Arena arena;
  const auto two =
      data::SchemaBuilder::structure().field("x", pool.int32()).field("id", pool.int64()).build(pool).value();
  const auto one = data::SchemaBuilder::structure().field("id", pool.int64()).build(pool).value();
  const auto other = data::SchemaBuilder::structure().field("x", pool.int32()).build(pool).value();
  const auto path = FieldPath::parse("id", FieldSyntax::kV2).value();
  const auto place = path.find(*two).value();

  sluice_struct* fields = arena_struct(arena.c(), one);
  fields->fields[0] = Value::int64(7);
  EXPECT_EQ(FieldPath::value_in(Value::record(fields, 1), place, true).value().i64(), 7);
  const Value without = Value::record(arena_struct(arena.c(), other), 1);
  EXPECT_TRUE(FieldPath::value_in(without, place, true).value().is_null());
}

TEST(FieldPath, GivesDefaultsOnTheWayButTheLastOneOnRequest) {
  data::SchemaPool pool;
  data::Arena arena;
  const auto number = data::SchemaBuilder(Kind::kInt32).optional().default_value(Value::int32(5)).build(pool).value();
  const auto inner = data::SchemaBuilder::structure().field("n", number).build(pool).value();
  const Value no_number = Value::record(arena_struct(arena.c(), inner), 1);
  const auto with_default = data::SchemaBuilder::like(*inner).optional().default_value(no_number).build(pool).value();
  const auto outer = data::SchemaBuilder::structure().field("in", with_default).build(pool).value();
  const Value record = Value::record(arena_struct(arena.c(), outer), 1);

  const auto path = FieldPath::parse("in.n", FieldSyntax::kV2).value();
  const auto place = path.find(*outer).value();
  EXPECT_EQ(FieldPath::value_in(record, place, true).value().i64(), 5);
  EXPECT_TRUE(FieldPath::value_in(record, place, false).value().is_null());
}

}  // namespace
}  // namespace sluice::smt
