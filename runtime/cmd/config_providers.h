#pragma once
// The config providers that a worker's properties may name.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/config/config_provider.h"
#include "runtime/plugin/registry.h"

namespace sluice::cmd {

using KnownProviders = std::map<std::string, config::ConfigProviderFactory, std::less<>>;

// The worker's own providers, and where `properties` name another one, those of the plugins too: `plugins` is asked for
// a registry that has been scanned only then.
KnownProviders known_config_providers(const config::ConfigMap& properties,
                                      const std::function<const plugin::Registry&()>& plugins);

// plugin.path as written: plugins are found before variables can be resolved.
std::vector<std::string> written_plugin_path(const config::ConfigMap& properties);

}  // namespace sluice::cmd
