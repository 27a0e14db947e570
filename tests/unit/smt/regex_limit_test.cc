// A pattern of a user that explodes fails its record, in every transform and predicate that takes one, and costs no
// more than the limit on a match.

#include "tests/unit/smt/debezium_test.h"

namespace sluice::smt {
namespace {

const std::string kHard = std::string(64, 'a') + "b";  // (a+)+ tries every way to divide it
constexpr const char* kPattern = "(a+)+";

class RegexLimit : public DebeziumTest {
 protected:
  void expect_failure(std::string_view class_name, Config config) {
    const auto transform = make_transform(class_name, config);
    ASSERT_TRUE(transform) << transform.error().message();
    const std::string error = apply(**transform);
    EXPECT_NE(error.find(kPattern), std::string::npos) << class_name << ": " << error;
    EXPECT_TRUE(record().failed());
  }
  void name_topic() { record().topic = batch_.topic_index(kHard); }
};

TEST_F(RegexLimit, OfRegexRouter) {
  name_topic();
  expect_failure("org.apache.kafka.connect.transforms.RegexRouter", {{"regex", kPattern}, {"replacement", "x"}});
}

TEST_F(RegexLimit, OfTopicNameMatches) {
  name_topic();
  config::ConfigMap config;
  config.set("pattern", kPattern);
  struct Failures final : data::RecordErrors {
    void fail(data::Batch&, std::uint32_t, base::Error error) override { text = error.to_string(); }
    std::string text;
  } failures;
  for (const auto& predicate : builtin_predicates()) {
    if (!predicate.class_name.ends_with("TopicNameMatches")) continue;
    std::uint64_t matches = 0;
    ASSERT_TRUE(predicate.create(config).value()->test({&pool_, false}, batch_, {&matches, 1}, failures));
    EXPECT_EQ(matches, 0U);
  }
  EXPECT_NE(failures.text.find(kPattern), std::string::npos) << failures.text;
}

TEST_F(RegexLimit, OfDebeziumsLogicalRouters) {
  for (const char* name :
       {"io.debezium.transforms.ByLogicalTableRouter", "io.debezium.transforms.ToLogicalTopicRouter"}) {
    const Schema* envelope = envelope_schema();
    fresh();
    name_topic();
    set_event(envelope, "c", Value(), row(envelope, 1, text("x")));
    record().key_schema = batch_.schema_index(struct_schema({{"id", pool_.int32()}}));
    record().key = structure(batch_.key_schema(record()), {Value::int32(1)});
    expect_failure(name, {{"topic.regex", kPattern}, {"topic.replacement", "x"}});
    fresh();
    name_topic();
    set_event(envelope, "c", Value(), row(envelope, 1, text("x")));
    record().key_schema = batch_.schema_index(struct_schema({{"id", pool_.int32()}}));
    record().key = structure(batch_.key_schema(record()), {Value::int32(1)});
    expect_failure(name, {{"topic.regex", ".*"},
                          {"topic.replacement", "x"},
                          {"key.field.regex", kPattern},
                          {"key.field.replacement", "x"}});
  }
}

TEST_F(RegexLimit, OfDebeziumsScriptedTransforms) {
  name_topic();
  expect_failure("io.debezium.transforms.Filter",
                 {{"topic.regex", kPattern}, {"language", "jsr223.graal.js"}, {"condition", "true"}});
  fresh();
  name_topic();
  expect_failure("io.debezium.transforms.ContentBasedRouter",
                 {{"topic.regex", kPattern}, {"language", "jsr223.graal.js"}, {"topic.expression", "'x'"}});
}

TEST_F(RegexLimit, OfEventRouter) {
  const Schema* outbox = struct_schema({{"id", pool_.string()},
                                        {"aggregateid", pool_.string()},
                                        {"aggregatetype", pool_.string()},
                                        {"payload", pool_.string()}});
  const Schema* envelope = envelope_of("shop.outbox", outbox);
  set_event(envelope, "c", Value(), structure(outbox, {text("1"), text("2"), text(kHard), text("p")}), "outbox");
  expect_failure("io.debezium.transforms.outbox.EventRouter", {{"route.topic.regex", kPattern}});
}

TEST_F(RegexLimit, OfFiltersWithAPath) {
  set_value(map({{"t", text(kHard)}}));
  expect_failure("io.confluent.connect.transforms.Filter$Value",
                 {{"filter.condition", "$[?(@.t =~ /(a+)+/)]"}, {"filter.type", "include"}});
}

}  // namespace
}  // namespace sluice::smt
