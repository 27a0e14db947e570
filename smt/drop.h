#pragma once
// Drop (Confluent's): makes a record's key or value null.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef drop_config();
base::Result<std::unique_ptr<data::Transform>> make_drop_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_drop_value(const config::ConfigMap& config);

}  // namespace sluice::smt
