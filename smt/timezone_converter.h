#pragma once
// io.debezium.transforms.TimezoneConverter

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef timezone_converter_config();
base::Result<std::unique_ptr<data::Transform>> make_timezone_converter(const config::ConfigMap& config);

}  // namespace sluice::smt
