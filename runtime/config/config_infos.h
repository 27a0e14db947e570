#pragma once
// The answer to "validate this configuration": definitions and values merged, as Connect's REST API shows it (spec
// connect-runtime.md section 1.2), and its JSON, key for key.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config_def.h"

namespace sluice::config {

struct ConfigKeyInfo {
  std::string name;
  std::string type;
  bool required = false;
  std::optional<std::string> default_value;
  std::string importance;
  std::string documentation;
  std::optional<std::string> group;
  int order_in_group = -1;
  std::string width;
  std::string display_name;
  std::vector<std::string> dependents;
};

struct ConfigValueInfo {
  std::string name;
  std::optional<std::string> value;
  std::vector<std::string> recommended_values;
  std::vector<std::string> errors;
  bool visible = true;
};

struct ConfigInfo {
  std::optional<ConfigKeyInfo> definition;
  std::optional<ConfigValueInfo> value;
};

struct ConfigInfos {
  std::string name;
  int error_count = 0;
  std::vector<std::string> groups;
  std::vector<ConfigInfo> configs;
};

// Secrets are hidden in both.
ConfigKeyInfo key_info(const ConfigKey& key);
ConfigValueInfo value_info(const ConfigValue& value);

// Merges as AbstractHerder.generateResult: values without a definition first, then one entry for each definition in
// order; error_count is the number of error texts.
ConfigInfos make_config_infos(std::string_view name, const ConfigDef& def, const std::vector<ConfigValue>& values);

// JSON as the REST API writes it: no white space, members in Connect's order.
std::string to_json(const ConfigInfos& infos);
// The array that GET /connector-plugins/{plugin}/config answers with.
std::string to_json(const std::vector<ConfigKeyInfo>& keys);

}  // namespace sluice::config
