#pragma once
// Filter: drops every record that its predicate lets through.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef filter_config();
base::Result<std::unique_ptr<data::Transform>> make_filter(const config::ConfigMap& config);

}  // namespace sluice::smt
