#include "runtime/task/transform_preview.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/cmd/builtin_components.h"
#include "runtime/plugin/registry.h"

namespace sluice::task {
namespace {

// What the test wants done to a record; refuses what it is told to.
class Scripted final : public data::RecordTransform {
 public:
  using Function = std::function<base::Status(data::Batch&, data::Record&)>;
  explicit Scripted(Function function) : function_(std::move(function)) {}
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    return function_(batch, record);
  }

 private:
  Function function_;
};

class TransformPreviewTest : public testing::Test {
 protected:
  TransformPreviewTest() : plugins_(plugin::Registry::Options{}) {
    EXPECT_TRUE(cmd::add_builtin_components(plugins_));
    worker_.plugins = &plugins_;
  }

  void add(const std::string& class_name, Scripted::Function function) {
    plugin::BuiltinComponent component;
    component.class_name = class_name;
    component.kinds = {config::ComponentKind::kTransformation};
    component.config_def = [] { return config::ConfigDef(); };
    component.transform = [function](const config::ConfigMap&) -> base::Result<std::unique_ptr<data::Transform>> {
      return std::make_unique<Scripted>(function);
    };
    ASSERT_TRUE(plugins_.add(std::move(component)));
  }

  base::Result<TransformPreview> run(config::ConfigMap config, std::vector<std::string> records) {
    PreviewRequest request;
    request.config = std::move(config);
    request.records = std::move(records);
    return preview_transforms(worker_, request);
  }
  // The error of a chain that does nothing to the text given.
  std::string refusal(std::string record) {
    const auto outcome = run({{"transforms", "a"}, {"transforms.a.type", "Filter"}}, {std::move(record)});
    return outcome ? "accepted" : outcome.error().message();
  }
  // The record after a chain that changes nothing.
  std::string written(std::string record) {
    const auto outcome = run({{"transforms", "a"},
                              {"transforms.a.type", "RegexRouter"},
                              {"transforms.a.regex", "no such topic"},
                              {"transforms.a.replacement", "x"}},
                             {std::move(record)});
    if (!outcome) return outcome.error().message();
    const PreviewStep& step = outcome->records[0].steps[0];
    EXPECT_EQ(step.changed, std::vector<std::string>());
    return record_json(step.record);
  }
  static std::string member(const PreviewRecord& record, std::string_view name) {
    for (const PreviewMember& member : record)
      if (member.name == name) return member.json;
    return "(none)";
  }

  plugin::Registry plugins_;
  WorkerContext worker_;
};

const config::ConfigMap kDropTombstones = {
    {"transforms", "hoist,drop"},
    {"transforms.hoist.type", "org.apache.kafka.connect.transforms.HoistField$Value"},
    {"transforms.hoist.field", "line"},
    {"transforms.hoist.predicate", "gone"},
    {"transforms.hoist.negate", "true"},
    {"transforms.drop.type", "Filter"},
    {"transforms.drop.predicate", "gone"},
    {"predicates", "gone"},
    {"predicates.gone.type", "RecordIsTombstone"}};

TEST_F(TransformPreviewTest, EachRecordIsShownAfterEachStep) {
  const auto preview = run(kDropTombstones, {R"({"topic":"t","value":"x"})", R"({"topic":"t","key":1})"});
  ASSERT_TRUE(preview) << preview.error().message();
  ASSERT_EQ(preview->stages.size(), 2u);
  EXPECT_EQ(preview->stages[0].class_name, "org.apache.kafka.connect.transforms.HoistField$Value");
  EXPECT_TRUE(preview->stages[0].negate);
  EXPECT_EQ(preview->stages[1].predicate, "gone");
  const auto& kept = preview->records[0].steps;
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].outcome, PreviewOutcome::kApplied);
  EXPECT_EQ(kept[0].changed, std::vector<std::string>{"value"});
  EXPECT_EQ(member(kept[0].record, "value"), R"({"line":"x"})");
  EXPECT_EQ(kept[1].outcome, PreviewOutcome::kSkipped);
  EXPECT_EQ(member(kept[1].record, "value"), R"({"line":"x"})");
  const auto& dropped = preview->records[1].steps;
  ASSERT_EQ(dropped.size(), 2u);
  EXPECT_EQ(dropped[0].outcome, PreviewOutcome::kSkipped);
  EXPECT_EQ(dropped[1].outcome, PreviewOutcome::kDropped);
  EXPECT_TRUE(dropped[1].record.empty());
}

TEST_F(TransformPreviewTest, AFailureEndsItsRecordAlone) {
  add("org.test.Picky", [](data::Batch& batch, data::Record& record) -> base::Status {
    if (batch.topic(record) == "bad") return base::data_error("no {} here", "bad");
    return {};
  });
  add("org.test.Busy", [](data::Batch&, data::Record&) -> base::Status {
    return base::fail(base::Code::kRetry, base::exceptions::kRetriable, "later");
  });
  const auto preview =
      run({{"transforms", "a,b"}, {"transforms.a.type", "org.test.Picky"}, {"transforms.b.type", "org.test.Busy"}},
          {R"({"topic":"bad"})", R"({"topic":"good"})"});
  ASSERT_TRUE(preview) << preview.error().message();
  ASSERT_EQ(preview->records[0].steps.size(), 1u);
  EXPECT_EQ(preview->records[0].steps[0].outcome, PreviewOutcome::kFailed);
  EXPECT_EQ(preview->records[0].steps[0].error->message(), "no bad here");
  // Nothing is tried again.
  ASSERT_EQ(preview->records[1].steps.size(), 2u);
  EXPECT_EQ(preview->records[1].steps[1].outcome, PreviewOutcome::kFailed);
  EXPECT_EQ(preview->records[1].steps[1].error->message(), "later");
}

TEST_F(TransformPreviewTest, WhatIsWrittenCanBeRead) {
  for (
      const std::string record : {
          R"({"topic":"t","partition":null,"offset":0,"timestamp":null,"key":null,"value":null,"headers":[]})",
          R"({"topic":"t","partition":3,"offset":7,"timestamp":0,"key":[1,{"a":null}],"value":true,"headers":[]})",
          R"({"topic":"é\"","partition":0,"offset":0,"timestamp":1,"key":"k","value":1.5,"headers":[{"key":"h","value":null},{"key":"h","value":2}]})",
          // A struct with a decimal, whose digits stay as they are, and a null with a schema.
          R"({"topic":"t","partition":0,"offset":0,"timestamp":1,"key":{"schema":{"type":"string","optional":true},"payload":null},)"
          R"("value":{"schema":{"type":"struct","fields":[{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"3"},"field":"d"}],"optional":false,"name":"R"},"payload":{"d":12.500}},"headers":[]})",
          // A map that looks like an envelope is put into one.
          R"({"topic":"t","partition":0,"offset":0,"timestamp":1,"key":null,"value":{"schema":null,"payload":{"schema":1,"payload":2}},"headers":[]})",
      })
    EXPECT_EQ(written(record), record);
}

TEST_F(TransformPreviewTest, WhatJsonCannotHoldIsShownAsText) {
  add("org.test.Dates", [](data::Batch&, data::Record& record) -> base::Status {
    record.value = Value::instant(0);
    return {};
  });
  const auto preview =
      run({{"transforms", "a"}, {"transforms.a.type", "org.test.Dates"}}, {R"({"topic":"t","value":1})"});
  ASSERT_TRUE(preview) << preview.error().message();
  const PreviewStep& step = preview->records[0].steps[0];
  EXPECT_EQ(member(step.record, "value"), R"("Thu Jan 01 00:00:00 UTC 1970")");
  ASSERT_EQ(step.notes.size(), 1u);
  EXPECT_TRUE(step.notes[0].starts_with("value: shown as text")) << step.notes[0];
}

TEST_F(TransformPreviewTest, BadRecordsAreRefusedByMemberAndValue) {
  EXPECT_EQ(refusal(R"({"value":1})"), "records[0]: 'topic' is missing: write the name of the record's topic");
  EXPECT_EQ(refusal(R"({"topic":7})"), "records[0]: 'topic' is 7: write the name of the record's topic");
  EXPECT_EQ(refusal(R"({"topic":"t","partition":"0"})"),
            R"(records[0]: 'partition' is "0": write a whole number from 0 to 2147483647, or leave it out)");
  EXPECT_EQ(refusal(R"({"topic":"t","timestamp":-5})"),
            "records[0]: 'timestamp' is -5: write a whole number from 0 to 9223372036854775807, or leave it out");
  EXPECT_EQ(refusal(R"({"topic":"t","offset":99999999999999999999})").find("records[0]: 'offset' is 9999"), 0u);
  EXPECT_EQ(refusal(R"({"topic":"t","Value":1})"),
            "records[0]: there is no member 'Value': write topic, partition, offset, timestamp, key, value, headers");
  EXPECT_EQ(refusal(R"({"topic":"t","value":{"schema":{"type":"int33"},"payload":1}})"),
            R"(records[0]: 'value': {"schema":{"type":"int33"},"payload":1}: Unknown schema type: int33)");
  EXPECT_EQ(refusal(R"({"topic":"t","headers":{"a":1}})"),
            R"(records[0]: 'headers' is {"a":1}: write a list such as [{"key": "origin", "value": "eu"}])");
  EXPECT_EQ(refusal(R"({"topic":"t","headers":[null]})"),
            R"(records[0]: 'headers[0]' is null: write an object such as {"key": "origin", "value": "eu"})");
  for (const std::string text : {"", "[]", "\"t\"", "null", R"({"topic":"t"} x)", R"({"topic":"t"}{})"})
    EXPECT_EQ(refusal(text), R"(records[0]: not one JSON object: write {"topic": "orders", "value": ...} in UTF-8)")
        << text;
  EXPECT_EQ(refusal(R"({"topic":)"), "records[0]: Invalid JSON: unexpected end at byte 9");
}

TEST_F(TransformPreviewTest, ChainsAreRefusedWithConnectsTexts) {
  const auto error = [&](config::ConfigMap config) {
    const auto outcome = run(std::move(config), {R"({"topic":"t"})"});
    return outcome ? "accepted" : outcome.error().message();
  };
  EXPECT_NE(error({}).find("'transforms' names no transform"), std::string::npos);
  EXPECT_NE(error({{"transforms", "a"}}).find("transforms.a.type"), std::string::npos);
  EXPECT_EQ(error({{"transforms", "a"}, {"transforms.a.type", "NoSuchClass"}}),
            "Invalid value NoSuchClass for configuration transforms.a.type: Class NoSuchClass could not be found.");
  EXPECT_EQ(error({{"transforms", "a"}, {"transforms.a.type", "Filter"}, {"transforms.a.predicate", "p"}}),
            "Unknown configuration 'predicates.p.type'");
}

TEST_F(TransformPreviewTest, OnlyTheChainCounts) {
  config::ConfigMap config = kDropTombstones;
  config.set("name", "");
  config.set("tasks.max", "many");
  config.set("connector.class", "com.acme.Unknown");
  EXPECT_TRUE(run(config, {R"({"topic":"t"})"}));
}

TEST_F(TransformPreviewTest, VariablesStayAsWritten) {
  const auto preview = run({{"transforms", "a"},
                            {"transforms.a.type", "InsertHeader"},
                            {"transforms.a.header", "h"},
                            {"transforms.a.value.literal", "${file:/etc/passwords:db}"}},
                           {R"({"topic":"t"})"});
  ASSERT_TRUE(preview) << preview.error().message();
  EXPECT_NE(member(preview->records[0].steps[0].record, "headers").find("${file:/etc/passwords:db}"),
            std::string::npos);
  ASSERT_EQ(preview->notes.size(), 1u);
  EXPECT_EQ(preview->notes[0].find("transforms.a.value.literal: "), 0u);
}

TEST_F(TransformPreviewTest, RecordsOfSourcesHaveNoOffset) {
  PreviewRequest request;
  request.config = {{"transforms", "a"},
                    {"transforms.a.type", "org.apache.kafka.connect.transforms.InsertField$Value"},
                    {"transforms.a.offset.field", "at"}};
  request.records = {R"({"topic":"t","offset":7,"value":{}})"};
  request.kind = config::ConnectorKind::kSource;
  auto preview = preview_transforms(worker_, request);
  ASSERT_TRUE(preview) << preview.error().message();
  EXPECT_EQ(member(preview->records[0].input, "offset"), "(none)");
  EXPECT_EQ(preview->records[0].steps[0].outcome, PreviewOutcome::kFailed);
  request.kind = std::nullopt;
  preview = preview_transforms(worker_, request);
  ASSERT_TRUE(preview) << preview.error().message();
  EXPECT_EQ(member(preview->records[0].steps[0].record, "value"), R"({"at":7})");
}

TEST_F(TransformPreviewTest, EverythingHasABound) {
  const std::string record = R"({"topic":"t","value":"x"})";
  const auto error = [](const base::Result<TransformPreview>& outcome) {
    return outcome ? "accepted" : outcome.error().message();
  };
  EXPECT_TRUE(run(kDropTombstones, std::vector<std::string>(kPreviewRecordsMax, record)));
  EXPECT_EQ(error(run(kDropTombstones, std::vector<std::string>(kPreviewRecordsMax + 1, record))),
            "There are 101 records: a preview takes at most 100");
  EXPECT_EQ(error(run(kDropTombstones, {})), "There are no records: give at least one, or a topic to read some from");
  const std::string large = R"({"topic":"t","value":")" + std::string(kPreviewInputBytesMax, 'x') + "\"}";
  EXPECT_NE(error(run(kDropTombstones, {large})).find("a preview takes at most 1048576"), std::string::npos);

  config::ConfigMap chain;
  std::string aliases;
  for (std::size_t i = 0; i <= kPreviewStagesMax; ++i) {
    const std::string alias = "a" + std::to_string(i);
    aliases += (i == 0 ? "" : ",") + alias;
    chain.set("transforms." + alias + ".type", "org.apache.kafka.connect.transforms.HoistField$Value");
    chain.set("transforms." + alias + ".field", "f");
  }
  chain.set("transforms", aliases);
  EXPECT_EQ(error(run(chain, {record})), "'transforms' names 101 transforms: a preview takes at most 100");
  chain.set("transforms", aliases.substr(0, aliases.rfind(',')));
  EXPECT_TRUE(run(chain, {record}));
  // Shown a hundred times, it would be too much.
  const std::string halfway = R"({"topic":"t","value":")" + std::string(kPreviewInputBytesMax / 2, 'x') + "\"}";
  EXPECT_EQ(error(run(chain, {halfway, record})),
            "The answer would be larger than 8388608 bytes: send fewer or smaller records");
}

}  // namespace
}  // namespace sluice::task
