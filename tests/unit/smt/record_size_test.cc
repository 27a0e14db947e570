// EnforceRecordSize.

#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kClass = "io.debezium.transforms.EnforceRecordSize";

class RecordSize : public SmtTest {
 protected:
  // An event whose row has one text: 8 (timestamp) + 6 (topic) + 56 + 2 * 8 (envelope) + 56 + 8 (row) + 56 and the
  // text.
  static constexpr int kFrame = 206;
  void event(std::string_view text) {
    fresh();
    const Schema* row = struct_schema({{"t", optional(Kind::kString)}}, true);
    set_value(struct_schema({{"before", row}, {"after", row}}), {Value(), structure(row, {Value::string(text)})});
  }
  std::string cut(std::string_view text, Config config, bool sink = false) {
    event(text);
    const std::string error = apply(*make_transform(kClass, config).value(), sink);
    return error.empty() ? std::string(value().items()[1].items()[0].text()) : error;
  }
};

TEST_F(RecordSize, LeavesRecordsThatFit) {
  const std::string limit = std::to_string(kFrame + 100);
  EXPECT_EQ(cut(std::string(100, 'x'), {{"max.bytes", limit}, {"min.field.size", "10"}}).size(), 100u);
  EXPECT_EQ(cut(std::string(101, 'x'), {{"max.bytes", limit}, {"min.field.size", "10"}}).size(), 100u);
}

TEST_F(RecordSize, LeavesSmallFieldsAndSinkRecords) {
  EXPECT_EQ(cut(std::string(100, 'x'), {{"max.bytes", "1"}, {"min.field.size", "100"}}).size(), 100u);
  EXPECT_EQ(cut(std::string(101, 'x'), {{"max.bytes", "1"}, {"min.field.size", "100"}}), "");
  EXPECT_EQ(cut(std::string(25'000, 'x'), {{"max.bytes", "1"}}).size(), 25'000u);
  EXPECT_EQ(cut(std::string(101, 'x'), {{"max.bytes", "1"}, {"min.field.size", "0"}}, true).size(), 101u);
}

TEST_F(RecordSize, CountsWhatCompressionLeaves) {
  // (206 + 194) * 0.5 = 200, ten over the limit.
  EXPECT_EQ(
      cut(std::string(194, 'x'), {{"max.bytes", "190"}, {"compression.ratio", "0.5"}, {"min.field.size", "0"}}).size(),
      184u);
}

TEST_F(RecordSize, CutsTextsByJavasCharacters) {
  // A surrogate pair is two characters and may be cut in two.
  const std::string limit = std::to_string(kFrame + 6);
  EXPECT_EQ(cut("ab\xF0\x9F\x98\x80", {{"max.bytes", limit}, {"min.field.size", "0"}}), "ab\xF0\x9F\x98\x80");
  EXPECT_EQ(cut("abc\xF0\x9F\x98\x80", {{"max.bytes", limit}, {"min.field.size", "0"}}), "abc\xED\xA0\xBD");
}

TEST_F(RecordSize, SharesTheExcessInProportion) {
  const Schema* row = struct_schema({{"a", pool_.string()}, {"b", pool_.bytes()}, {"c", pool_.string()}}, true);
  const std::string thirty(30, 'x');
  const std::string ten(10, 'y');
  const Value before = structure(row, {Value::string(thirty), Value::bytes(ten), Value::string("z")});
  set_value(struct_schema({{"before", row}, {"after", row}}), {before, before});
  // 8 + 6 + 56 + 16 + 2 * (56 + 3 * 8 + 86 + 34 + 57) = 600
  EXPECT_EQ(apply(*make_transform(kClass, {{"max.bytes", "560"}, {"min.field.size", "5"}}).value()), "");
  for (const Value& side : value().items()) {
    EXPECT_EQ(side.items()[0].size, 15u);
    EXPECT_EQ(side.items()[1].size, 5u);
    EXPECT_EQ(side.items()[2].text(), "z");
  }
}

TEST_F(RecordSize, CountsNumbersDecimalsAndCollections) {
  const Schema* decimals = data::SchemaBuilder::decimal(2).build(pool_).value();
  const Schema* numbers = data::SchemaBuilder::array(pool_.int32()).build(pool_).value();
  const Schema* pairs = data::SchemaBuilder::map(pool_.string(), pool_.int64()).build(pool_).value();
  const Schema* row = struct_schema({{"t", pool_.string()}, {"d", decimals}, {"n", numbers}, {"m", pairs}}, true);
  const std::string text(50, 'x');
  const auto event = [&] {
    fresh();
    set_value(struct_schema({{"after", row}}),
              {structure(row, {Value::string(text), arena_decimal(batch_.arena().c(), 2, "\x01\x02"),
                               list({Value::int32(1), Value::int32(2)}), map({{"k", Value::int64(1)}})})});
  };
  // 8 + 6 + 56 + 8 + (56 + 4 * 8 + 106 + 26 + (64 + 2 * 32) + (88 + 16 + 57 + 24)) = 611
  event();
  EXPECT_EQ(apply(*make_transform(kClass, {{"max.bytes", "611"}, {"min.field.size", "0"}}).value()), "");
  EXPECT_EQ(value().items()[0].items()[0].size, 50u);
  event();
  EXPECT_EQ(apply(*make_transform(kClass, {{"max.bytes", "610"}, {"min.field.size", "0"}}).value()), "");
  EXPECT_EQ(value().items()[0].items()[0].size, 49u);
}

TEST_F(RecordSize, WantsAStructForAKey) {
  event("x");
  record().key_schema = batch_.schema_index(pool_.string());
  record().key = Value::string("k");
  EXPECT_TRUE(apply(*make_transform(kClass, {{"max.bytes", "1"}}).value()).starts_with("java.lang.ClassCastException"));
}

TEST_F(RecordSize, RefusesLimitsThatAreNone) {
  const auto why = [](Config config) { return make_transform(kClass, config).error().message(); };
  EXPECT_EQ(why({{"max.bytes", "0"}}), "Invalid value 0 for configuration max.bytes: Must be a positive integer");
  EXPECT_EQ(why({{"max.bytes", "1"}, {"compression.ratio", "0"}}),
            "Invalid value 0.0 for configuration compression.ratio: Must be a positive number");
  EXPECT_EQ(why({{"max.bytes", "1"}, {"min.field.size", "-1"}}),
            "Invalid value -1 for configuration min.field.size: Must be non-negative");
  EXPECT_EQ(why({}), "Missing required configuration \"max.bytes\" which has no default value.");
}

}  // namespace
}  // namespace sluice::smt
