#pragma once
// Debezium's ContentBasedRouter: sends a record to the topic that a JavaScript expression names; null leaves it alone.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef content_based_router_config();
base::Result<std::unique_ptr<data::Transform>> make_content_based_router(const config::ConfigMap& config);

}  // namespace sluice::smt
