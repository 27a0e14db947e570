#pragma once
// TimestampConverter: a field, or the whole key or value, from one form of a timestamp to another.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef timestamp_converter_config();
base::Result<std::unique_ptr<data::Transform>> make_timestamp_converter_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_timestamp_converter_value(const config::ConfigMap& config);

}  // namespace sluice::smt
