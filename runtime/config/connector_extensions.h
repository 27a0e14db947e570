#pragma once
// The keys that every connector understands here and not in Kafka Connect. Clients compare what validation and the
// plugin resources answer: a key of these shows only where a configuration has it.

#include <vector>

#include "runtime/config/connector_config.h"

namespace sluice::config {

// A dead-letter queue for sources too, and the bounds of it; processes for plugins. The catalog must outlive the keys.
std::vector<ConfigKey> extension_keys(ConnectorKind kind, const ComponentCatalog& catalog);

}  // namespace sluice::config
