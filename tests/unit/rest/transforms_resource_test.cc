#include <nlohmann/json.hpp>

#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

using Json = nlohmann::ordered_json;
using task::PreviewOutcome;

constexpr const char* kPath = "/sluice/v1/transforms/preview";

class TransformsResource : public RestTest {
 protected:
  // The message of a refusal.
  std::string refusal(std::string_view body) {
    const auto response = json("POST", kPath, body);
    EXPECT_EQ(response.status, 400) << response.body;
    return Json::parse(response.body).at("message");
  }
};

TEST_F(TransformsResource, TheRequestReachesTheHerderAsItWasWritten) {
  const auto response = json("POST", kPath,
                             R"({"config":{"transforms":"a","n":5,"b":true,"gone":null},"kind":"source",)"
                             R"("records":[{"topic":"t","value":12.50},{"topic":"u"}]})");
  ASSERT_EQ(response.status, 200) << response.body;
  ASSERT_TRUE(herder_.last_preview);
  EXPECT_EQ(herder_.last_preview->config,
            (config::ConfigMap{{"transforms", "a"}, {"n", "5"}, {"b", "true"}, {"gone", std::nullopt}}));
  EXPECT_EQ(herder_.last_preview->kind, config::ConnectorKind::kSource);
  EXPECT_EQ(herder_.last_preview->records,
            (std::vector<std::string>{R"({"topic":"t","value":12.50})", R"({"topic":"u"})"}));
  EXPECT_FALSE(herder_.last_preview->topic);
}

TEST_F(TransformsResource, ATopicCanGiveTheRecords) {
  const auto response = json("POST", kPath, R"({"config":{},"topic":{"name":"t","partition":2,"records":5}})");
  ASSERT_EQ(response.status, 200) << response.body;
  ASSERT_TRUE(herder_.last_preview && herder_.last_preview->topic);
  EXPECT_EQ(herder_.last_preview->topic->topic, "t");
  EXPECT_EQ(herder_.last_preview->topic->partition, 2);
  EXPECT_EQ(herder_.last_preview->topic->records, 5u);
  EXPECT_FALSE(herder_.last_preview->kind);
}

TEST_F(TransformsResource, TheAnswerTellsEveryStep) {
  const task::PreviewRecord before = {{"topic", "\"t\"", "\"t\"", ""}};
  const task::PreviewRecord after = {{"topic", "\"u\"", "\"u\"", ""}};
  herder_.preview.stages = {{"a", "org.A", "p", true}, {"b", "org.B", "", false}};
  herder_.preview.notes = {"a note"};
  task::PreviewedRecord failed{before, {}, {}, {}, {}};
  failed.steps.push_back({PreviewOutcome::kApplied, {"topic"}, after, {}, {}});
  failed.steps.push_back({PreviewOutcome::kFailed,
                          {},
                          {},
                          base::Error(base::Code::kBadRecord, base::exceptions::kData, "no")
                              .with_cause(base::Error(base::Code::kBadRecord, base::exceptions::kNullPointer, "inner")),
                          {}});
  task::PreviewedRecord dropped{before, {}, {}, {}, {}};
  dropped.steps.push_back({PreviewOutcome::kDropped, {}, {}, {}, {}});
  task::PreviewedRecord unreadable{
      before, {}, {}, base::Error(base::Code::kBadRecord, base::exceptions::kData, "bytes"), "org.Converter"};
  task::PreviewedRecord kept{before, {}, {}, {}, {}};
  kept.steps.push_back({PreviewOutcome::kSkipped, {}, before, {}, {}});
  kept.steps.push_back({PreviewOutcome::kApplied, {"topic"}, after, {}, {"step note"}});
  herder_.preview.records = {failed, dropped, unreadable, kept};

  const auto response = json("POST", kPath, R"({"config":{},"records":[]})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json answer = Json::parse(response.body);
  EXPECT_EQ(answer.at("kind"), "sink");
  EXPECT_EQ(answer.at("notes"), Json::array({"a note"}));
  EXPECT_EQ(answer.at("transforms")[0].dump(), R"({"alias":"a","class":"org.A","predicate":"p","negate":true})");
  EXPECT_EQ(answer.at("transforms")[1].dump(), R"({"alias":"b","class":"org.B","predicate":null,"negate":false})");
  const Json& records = answer.at("records");
  EXPECT_EQ(records[0].at("outcome"), "failed");
  EXPECT_EQ(records[0].at("by"), "b");
  EXPECT_EQ(records[0].at("record"), nullptr);
  EXPECT_EQ(records[0].at("error").at("exception"), base::exceptions::kData);
  EXPECT_EQ(records[0].at("error").at("message"), "no");
  EXPECT_NE(records[0].at("error").at("trace").get<std::string>().find("inner"), std::string::npos);
  EXPECT_EQ(
      records[0].at("steps")[0].dump(),
      R"({"alias":"a","class":"org.A","outcome":"applied","changed":["topic"],"record":{"topic":"u"},"error":null,"notes":[]})");
  EXPECT_EQ(records[1].at("outcome"), "dropped");
  EXPECT_EQ(records[1].at("by"), "a");
  EXPECT_EQ(records[1].at("error"), nullptr);
  EXPECT_EQ(records[2].at("outcome"), "failed");
  EXPECT_EQ(records[2].at("by"), "org.Converter");
  EXPECT_EQ(records[2].at("error").at("message"), "bytes");
  EXPECT_EQ(records[3].at("outcome"), "kept");
  EXPECT_EQ(records[3].at("by"), nullptr);
  EXPECT_EQ(records[3].at("record").dump(), R"({"topic":"u"})");
  EXPECT_EQ(records[3].at("input").dump(), R"({"topic":"t"})");
}

TEST_F(TransformsResource, BadRequestsAreRefusedByMemberAndValue) {
  EXPECT_EQ(refusal("[]"), "The body is []: write an object of config, kind, records, topic, timeout.ms");
  EXPECT_EQ(refusal(""), "The body is null: write an object of config, kind, records, topic, timeout.ms");
  EXPECT_EQ(refusal(R"({"konfig":{}})"),
            "The body has no member 'konfig': write config, kind, records, topic, timeout.ms");
  EXPECT_EQ(refusal(R"({"records":[]})").find("'config' is null: write an object such as"), 0u);
  EXPECT_EQ(refusal(R"({"config":{"transforms":["a"]},"records":[]})"),
            R"('config': 'transforms' is ["a"]: write a text)");
  EXPECT_EQ(refusal(R"({"config":{},"kind":"both","records":[]})"), R"('kind' is "both": write source or sink)");
  EXPECT_EQ(refusal(R"({"config":{}})"), "Neither of 'records' and 'topic' is there: write one of them");
  EXPECT_EQ(refusal(R"({"config":{},"records":[],"topic":{"name":"t"}})"),
            "Each of 'records' and 'topic' is there: write one of them");
  EXPECT_EQ(refusal(R"({"config":{},"records":{}})").find("'records' is {}: write a list"), 0u);
  EXPECT_EQ(refusal(R"({"config":{},"topic":"t"})"), R"('topic' is "t": write an object of name, partition, records)");
  EXPECT_EQ(refusal(R"({"config":{},"topic":{}})"), "'topic.name' is missing: write the name of a topic");
  EXPECT_EQ(refusal(R"({"config":{},"topic":{"name":"t","records":101}})"),
            "'topic.records' is 101: write a whole number from 1 to 100");
  EXPECT_EQ(refusal(R"({"config":{},"records":[],"timeout.ms":0})"),
            "'timeout.ms' is 0: write a whole number from 1 to 60000");
}

TEST_F(TransformsResource, WhatIsWrongWithTheChainIs400AndALateAnswer500) {
  herder_.fail_next(base::Error(base::Code::kInvalidConfig, base::exceptions::kConfig, "no such class"));
  EXPECT_EQ(refusal(R"({"config":{},"records":[]})"), "no such class");
  herder_.fail_next(base::Error(base::Code::kTimeout, base::exceptions::kConnectRest, "Request timed out."));
  EXPECT_EQ(json("POST", kPath, R"({"config":{},"records":[]})").status, 500);
}

TEST_F(TransformsResource, TheRequestsOwnTimeCounts) {
  herder_.cork();
  const auto response = json("POST", kPath, R"({"config":{},"records":[],"timeout.ms":20})");
  herder_.release();
  EXPECT_EQ(response.status, 500) << response.body;
  EXPECT_EQ(json("GET", kPath, "").status, 405);
}

}  // namespace
}  // namespace sluice::rest
