#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

constexpr const char* kCalculate = "io.sluice.transforms.Calculate$Value";

class CalculateTest : public SmtTest {
 protected:
  CalculateTest() {
    row_ = data::SchemaBuilder::structure()
               .name("row")
               .version(3)
               .field("qty", pool_.int32())
               .field("price", optional(Kind::kFloat64))
               .field("name", optional(Kind::kString))
               .build(pool_)
               .value();
  }
  void row(Value price) {
    fresh();
    set_value(row_, {Value::int32(3), price, text("ab")});
  }
  // The value afterwards, or the error.
  std::string with(std::string_view expression, const char* type, const char* mode = "propagate") {
    auto made = make_transform(kCalculate, {{"field", "out"},
                                            {"expression", std::string(expression)},
                                            {"field.type", type},
                                            {"null.handling.mode", mode}});
    if (!made) return made.error().to_string();
    made_.push_back(std::move(*made));  // names of new keys live in it
    const auto error = apply(*made_.back());
    return error.empty() ? value_text() : error;
  }
  std::string row_with(std::string_view expression, const char* type) {
    row(Value::float64(1.5));
    return with(expression, type);
  }
  const Schema* row_ = nullptr;
  std::vector<std::unique_ptr<data::Transform>> made_;
};

TEST_F(CalculateTest, AddsATypedField) {
  EXPECT_EQ(row_with("value.qty * value.price", "float64"), "Struct{qty=3,price=1.5,name=ab,out=4.5}");
  const Schema* schema = batch_.value_schema(record());
  EXPECT_EQ(schema->name(), "row");
  EXPECT_EQ(schema->version, 3);
  EXPECT_EQ(schema->fields()[3].schema().type(), Kind::kFloat64);
  EXPECT_TRUE(schema->fields()[3].schema().optional());
  EXPECT_EQ(row_with("value.qty * 2", "int64"), "Struct{qty=3,price=1.5,name=ab,out=6}");
  EXPECT_EQ(row_with("`${value.name}-${topic}`", "string"), "Struct{qty=3,price=1.5,name=ab,out=ab-orders}");
  EXPECT_EQ(row_with("value.price", "string"), "Struct{qty=3,price=1.5,name=ab,out=1.5}");
  EXPECT_EQ(row_with("value.qty > 2", "boolean"), "Struct{qty=3,price=1.5,name=ab,out=true}");
  EXPECT_EQ(row_with("new Date(0)", "timestamp"), "Struct{qty=3,price=1.5,name=ab,out=Thu Jan 01 00:00:00 UTC 1970}");
  EXPECT_EQ(row_with("9007199254740993n", "int64"), "Struct{qty=3,price=1.5,name=ab,out=9007199254740993}");
}

TEST_F(CalculateTest, ReplacesAFieldInItsPlace) {
  const auto made =
      make_transform(kCalculate, {{"field", "qty"}, {"expression", "'n' + value.qty"}, {"field.type", "string"}});
  row(Value());
  EXPECT_EQ(apply(**made), "");
  EXPECT_EQ(value_text(), "Struct{qty=n3,name=ab}");
  const Schema* first = batch_.value_schema(record());
  row(Value());
  EXPECT_EQ(apply(**made), "");
  EXPECT_EQ(batch_.value_schema(record()), first);
}

TEST_F(CalculateTest, WorksOnMaps) {
  set_value(map({{"a", Value::int64(2)}}));
  EXPECT_EQ(with("value.a + 1", "int32"), "{a=2, out=3}");
  EXPECT_EQ(with("value.out + 1", "int8"), "{a=2, out=4}");
}

TEST_F(CalculateTest, NullInNullOut) {
  row(Value());
  EXPECT_EQ(with("value.price * 2", "float64"), "Struct{qty=3,name=ab}");
  row(Value());
  EXPECT_EQ(with("value.price.toFixed(2)", "string"), "Struct{qty=3,name=ab}");
  row(Value());
  EXPECT_EQ(with("(value.price ?? 10) * 2", "float64", "evaluate"), "Struct{qty=3,name=ab,out=20.0}");
  fresh();
  EXPECT_EQ(with("1", "int32"), "null");
}

TEST_F(CalculateTest, AResultThatDoesNotFitFailsTheRecord) {
  const std::string start = "org.apache.kafka.connect.errors.DataException: The expression for field 'out' gave ";
  EXPECT_EQ(row_with("value.price", "int32"),
            start + "'1.5' for type int32: not a whole number; use Math.round() or Math.trunc()");
  EXPECT_EQ(row_with("300", "int8"), start + "'300' for type int8: out of range");
  EXPECT_EQ(row_with("-128", "int8"), "Struct{qty=3,price=1.5,name=ab,out=-128}");
  EXPECT_EQ(row_with("1e19", "int64"), start + "'1.0E19' for type int64: out of range");
  EXPECT_EQ(row_with("1e300", "float32"), start + "'1.0E300' for type float32: out of range");
  EXPECT_EQ(row_with("value.qyt * 2", "float64"),
            start + "'NaN' for type float64: a field is missing, or a text is no number");
  EXPECT_EQ(row_with("value.name", "int64"), start + "'ab' for type int64: not a number; use Number(...) for a text");
  EXPECT_EQ(row_with("value.qty", "boolean"),
            start + "'3' for type boolean: not true or false; compare, or write !!(...)");
  EXPECT_EQ(row_with("[1]", "int32"), start + "'1' for type int32: an object or a list; give a text or a number");
  EXPECT_EQ(
      row_with("missing", "int32").find("io.debezium.DebeziumException: Error while evaluating expression 'missing'"),
      0u);
  fresh();
  set_value(text("plain"));
  EXPECT_EQ(with("1", "int32"),
            "org.apache.kafka.connect.errors.DataException: Only Map objects supported in absence of schema for "
            "[calculating a field], found: java.lang.String");
}

TEST_F(CalculateTest, ConfigurationIsChecked) {
  EXPECT_EQ(with("1", "decimal"),
            "org.apache.kafka.common.config.ConfigException: Invalid value decimal for configuration field.type: "
            "unknown type; use "
            "int8, int16, int32, int64, float32, float64, boolean, string or timestamp");
  EXPECT_EQ(with("1 +", "int8").find("io.debezium.DebeziumException: Failed to parse expression '1 +'"), 0u);
}

}  // namespace
}  // namespace sluice::smt
