#pragma once
// ReplaceField: keeps, leaves out or renames fields of a record's key or value.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef replace_field_config();
base::Result<std::unique_ptr<data::Transform>> make_replace_field_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_replace_field_value(const config::ConfigMap& config);

}  // namespace sluice::smt
