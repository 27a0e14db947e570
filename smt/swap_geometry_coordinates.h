#pragma once
// io.debezium.transforms.SwapGeometryCoordinates

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef swap_geometry_coordinates_config();
base::Result<std::unique_ptr<data::Transform>> make_swap_geometry_coordinates(const config::ConfigMap& config);

}  // namespace sluice::smt
