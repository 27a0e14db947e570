#pragma once
// RegexRouter: gives records of topics that an expression matches as a whole another topic.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef regex_router_config();
base::Result<std::unique_ptr<data::Transform>> make_regex_router(const config::ConfigMap& config);

}  // namespace sluice::smt
