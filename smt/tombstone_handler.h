#pragma once
// TombstoneHandler (Confluent's): drops records without a value, or fails at them.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef tombstone_handler_config();
base::Result<std::unique_ptr<data::Transform>> make_tombstone_handler(const config::ConfigMap& config);

}  // namespace sluice::smt
