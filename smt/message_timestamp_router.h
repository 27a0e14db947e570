#pragma once
// MessageTimestampRouter (Confluent's): routes a record to a topic named after the time that a field of its value
// tells.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef message_timestamp_router_config();
base::Result<std::unique_ptr<data::Transform>> make_message_timestamp_router(const config::ConfigMap& config);

}  // namespace sluice::smt
