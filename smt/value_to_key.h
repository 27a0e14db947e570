#pragma once
// ValueToKey: makes a record's key of fields of its value.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef value_to_key_config();
base::Result<std::unique_ptr<data::Transform>> make_value_to_key(const config::ConfigMap& config);

}  // namespace sluice::smt
