// HeaderToValue where headers differ from record to record, and where paths meet what is there.

#include "tests/unit/smt/debezium_test.h"

namespace sluice::smt {
namespace {

class HeaderToValueTest : public DebeziumTest {
 protected:
  static std::unique_ptr<data::Transform> mover(const char* headers, const char* fields) {
    return make_transform("io.debezium.transforms.HeaderToValue",
                          {{"headers", headers}, {"fields", fields}, {"operation", "move"}})
        .value();
  }
};

TEST_F(HeaderToValueTest, EachCombinationOfHeadersHasItsOwnSchema) {
  // Java keeps the schema of the first record and fails, or drops the header, where a later one differs.
  const auto transform = mover("a,b", "x,y");
  const Schema* schema = struct_schema({{"id", pool_.int32()}});
  set_value(schema, {Value::int32(1)});
  add_header("a", pool_.string(), text("one"));
  add_header("other", pool_.string(), text("stays"));
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(value_text(), "Struct{id=1,x=one}");
  EXPECT_EQ(record().header_count, 1U);
  fresh();
  set_value(schema, {Value::int32(2)});
  add_header("b", pool_.int64(), Value::int64(2));
  add_header("a", pool_.boolean(), Value::boolean(true));
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(value_text(), "Struct{id=2,y=2,x=true}");
  EXPECT_EQ(record().header_count, 0U);
}

TEST_F(HeaderToValueTest, PathsLeadIntoStructsOldAndNew) {
  const auto transform = mover("a,b", "after.extra,meta.who");
  const Schema* envelope = envelope_schema();
  set_event(envelope, "c", Value(), row(envelope, 1, Value()));
  add_header("a", pool_.string(), text("A"));
  add_header("b", pool_.string(), text("B"));
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(data::value_text(value().items()[1]), "Struct{id=1,extra=A}");
  EXPECT_EQ(data::value_text(value().items().back()), "Struct{who=B}");
}

TEST_F(HeaderToValueTest, APathThroughAPrimitiveFieldIsAnError) {
  const auto transform = mover("a", "op.x");
  const Schema* envelope = envelope_schema();
  set_event(envelope, "c", Value(), row(envelope, 1, Value()));
  add_header("a", pool_.string(), text("A"));
  EXPECT_EQ(apply(*transform),
            "io.debezium.DebeziumException: Field 'op' is a primitive type, not a struct. Cannot add nested field "
            "'op.x'.");
  EXPECT_EQ(record().header_count, 1U);
}

TEST_F(HeaderToValueTest, AFieldWhoseNameEndsAPathsNameMustBeAStructToo) {
  // "id." occurs in "grid.x": Debezium takes the field id for a part of the path.
  const auto transform = mover("a", "grid.x");
  const Schema* schema = struct_schema({{"id", pool_.int32()}});
  set_value(schema, {Value::int32(1)});
  add_header("a", pool_.string(), text("A"));
  EXPECT_EQ(apply(*transform),
            "org.apache.kafka.connect.errors.DataException: Only Struct objects supported for [Nested field], found: "
            "java.lang.Integer");
}

TEST_F(HeaderToValueTest, AHeaderWithoutSchemaHasNoFieldToGoTo) {
  const auto transform = mover("a", "x");
  set_value(struct_schema({{"id", pool_.int32()}}), {Value::int32(1)});
  add_header("a", nullptr, text("A"));
  EXPECT_EQ(apply(*transform),
            "org.apache.kafka.connect.errors.SchemaBuilderException: fieldSchema for field x cannot be null.");
}

}  // namespace
}  // namespace sluice::smt
