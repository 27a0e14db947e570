#pragma once
// Debezium's SchemaChangeEventFilter: drops schema change events of the types listed.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef schema_change_event_filter_config();
base::Result<std::unique_ptr<data::Transform>> make_schema_change_event_filter(const config::ConfigMap& config);

}  // namespace sluice::smt
