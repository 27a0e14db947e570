#pragma once
// ExtractField: the key or value becomes one of its fields.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef extract_field_config();
base::Result<std::unique_ptr<data::Transform>> make_extract_field_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_extract_field_value(const config::ConfigMap& config);

}  // namespace sluice::smt
