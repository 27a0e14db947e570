#pragma once
// HeaderFrom: moves or copies fields of a record's key or value to headers.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef header_from_config();
base::Result<std::unique_ptr<data::Transform>> make_header_from_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_header_from_value(const config::ConfigMap& config);

}  // namespace sluice::smt
