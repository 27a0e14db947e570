#pragma once
// io.debezium.transforms.VectorToJsonConverter

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef vector_to_json_config();
base::Result<std::unique_ptr<data::Transform>> make_vector_to_json(const config::ConfigMap& config);

}  // namespace sluice::smt
