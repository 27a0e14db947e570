// What a cluster's worker says of exactly once before it creates a source connector.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/config/validated_source.h"

namespace sluice::config {
namespace {

using Errors = std::vector<std::string>;

Errors errors_of(const char* key, const char* text, std::optional<bool> worker_enabled, Said said) {
  const auto infos = validate_file_source({{key, text}}, worker_enabled, said);
  if (!infos) return {infos.error().to_string()};
  const auto entry = std::find_if(infos->configs.begin(), infos->configs.end(),
                                  [&](const ConfigInfo& info) { return info.value && info.value->name == key; });
  EXPECT_EQ(infos->error_count, static_cast<int>(entry->value->errors.size()));
  return entry->value->errors;
}

constexpr const char* kWorker = "This worker does not have exactly-once source support enabled.";
constexpr const char* kUnsupported =
    "The connector does not support exactly-once semantics with the provided configuration.";
constexpr const char* kSilent =
    "The connector does not implement the API required for preflight validation of exactly-once source support. Please "
    "consult the documentation for the connector to determine whether it supports exactly-once semantics, and then "
    "consider reconfiguring the connector to use the value \"requested\" for this property (which will disable this "
    "preflight check and allow the connector to be created).";
constexpr const char* kBoundary =
    "The connector does not support connector-defined transaction boundaries with the given configuration. Please "
    "reconfigure it to use a different transaction boundary definition.";

TEST(ExactlyOnceValidation, RequiredSupportIsChecked) {
  const char* key = "exactly.once.support";
  EXPECT_EQ(errors_of(key, "required", true, {true}), Errors());
  EXPECT_EQ(errors_of(key, "REQUIRED", true, {false}), Errors({kUnsupported}));
  EXPECT_EQ(errors_of(key, "required", true, {}), Errors({kSilent}));
  EXPECT_EQ(errors_of(key, "required", false, {true}), Errors({kWorker}));
  EXPECT_EQ(errors_of(key, "required", false, {}), Errors({kWorker, kSilent}));
  EXPECT_EQ(errors_of(key, "requested", false, {false}), Errors());
  EXPECT_EQ(errors_of(key, "required", std::nullopt, {}), Errors()) << "a standalone worker does not look";
  EXPECT_EQ(
      errors_of(key, "no", false, {}),
      Errors({"Invalid value no for configuration exactly.once.support: String must be one of (case insensitive): "
              "REQUIRED, REQUESTED"}));
}

TEST(ExactlyOnceValidation, OwnBoundariesAreChecked) {
  const char* key = "transaction.boundary";
  EXPECT_EQ(errors_of(key, "connector", true, {true, true}), Errors());
  EXPECT_EQ(errors_of(key, "Connector", true, {true, false}), Errors({kBoundary}));
  EXPECT_EQ(errors_of(key, "connector", false, {}), Errors({kBoundary}));
  EXPECT_EQ(errors_of(key, "interval", true, {}), Errors());
  EXPECT_EQ(errors_of(key, "connector", std::nullopt, {}), Errors()) << "a standalone worker does not look";
}

TEST(ExactlyOnceValidation, IsAskedForByEitherKey) {
  EXPECT_TRUE(asks_for_exactly_once({{"exactly.once.support", " Required "}}));
  EXPECT_TRUE(asks_for_exactly_once({{"transaction.boundary", "connector"}}));
  EXPECT_FALSE(asks_for_exactly_once({{"exactly.once.support", "requested"}, {"transaction.boundary", "poll"}}));
  EXPECT_FALSE(asks_for_exactly_once({{"exactly.once.support", std::nullopt}}));
}

}  // namespace
}  // namespace sluice::config
