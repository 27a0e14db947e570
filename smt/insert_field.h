#pragma once
// InsertField: adds the record's topic, partition, offset or timestamp, or a fixed text, as fields of its key or value.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef insert_field_config();
base::Result<std::unique_ptr<data::Transform>> make_insert_field_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_insert_field_value(const config::ConfigMap& config);

}  // namespace sluice::smt
