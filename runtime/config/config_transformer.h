#pragma once
// Replaces `${provider:[path:]key}` in configurations when they are read for use. What is stored and shown keeps the
// variables.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/config/config_provider.h"

namespace sluice::config {

struct TransformedConfig {
  ConfigMap config;
  std::map<std::string, std::int64_t> ttls_ms;  // by path; the shortest of the providers that were asked for that path
};

class ConfigTransformer {
 public:
  ConfigTransformer() = default;
  explicit ConfigTransformer(ConfigProviderMap providers) : providers_(std::move(providers)) {}

  // A variable of an unknown provider, or whose key does not exist, stays as written. Error: a provider failed. What
  // was put in is a secret from now on (base/secrets.h), unless it is plainly none: a short lower-case word or number.
  base::Result<TransformedConfig> transform(const ConfigMap& config) const;

 private:
  ConfigProviderMap providers_;
};

// Whether a text has a variable in it, or is one and nothing else.
bool has_variable(std::string_view text);
bool is_variable(std::string_view text);

// Puts the variables back: for each key of `connector_config` (as stored) whose text has a variable, the same key of
// every task configuration that has it gets the stored text, so that no resolved secret is stored.
std::vector<ConfigMap> reverse_transform(const ConfigMap& connector_config, std::vector<ConfigMap> task_configs);

}  // namespace sluice::config
