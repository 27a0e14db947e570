#include "smt/scripting.h"

#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

constexpr const char* kFilter = "io.debezium.transforms.Filter";
constexpr const char* kRouter = "io.debezium.transforms.ContentBasedRouter";

class ScriptingTest : public SmtTest {
 protected:
  ScriptingTest() { set_value(map({{"op", text("u")}, {"qty", Value::int32(3)}})); }

  std::unique_ptr<data::Transform> make(const char* class_name, Config keys) {
    auto made = make_transform(class_name, keys);
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? std::move(*made) : nullptr;
  }
  std::string configuration_error(const char* class_name, Config keys) {
    const auto made = make_transform(class_name, keys);
    return made ? "" : made.error().to_string();
  }
};

TEST_F(ScriptingTest, KeepsWhatTheConditionHolds) {
  const auto keep = make(kFilter, {{"language", "jsr223.graal.js"}, {"condition", "value.op == 'u'"}});
  EXPECT_EQ(apply(*keep), "");
  EXPECT_FALSE(record().dropped());
  const auto drop = make(kFilter, {{"language", "jsr223.js"}, {"condition", "value.qty > 3"}});
  EXPECT_EQ(apply(*drop), "");
  EXPECT_TRUE(record().dropped());
}

TEST_F(ScriptingTest, RoutesByContent) {
  const auto router = make(
      kRouter, {{"language", "jsr223.graal.js"}, {"topic.expression", "value.op == 'u' ? topic + '-updates' : null"}});
  EXPECT_EQ(apply(*router), "");
  EXPECT_EQ(topic(), "orders-updates");
  fresh();
  set_value(map({{"op", text("c")}}));
  EXPECT_EQ(apply(*router), "");
  EXPECT_EQ(topic(), "orders");
}

TEST_F(ScriptingTest, PassesOtherTopics) {
  const auto filter =
      make(kFilter, {{"language", "jsr223.graal.js"}, {"condition", "false"}, {"topic.regex", "order"}});
  EXPECT_EQ(apply(*filter), "");
  EXPECT_FALSE(record().dropped());
  const auto matching =
      make(kFilter, {{"language", "jsr223.graal.js"}, {"condition", "false"}, {"topic.regex", "o.*s"}});
  EXPECT_EQ(apply(*matching), "");
  EXPECT_TRUE(record().dropped());
}

TEST_F(ScriptingTest, HandlesNullValues) {
  const auto with = [&](const char* mode) {
    const auto filter = make(kFilter, {{"language", "jsr223.graal.js"},
                                       {"condition", "value == null && topic == 'x'"},
                                       {"null.handling.mode", mode}});
    fresh();
    EXPECT_EQ(apply(*filter), "");
    return record().dropped();
  };
  EXPECT_FALSE(with("keep"));
  EXPECT_TRUE(with("DROP"));
  EXPECT_TRUE(with("evaluate"));
}

TEST_F(ScriptingTest, WrongResultsAreTheRecordsError) {
  const auto filter = make(kFilter, {{"language", "jsr223.graal.js"}, {"condition", "value.op"}});
  EXPECT_EQ(apply(*filter),
            "io.debezium.DebeziumException: Error while evaluating expression 'value.op' for record "
            "'SourceRecord{sourcePartition=null, sourceOffset=null} ConnectRecord{topic='orders', kafkaPartition=null, "
            "key=null, keySchema=null, value={op=u, qty=3}, valueSchema=null, timestamp=null, "
            "headers=ConnectHeaders(headers=)}'\n"
            "Caused by: io.debezium.DebeziumException: Value 'u' returned by the expression is not a Boolean");
  EXPECT_TRUE(record().failed());
  const auto router = make(kRouter, {{"language", "jsr223.graal.js"}, {"topic.expression", "[value.qty]"}});
  record().flags = 0;
  EXPECT_NE(apply(*router).find("Value '3' returned by the expression is not a String"), std::string::npos);
  EXPECT_EQ(topic(), "orders");
  const auto empty = make(kFilter, {{"language", "jsr223.graal.js"}, {"condition", "value.none"}});
  record().flags = 0;
  EXPECT_NE(apply(*empty).find("Value 'null' returned by the expression is not a Boolean"), std::string::npos);
}

TEST_F(ScriptingTest, GroovyGetsItsJavaScriptForm) {
  const auto groovy = [&](const char* condition) {
    return configuration_error(kFilter, {{"language", "jsr223.groovy"}, {"condition", condition}});
  };
  const std::string start =
      "io.debezium.DebeziumException: Invalid value jsr223.groovy for configuration language: Groovy needs a Java "
      "virtual machine. ";
  const std::string write = start + "Set 'language' to 'jsr223.graal.js' and write the expression in JavaScript: ";
  EXPECT_EQ(
      groovy("value.op == 'u' && value.before.id == 2"),
      start + "The expression is also valid JavaScript: set 'language' to 'jsr223.graal.js' and keep it as it is");
  EXPECT_EQ(groovy("value.after.name ==~ /A.*/"), write + "/^(?:A.*)$/.test(value.after.name)");
  EXPECT_EQ(groovy("value.op in ['c', 'u']"), write + "['c', 'u'].includes(value.op)");
  EXPECT_EQ(groovy("value.tags.any { it == 'x' }"), write + "value.tags.some(it => it == 'x')");
  EXPECT_EQ(groovy("(value.after ?: value.before).id > 1"), write + "(value.after || value.before).id > 1");
  EXPECT_EQ(groovy("switch (x) { case 1 -> 2 ").find(start + "Set 'language' to"), 0u);
}

TEST_F(ScriptingTest, MistakesAreFoundAtTheStart) {
  EXPECT_EQ(configuration_error(kFilter, {{"language", "jsr223.graal.js"}}),
            "io.debezium.DebeziumException: The provided configuration isn't valid; check the error log for details. "
            "The 'condition' value is invalid: A value is required");
  EXPECT_EQ(configuration_error(kFilter, {{"language", "groovy2"}, {"condition", "true"}}),
            "io.debezium.DebeziumException: Value for option 'language' must begin with 'jsr223.' or 'wasm', e.g. "
            "'jsr223.groovy'");
  EXPECT_EQ(configuration_error(kRouter, {{"language", "jsr223.graal.js"}, {"topic.expression", "value.x == ['a'] &&"}})
                .find("io.debezium.DebeziumException: Failed to parse expression 'value.x == ['a'] &&'\nCaused by: "
                      "javax.script.ScriptException: SyntaxError"),
            0u);
  EXPECT_NE(configuration_error(kFilter, {{"language", "jsr223.graal.js"}, {"condition", "value.op ==~ /u/"}})
                .find("would mean something else in JavaScript; it looks like Groovy, in JavaScript it is: "
                      "/^(?:u)$/.test(value.op)"),
            std::string::npos);
  EXPECT_EQ(configuration_error(kFilter, {{"language", "wasm.chicory"}, {"condition", "x"}})
                .find("io.debezium.DebeziumException: Invalid value wasm.chicory for configuration language"),
            0u);
  EXPECT_NE(configuration_error(kFilter,
                                {{"language", "jsr223.js"}, {"condition", "true"}, {"null.handling.mode", "sometimes"}})
                .find("'null.handling.mode' value 'sometimes' is invalid"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::smt
