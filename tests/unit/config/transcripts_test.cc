// The recorded answers of `PUT /connector-plugins/{plugin}/config/validate`, and of creations that it refused.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "runtime/config/connector_validation.h"
#include "tests/unit/config/fake_catalog.h"

namespace sluice::config {
namespace {

using Json = nlohmann::ordered_json;

std::string filled_in(std::string text) {
  const std::pair<std::string, std::string> variables[] = {
      {"{{PREFIX}}", "p-"}, {"{{TMP}}", "/tmp"}, {"{{VERSION}}", "4.3.1"}};
  for (const auto& [name, value] : variables)
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) text.replace(at, name.size(), value);
  return text;
}

Json read_transcript(const std::string& name) {
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/rest/" + name);
  return Json::parse(filled_in(std::string(std::istreambuf_iterator<char>(in), {})));
}

// The rules of a step's `loose` member that these transcripts use, applied to an answer.
Json reduced(Json answer, const Json& step) {
  if (!step.contains("loose")) return answer;
  for (const auto& rule : step["loose"]) {
    if (rule["rule"] == "with-errors") {
      Json kept = Json::array();
      std::set<std::string> names;
      for (const auto& name : rule["names"]) names.insert(name.get<std::string>());
      for (const auto& entry : answer["configs"])
        if (!entry["value"]["errors"].empty() || names.contains(entry["value"]["name"].get<std::string>()))
          kept.push_back(entry);
      answer["configs"] = kept;
    } else {
      for (auto& entry : answer["configs"]) {
        for (auto& error : entry["value"]["errors"]) {
          const auto text = error.get<std::string>();
          const auto marker = rule.value("marker", std::string());
          const auto at = marker.empty() ? std::string::npos : text.find(marker);
          if (rule["rule"] == "any") error = "";
          if (rule["rule"] == "until" && at != std::string::npos) error = text.substr(0, at + marker.size());
        }
      }
    }
  }
  return answer;
}

ConfigMap config_of(const Json& json) {
  ConfigMap config;
  for (const auto& [key, text] : json.items())
    config.set(key, text.is_null() ? std::nullopt : std::optional(text.get<std::string>()));
  return config;
}

class Transcripts : public ::testing::TestWithParam<const char*> {};

TEST_P(Transcripts, AnswersAsRecorded) {
  const FakeCatalog catalog;
  const WorkerConverters converters = {"org.apache.kafka.connect.storage.StringConverter",
                                       "org.apache.kafka.connect.storage.StringConverter",
                                       "org.apache.kafka.connect.storage.SimpleHeaderConverter"};
  const Json transcript = read_transcript(GetParam());
  const auto policy = make_override_policy(
      transcript["worker"].value("/properties/connector.client.config.override.policy"_json_pointer, "All"), {});
  ASSERT_TRUE(policy.has_value());
  int ran = 0;
  for (const auto& step : transcript["steps"]) {
    if (!step.contains("body") || step["body"].is_null()) continue;
    const bool create = step["path"] == "/connectors";
    Json body = Json::parse(step["body"].get<std::string>());
    ConfigMap config = config_of(create ? body["config"] : body);
    if (create) config.set("name", body["name"].get<std::string>());
    const auto class_name = catalog.resolve(config.get_or("connector.class", ""));
    const std::string plugin = step["path"].get<std::string>();
    const int status = step["expect"]["status"].get<int>();
    if (!class_name || (status == 400 && !create)) continue;  // whether class and path agree is the herder's to say
    SCOPED_TRACE(plugin + " " + body.dump());
    const ConnectorKind kind =
        catalog.is_a(*class_name, ComponentKind::kSource) ? ConnectorKind::kSource : ConnectorKind::kSink;
    const auto own = *catalog.config_def(
        *class_name, kind == ConnectorKind::kSource ? ComponentKind::kSource : ComponentKind::kSink);
    const auto outcome =
        validate_connector({config, kind, catalog, converters, **policy, {own, own->validate(config)}, "some-group"});
    const std::string expected = step["expect"]["body"].get<std::string>();
    if (create) {
      ASSERT_TRUE(outcome.has_value());
      EXPECT_EQ(refusal_text(*outcome), Json::parse(expected)["message"].get<std::string>());
    } else if (status != 200) {
      ASSERT_FALSE(outcome.has_value());
      EXPECT_EQ(outcome.error().to_string(),
                Json::parse(expected)["message"].get<std::string>());  // REST shows the class too
    } else {
      ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
      EXPECT_EQ(reduced(Json::parse(to_json(*outcome)), step).dump(), reduced(Json::parse(expected), step).dump());
      if (!step.contains("loose")) {
        EXPECT_EQ(to_json(*outcome), expected);  // byte for byte
      }
    }
    ++ran;
  }
  EXPECT_GE(ran, 1);
  RecordProperty("answers", ran);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Transcripts,
                         ::testing::Values("validate-errors.json", "validate-full-sink.json",
                                           "validate-full-source.json", "validate-overrides.json",
                                           "validate-transforms.json", "policy-none.json"));

}  // namespace
}  // namespace sluice::config
