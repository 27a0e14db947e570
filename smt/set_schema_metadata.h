#pragma once
// SetSchemaMetadata: another name or version for the schema of the key or value.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef set_schema_metadata_config();
base::Result<std::unique_ptr<data::Transform>> make_set_schema_metadata_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_set_schema_metadata_value(const config::ConfigMap& config);

}  // namespace sluice::smt
