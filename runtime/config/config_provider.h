#pragma once
// Where the `${provider:path:key}` variables of configurations get their texts from (spec connect-runtime.md
// section 2.5).

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"

namespace sluice::config {

struct ProvidedData {
  ConfigMap data;
  std::optional<std::int64_t> ttl_ms;  // how long the texts are good for; nothing: for ever
};

// Thread-safe after configure(). Texts may be secrets: they never reach a log.
class ConfigProvider {
 public:
  virtual ~ConfigProvider() = default;
  // `params`: the keys `config.providers.<alias>.param.*` without that prefix.
  virtual base::Status configure(const ConfigMap& params) = 0;
  // The texts for `keys` at `path`. A key that does not exist is left out; an unreadable place is an error.
  virtual base::Result<ProvidedData> get(std::string_view path, const std::set<std::string>& keys) const = 0;
  // Every text at `path`.
  virtual base::Result<ProvidedData> get(std::string_view path) const = 0;
};

using ConfigProviderFactory = std::function<std::unique_ptr<ConfigProvider>()>;
using ConfigProviderMap = std::map<std::string, std::shared_ptr<const ConfigProvider>, std::less<>>;

// The providers that come with the worker: FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider, each
// under its Java class name, its simple name and its short name ("File", "Directory", "EnvVar").
std::map<std::string, ConfigProviderFactory, std::less<>> builtin_config_providers();

// The providers that `config.providers` of a worker names, configured. Error: an unknown class or a bad parameter.
base::Result<ConfigProviderMap> make_config_providers(
    const ConfigMap& worker_config, const std::map<std::string, ConfigProviderFactory, std::less<>>& known);

}  // namespace sluice::config
