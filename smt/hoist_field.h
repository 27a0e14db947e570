#pragma once
// HoistField: wraps the key or value into a struct, or without a schema into a map, of one field.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef hoist_field_config();
base::Result<std::unique_ptr<data::Transform>> make_hoist_field_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_hoist_field_value(const config::ConfigMap& config);

}  // namespace sluice::smt
