#pragma once
// Debezium's HeaderToValue: moves or copies headers into fields of the value, also of structs in it.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef header_to_value_config();
base::Result<std::unique_ptr<data::Transform>> make_header_to_value(const config::ConfigMap& config);

}  // namespace sluice::smt
