#pragma once
// Debezium's ExtractNewRecordState: an event becomes the row after the change; deletes and tombstones go as the mode
// says; fields of the event may be added to the row or to the headers, and fields of the row dropped.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef extract_new_record_state_config();
base::Result<std::unique_ptr<data::Transform>> make_extract_new_record_state(const config::ConfigMap& config);

}  // namespace sluice::smt
