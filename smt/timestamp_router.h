#pragma once
// TimestampRouter: a topic name with the record's timestamp in it.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef timestamp_router_config();
base::Result<std::unique_ptr<data::Transform>> make_timestamp_router(const config::ConfigMap& config);

}  // namespace sluice::smt
