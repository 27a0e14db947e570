#pragma once
// io.debezium.transforms.EnforceRecordSize

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef enforce_record_size_config();
base::Result<std::unique_ptr<data::Transform>> make_enforce_record_size(const config::ConfigMap& config);

}  // namespace sluice::smt
