#pragma once
// The configuration keys of Kafka's Java clients: names, types and defaults, as Connect shows them for connector
// overrides. What they mean to our own client is runtime/kafka's business.

#include "runtime/config/client_overrides.h"
#include "runtime/config/config_def.h"

namespace sluice::config {

// The definition of all keys of a client. Lives for ever.
const ConfigDef& client_config_def(ClientKind client);

}  // namespace sluice::config
