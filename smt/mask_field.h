#pragma once
// MaskField: fields get the zero value of their class, or a replacement.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef mask_field_config();
base::Result<std::unique_ptr<data::Transform>> make_mask_field_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_mask_field_value(const config::ConfigMap& config);

}  // namespace sluice::smt
