#pragma once
// Filter (Confluent's): keeps or drops the records that a JSONPath finds something in.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef condition_filter_config();
base::Result<std::unique_ptr<data::Transform>> make_condition_filter_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_condition_filter_value(const config::ConfigMap& config);

}  // namespace sluice::smt
