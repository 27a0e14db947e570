#pragma once
// io.debezium.transforms.GeometryFormatTransformer

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef geometry_format_config();
base::Result<std::unique_ptr<data::Transform>> make_geometry_format(const config::ConfigMap& config);

}  // namespace sluice::smt
