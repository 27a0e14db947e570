#pragma once
// Debezium's ExtractSchemaToNewRecord: adds to an event the block `sourceSchema`, which describes the table's columns
// as the connector propagated them in the parameters of the row's fields.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef extract_schema_to_new_record_config();
base::Result<std::unique_ptr<data::Transform>> make_extract_schema_to_new_record(const config::ConfigMap& config);

}  // namespace sluice::smt
