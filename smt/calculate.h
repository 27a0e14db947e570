#pragma once
// Calculate: sets a field of the key or value to what a JavaScript expression gives, with the type that the
// configuration says. Null in, null out, unless the expression is to see nulls itself.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef calculate_config();
base::Result<std::unique_ptr<data::Transform>> make_calculate_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_calculate_value(const config::ConfigMap& config);

}  // namespace sluice::smt
