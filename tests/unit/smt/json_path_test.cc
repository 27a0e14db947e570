#include "smt/json_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"

namespace sluice::smt {
namespace {

using data::SchemaAndValue;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// {name: "shop", open: true, none: null, rating: 4.5, items: [{sku: "A1", qty: 5, tags: [x, y]}, {sku: "B2", qty: "3"},
// {sku: "A3", note: null}], at: {city: "Graz", zip: "8010"}, numbers: [10, 20, 30, 40]}, schemaless.
class JsonPathTest : public testing::Test {
 protected:
  Value list(std::vector<Value> items) {
    auto* copy = arena_.alloc_array<sluice_value>(items.size());
    std::copy(items.begin(), items.end(), copy);
    return Value::array(copy, items.size());
  }
  Value object(std::vector<std::pair<std::string_view, Value>> members) {
    auto* copy = arena_.alloc_array<sluice_value>(members.size() * 2);
    for (std::size_t i = 0; i < members.size(); ++i) {
      copy[2 * i] = Value::string(members[i].first);
      copy[2 * i + 1] = members[i].second;
    }
    return Value::map(copy, members.size());
  }
  static Value text(std::string_view content) { return Value::string(content); }

  Value shop() {
    return object(
        {{"name", text("shop")},
         {"open", Value::boolean(true)},
         {"none", Value()},
         {"rating", Value::float64(4.5)},
         {"items",
          list({object({{"sku", text("A1")}, {"qty", Value::int64(5)}, {"tags", list({text("x"), text("y")})}}),
                object({{"sku", text("B2")}, {"qty", text("3")}}), object({{"sku", text("A3")}, {"note", Value()}})})},
         {"at", object({{"city", text("Graz")}, {"zip", text("8010")}})},
         {"numbers", list({Value::int32(10), Value::int32(20), Value::int32(30), Value::int32(40)})}});
  }

  // The texts of what is found; "missing" alone where the path's end is.
  std::vector<std::string> find(std::string_view path) { return find(path, {nullptr, shop()}); }
  std::vector<std::string> find(std::string_view path, const SchemaAndValue& root) {
    auto compiled = JsonPath::compile(path);
    if (!compiled) return {compiled.error().message()};
    std::vector<SchemaAndValue> found;
    const auto there = compiled->evaluate(root, found);
    if (!there) return {there.error().message()};
    if (!*there) return {"missing"};
    std::vector<std::string> texts;
    for (const auto& match : found) texts.push_back(data::value_text(match.value));
    return texts;
  }
  // The sku of the items that match a filter.
  std::vector<std::string> items_where(const std::string& filter) { return find("$.items[?(" + filter + ")].sku"); }
  bool holds(const std::string& filter) {
    return find("$[?(" + filter + ")].name") == std::vector<std::string>{"shop"};
  }

  data::Arena arena_;
};

TEST_F(JsonPathTest, FollowsNamesAndIndexes) {
  EXPECT_THAT(find("$.name"), ElementsAre("shop"));
  EXPECT_THAT(find("name"), ElementsAre("shop"));
  EXPECT_THAT(find("$['at'].city"), ElementsAre("Graz"));
  EXPECT_THAT(find("$[\"at\"]['city']"), ElementsAre("Graz"));
  EXPECT_THAT(find("$.items[0].tags[-1]"), ElementsAre("y"));
  EXPECT_THAT(find("$.numbers[ 0 , 2 , 9 ]"), ElementsAre("10", "30"));
  EXPECT_THAT(find("$.at['zip','city']"), ElementsAre("8010", "Graz"));
  EXPECT_THAT(find("$.none"), ElementsAre("null"));
  EXPECT_THAT(find("$.numbers.length()"), ElementsAre("4"));
}

TEST_F(JsonPathTest, SaysWhenADefiniteEndIsMissing) {
  for (const char* path : {"$.absent", "$.none.below", "$.name.below", "$.numbers[4]", "$.numbers[-5]", "$.at[0]",
                           "$.absent[*]", "$.name[?(@.x == 1)]", "$.none[0:2]"})
    EXPECT_THAT(find(path), ElementsAre("missing")) << path;
  for (const char* path : {"$.items[*].absent", "$..absent", "$.items[?(@.sku == 'Z')]", "$.name.*", "$.numbers[7:]"})
    EXPECT_THAT(find(path), IsEmpty()) << path;
}

TEST_F(JsonPathTest, Slices) {
  EXPECT_THAT(find("$.numbers[1:3]"), ElementsAre("20", "30"));
  EXPECT_THAT(find("$.numbers[:2]"), ElementsAre("10", "20"));
  EXPECT_THAT(find("$.numbers[-1:]"), ElementsAre("40"));
  EXPECT_THAT(find("$.numbers[:-3]"), ElementsAre("10"));
  EXPECT_THAT(find("$.numbers[-3:-1]"), ElementsAre("20", "30"));
  EXPECT_THAT(find("$.numbers[-2147483648:2147483647]"), ElementsAre("10", "20", "30", "40", "10", "20", "30", "40"));
}

TEST_F(JsonPathTest, TakesEverythingOrScans) {
  EXPECT_THAT(find("$.items[*].sku"), ElementsAre("A1", "B2", "A3"));
  EXPECT_THAT(find("$.at.*"), ElementsAre("Graz", "8010"));
  EXPECT_THAT(find("$..sku"), ElementsAre("A1", "B2", "A3"));
  EXPECT_THAT(find("$..tags[0]"), ElementsAre("x"));
  EXPECT_THAT(find("$..[?(@.city)].zip"), ElementsAre("8010"));
  EXPECT_THAT(find("$.items..[?(@ == 'x')]"), ElementsAre("x"));
}

TEST_F(JsonPathTest, FiltersItemsOrTheObjectItself) {
  EXPECT_THAT(items_where("@.sku == 'B2'"), ElementsAre("B2"));
  EXPECT_THAT(items_where("@.sku == 'B2' || @.qty > 4"), ElementsAre("A1", "B2"));
  EXPECT_THAT(items_where("@.sku =~ /a.*/i && !(@.qty > 4)"), ElementsAre("A3"));
  EXPECT_THAT(items_where("@.qty"), ElementsAre("A1", "B2"));
  EXPECT_THAT(items_where("!@.qty"), ElementsAre("A3"));
  EXPECT_THAT(items_where("@.note == null"), ElementsAre("A3"));
  EXPECT_THAT(items_where("@.tags[*] contains 'x'"), ElementsAre("A1"));
  EXPECT_THAT(items_where("@.tags size 2"), ElementsAre("A1"));
  EXPECT_THAT(items_where("@.sku in ['A1', \"A3\"]"), ElementsAre("A1", "A3"));
  EXPECT_THAT(items_where("@.sku nin ['A1', 'A3']"), ElementsAre("B2"));
  EXPECT_THAT(items_where("@.tags subsetof ['x','y','z']"), ElementsAre("A1"));
  EXPECT_THAT(items_where("@.tags anyof ['y']"), ElementsAre("A1"));
  EXPECT_THAT(items_where("@.tags noneof ['q']"), ElementsAre("A1"));
  EXPECT_THAT(items_where("@.tags all ['x','y']"), ElementsAre("A1"));
  EXPECT_THAT(find("$.at[?(@.city == 'Graz')].zip"), ElementsAre("8010"));
  EXPECT_THAT(find("$.numbers[?(@ >= $.numbers[2])]"), ElementsAre("30", "40"));
}

TEST_F(JsonPathTest, ComparesNumbersBySizeAndTextsWithNumbers) {
  EXPECT_TRUE(holds("@.rating == 4.50"));
  EXPECT_TRUE(holds("@.rating < 45e-1 || @.rating >= 4.5"));
  EXPECT_TRUE(holds("@.rating > -1000000000000000000000"));
  EXPECT_TRUE(holds("@.at.zip == 8010"));
  EXPECT_FALSE(holds("@.at.zip === 8010"));
  EXPECT_TRUE(holds("8010.0 == @.at.zip"));
  EXPECT_FALSE(holds("@.at.zip == 8010.0"));
  EXPECT_FALSE(holds("@.at.zip < 9000"));
  EXPECT_TRUE(holds("@.name < 'shoq'"));
  EXPECT_TRUE(holds("@.open == true && @.none == null && @.absent != null"));
  EXPECT_TRUE(holds("@.at == {'zip':'8010', 'city':\"Graz\"}"));
  EXPECT_TRUE(holds("@.numbers == [10,20,30,40.0]"));
  EXPECT_TRUE(holds("@.name empty false"));
  EXPECT_TRUE(holds("@.name contains 'ho'"));
}

TEST_F(JsonPathTest, ReadsStructsWithTheirSchemasAndDefaults) {
  data::SchemaPool pool;
  const Schema* flag = data::SchemaBuilder(Kind::kString).default_value(Value::string("dflt")).build(pool).value();
  const Schema* list_schema = data::SchemaBuilder::array(pool.int32()).build(pool).value();
  const Schema* schema = data::SchemaBuilder::structure().field("a", list_schema).field("b", flag).build(pool).value();
  sluice_struct* fields = arena_struct(arena_.c(), schema);
  fields->fields[0] = list({Value::int32(7)});
  const SchemaAndValue root{schema, Value::record(fields, 2)};
  EXPECT_THAT(find("$.b", root), ElementsAre("dflt"));

  std::vector<SchemaAndValue> found;
  ASSERT_TRUE(JsonPath::compile("$.a[*]")->evaluate(root, found).value());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].schema, pool.int32());
  EXPECT_EQ(found[0].value.i64(), 7);
}

TEST_F(JsonPathTest, RefusesWhatItCannotRead) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "null or empty"},
      {"$.", "must not end"},
      {"$.a b", "brackets"},
      {"$x", "unexpected character 'x' at position 1"},
      {"$[", "after '['"},
      {"$['a", "closing '"},
      {"$['a'", "']' is missing"},
      {"$[1:2:3]", "']' is missing"},
      {"$[99999999999]", "32 bits"},
      {"$[?]", "'(' is missing"},
      {"$[?(@.a == )]", "expected a path"},
      {"$[?(@.a = 1)]", "')' is missing"},
      {"$[?('a')]", "an operator is missing"},
      {"$[?(@.a =~ /x)]", "end of a regular expression"},
      {"$[?(@.a =~ /(/)]", "Unclosed group"},
      {"$.a.sum()", "sum()"},
      {"$.a.length().b", "nothing may follow"},
      {"$[?(@.a == [1, 2)]", "',' or ']' is missing"},
      {"$.a['\\u12']", "hexadecimal"},
  };
  for (const auto& [path, message] : kCases) {
    const auto compiled = JsonPath::compile(path);
    ASSERT_FALSE(compiled) << path;
    EXPECT_THAT(compiled.error().message(), HasSubstr(message)) << path;
    EXPECT_EQ(compiled.error().code(), base::Code::kInvalidConfig) << path;
  }
}

TEST_F(JsonPathTest, HasLimits) {
  std::string nested = "@.a";
  for (int i = 0; i < 200; ++i) nested = "!(" + nested + ")";
  EXPECT_THAT(find("$[?(" + nested + ")]"), ElementsAre(HasSubstr("nested deeper")));
  std::string inner = "@.a";
  for (int i = 0; i < 100; ++i) inner = "@[?(" + inner + ")]";
  EXPECT_THAT(find("$[?(" + inner + ")]"), ElementsAre(HasSubstr("nested deeper")));
  EXPECT_THAT(find("$[?(@.a == " + std::string(500, '[') + ")]"), ElementsAre(HasSubstr("nested deeper")));
  std::string steps = "$";
  for (int i = 0; i < 100; ++i) steps += ".a";
  EXPECT_THAT(find(steps), ElementsAre(HasSubstr("more than 64 steps")));
  EXPECT_THAT(find(std::string(9000, 'a')), ElementsAre(HasSubstr("longer than")));

  Value deep = Value::int32(1);
  for (int i = 0; i < 1100; ++i) deep = list({deep});
  EXPECT_THAT(find("$..x", {nullptr, deep}), ElementsAre(HasSubstr("nested deeper than 1000")));
  Value wide = Value::int32(1);
  for (int i = 0; i < 24; ++i) wide = list({wide, wide});
  EXPECT_THAT(find("$..*..*", {nullptr, wide}), ElementsAre(HasSubstr("more than 1000000 values")));
}

}  // namespace
}  // namespace sluice::smt
