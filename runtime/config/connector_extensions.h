#pragma once
// The keys that every connector understands here and not in Kafka Connect. Clients compare what validation and the
// plugin resources answer: a key of these shows only where a configuration has it.

#include <string_view>
#include <vector>

#include "runtime/config/connector_config.h"

namespace sluice::config {

// A dead-letter queue for sources too, its bounds, limits of speed, processes for plugins. The catalog must outlive the
// keys.
std::vector<ConfigKey> extension_keys(ConnectorKind kind, const ComponentCatalog& catalog);

// Keys that running tasks take over when they change: nothing is restarted for them.
inline constexpr std::string_view kLiveKeyPrefix = "sluice.rate.";
// The same but for such keys.
bool same_but_live_keys(const ConfigMap& a, const ConfigMap& b);
bool same_but_live_keys(const std::vector<ConfigMap>& a, const std::vector<ConfigMap>& b);

}  // namespace sluice::config
