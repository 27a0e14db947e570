#pragma once
// Cast: fields, or the whole key or value, of another primitive type.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef cast_config();
base::Result<std::unique_ptr<data::Transform>> make_cast_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_cast_value(const config::ConfigMap& config);

}  // namespace sluice::smt
