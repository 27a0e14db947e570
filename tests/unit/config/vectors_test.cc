// The recorded answers of Kafka Connect for the parsing of every type and for the framework's own definitions.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "runtime/base/java_number.h"
#include "runtime/config/connector_config.h"
#include "tests/unit/config/fake_catalog.h"

namespace sluice::config {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> read_vectors(const std::string& name) {
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/vectors/" + name);
  std::vector<Json> cases;
  for (std::string line; std::getline(in, line);) cases.push_back(Json::parse(line));
  return cases;
}

std::optional<std::string> text_or_null(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<std::string>());
}

// A value in the notation of the vector files.
Json notation(const Value& value) {
  struct Visitor {
    Json operator()(Null) const { return nullptr; }
    Json operator()(bool v) const { return {{"bool", v}}; }
    Json operator()(std::int16_t v) const { return {{"i16", v}}; }
    Json operator()(std::int32_t v) const { return {{"i32", v}}; }
    Json operator()(std::int64_t v) const { return {{"i64", std::to_string(v)}}; }
    Json operator()(double v) const { return {{"f64", base::java_double_text(v)}}; }
    Json operator()(const std::string& v) const { return {{"str", v}}; }
    Json operator()(const ClassName& v) const { return {{"class", v.name}}; }
    Json operator()(const Password& v) const { return {{"password", v.reveal()}}; }
    Json operator()(const List& v) const {
      Json items = Json::array();
      for (const auto& item : v) items.push_back({{"str", item}});
      return {{"array", items}};
    }
  };
  return std::visit(Visitor(), value);
}

TEST(ConfigVectors, EveryTypeParsesAsRecorded) {
  const FakeCatalog catalog;
  const auto cases = read_vectors("configdef.jsonl");
  ASSERT_EQ(cases.size(), 157u);
  for (const auto& test : cases) {
    SCOPED_TRACE(test.dump());
    const auto type = parse_type_name(test["type"].get<std::string>());
    ASSERT_TRUE(type);
    const auto outcome = parse_type("my.key", text_or_null(test["input"]), *type, catalog.resolver());
    ASSERT_EQ(outcome.has_value(), test.contains("ok"));
    if (!outcome) {
      EXPECT_EQ(outcome.error().exception(), test["error"]["class"].get<std::string>());
      EXPECT_EQ(outcome.error().message(), test["error"]["message"].get<std::string>());
      continue;
    }
    Json expected = test["ok"]["value"];
    if (expected.is_object()) expected.erase("bits");
    EXPECT_EQ(notation(*outcome), expected);
    EXPECT_EQ(to_text(*outcome), text_or_null(test["ok"]["text"]));
  }
}

TEST(ConfigVectors, FrameworkDefinitionsValidateAsRecorded) {
  const FakeCatalog catalog;
  const std::map<std::string, ConfigDef> defs = {{"common", common_config_def(catalog)},
                                                 {"source", source_config_def(catalog)},
                                                 {"sink", sink_config_def(catalog)}};
  int ran = 0;
  for (const auto& test : read_vectors("validate.jsonl")) {
    const auto def = defs.find(test["class"].get<std::string>());
    if (def == defs.end()) continue;  // components are tested where they live
    SCOPED_TRACE(test["id"].get<std::string>() + " " + test["config"].dump());
    ConfigMap config;
    for (const auto& [key, text] : test["config"].items()) config.set(key, text_or_null(text));
    Json actual = Json::array();
    for (const auto& value : def->second.validate(config, catalog.resolver())) {
      Json entry = {{"name", value.name}, {"value", notation(value.value)}};
      if (!value.recommended.empty()) entry["recommended"] = value.recommended.size();
      if (!value.errors.empty()) entry["errors"] = value.errors;
      if (!value.visible) entry["visible"] = false;
      actual.push_back(std::move(entry));
    }
    EXPECT_EQ(actual.dump(), test["ok"].dump());
    ++ran;
  }
  EXPECT_EQ(ran, 82);
}

}  // namespace
}  // namespace sluice::config
