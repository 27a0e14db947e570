#pragma once
// Which settings a source connector gives to the topics that it creates (spec connect-runtime.md section 3.2, KIP-158).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/regex.h"
#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/config/validator.h"

namespace sluice::config {

// Positive, or -1 for the broker's default; Connect's texts.
Validator topic_replication_validator();
Validator topic_partitions_validator();

struct TopicCreationGroup {
  std::string name;
  std::optional<base::Regex> include;  // nothing for the default group, which takes all
  std::optional<base::Regex> exclude;
  std::int16_t replication_factor = -1;  // -1: the broker's default
  std::int32_t partitions = -1;
  ConfigMap topic_config;

  bool matches(std::string_view topic) const;
};

// The groups in the order listed, the default group last.
class TopicCreationGroups {
 public:
  // Error: the first ConfigException with Connect's text, e.g. a missing `topic.creation.default.partitions`.
  static base::Result<TopicCreationGroups> make(const ConfigMap& connector_config);

  const TopicCreationGroup& group_for(std::string_view topic) const;
  const std::vector<TopicCreationGroup>& groups() const { return groups_; }

 private:
  std::vector<TopicCreationGroup> groups_;
};

}  // namespace sluice::config
