#include "runtime/config/topic_creation.h"

#include <algorithm>
#include <set>

#include "runtime/base/strings.h"
#include "runtime/config/config_def.h"

namespace sluice::config {
namespace {

using base::fail;
using base::Result;
using base::Status;

constexpr std::string_view kPrefix = "topic.creation.";
constexpr std::string_view kGroups = "topic.creation.groups";
constexpr std::string_view kDefault = "default";
constexpr const char* kInclude = "include";
constexpr const char* kExclude = "exclude";
constexpr const char* kReplication = "replication.factor";
constexpr const char* kPartitions = "partitions";

Validator valid_regexes() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        const auto* list = std::get_if<List>(&value);
        if (list == nullptr) return {};
        for (const auto& pattern : *list) {
          const auto compiled = base::Regex::compile(pattern);
          if (!compiled)
            return fail(
                invalid_value(name, value, "Syntax error in regular expression: " + compiled.error().message()));
        }
        return {};
      },
      "valid regular expressions");
}

Validator positive_or_default(std::string message) {
  return Validator(
      [message = std::move(message)](std::string_view name, const Value& value) -> Status {
        const auto* wide = std::get_if<std::int32_t>(&value);
        const auto* narrow = std::get_if<std::int16_t>(&value);
        const int number = wide != nullptr ? *wide : narrow != nullptr ? *narrow : 0;
        if (number == -1 || number > 0) return {};
        return fail(invalid_value(name, value, message));
      },
      "Positive number, or -1 to use the broker's default");
}

ConfigKey replication_key(std::optional<Value> fallback) {
  ConfigKey key =
      required_key(kReplication, Type::kShort, Importance::kLow, "The replication factor of topics in this group.");
  key.default_value = std::move(fallback);
  key.validator = topic_replication_validator();
  return key;
}

ConfigKey partitions_key(std::optional<Value> fallback) {
  ConfigKey key =
      required_key(kPartitions, Type::kInt, Importance::kLow, "The number of partitions of topics in this group.");
  key.default_value = std::move(fallback);
  key.validator = topic_partitions_validator();
  return key;
}

// Defaults that are nothing make the key required, as for the default group.
ConfigDef group_def(std::optional<Value> replication, std::optional<Value> partitions) {
  std::vector<ConfigKey> keys = {
      optional_key(kInclude, Type::kList, "", Importance::kLow, "Expressions of which one must match a topic.")
          .checked_by(valid_regexes()),
      optional_key(kExclude, Type::kList, "", Importance::kLow, "Expressions of which none may match a topic.")
          .checked_by(valid_regexes()),
      replication_key(std::move(replication)),
      partitions_key(std::move(partitions)),
  };
  ConfigDef def;
  int order = 0;
  for (auto& key : keys) {
    key.order_in_group = ++order;  // mistakes are reported in this order
    def.define(std::move(key));
  }
  return def;
}

Result<base::Regex> joined(const List& patterns) {
  return base::Regex::compile(base::join(patterns, "|"));
}

Result<TopicCreationGroup> make_group(const std::string& name, const ConfigDef& keys, const ConfigMap& config) {
  const std::string prefix = std::string(kPrefix) + name + ".";
  ConfigDef def;
  def.embed(prefix, "Topic Creation: " + name, 0, keys);
  SLUICE_TRY_ASSIGN(const ParsedConfig parsed, def.parse(config));
  TopicCreationGroup group;
  group.name = name;
  group.replication_factor = parsed.int16(prefix + kReplication);
  group.partitions = parsed.int32(prefix + kPartitions);
  if (name != kDefault) {
    SLUICE_TRY_ASSIGN(group.include, joined(parsed.list(prefix + kInclude)));
    SLUICE_TRY_ASSIGN(group.exclude, joined(parsed.list(prefix + kExclude)));
  }
  group.topic_config = config.with_prefix(prefix);
  for (const char* key : {kInclude, kExclude, kReplication, kPartitions}) group.topic_config.erase(key);
  return group;
}

}  // namespace

Validator topic_replication_validator() {
  return positive_or_default(
      "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to "
      "use the broker's "
      "default");
}

Validator topic_partitions_validator() {
  return positive_or_default("Number of partitions must be positive, or -1 to use the broker's default");
}

bool TopicCreationGroup::matches(std::string_view topic) const {
  // A match that was given up counts as none.
  if (exclude && exclude->matches(topic).value_or(false)) return false;
  return !include || include->matches(topic).value_or(false);
}

Result<TopicCreationGroups> TopicCreationGroups::make(const ConfigMap& connector_config) {
  TopicCreationGroups result;
  ConfigMap config = connector_config;
  // Connect ignores these two for the default group.
  for (const char* key : {kInclude, kExclude}) config.erase(fmt::format("{}{}.{}", kPrefix, kDefault, key));
  SLUICE_TRY_ASSIGN(TopicCreationGroup fallback,
                    make_group(std::string(kDefault), group_def(std::nullopt, std::nullopt), config));
  const auto* listed = config.find(kGroups);
  SLUICE_TRY_ASSIGN(const Value names,
                    parse_type(kGroups, listed == nullptr ? std::nullopt : *listed, Type::kList, {}));
  if (const auto* list = std::get_if<List>(&names)) {
    std::set<std::string> seen = {std::string(kDefault)};
    const ConfigDef keys = group_def(Value(fallback.replication_factor), Value(fallback.partitions));
    for (const auto& name : *list) {
      if (!seen.insert(name).second) continue;
      SLUICE_TRY_ASSIGN(TopicCreationGroup group, make_group(name, keys, config));
      result.groups_.push_back(std::move(group));
    }
  }
  result.groups_.push_back(std::move(fallback));
  return result;
}

const TopicCreationGroup& TopicCreationGroups::group_for(std::string_view topic) const {
  for (const auto& group : groups_)
    if (group.matches(topic)) return group;
  return groups_.back();
}

}  // namespace sluice::config
