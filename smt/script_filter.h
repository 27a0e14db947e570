#pragma once
// Debezium's Filter: keeps the records for which a JavaScript condition is true.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef script_filter_config();
base::Result<std::unique_ptr<data::Transform>> make_script_filter(const config::ConfigMap& config);

}  // namespace sluice::smt
