#pragma once
// Debezium's ExtractChangedRecordState: lists the fields of a row that an event changed, and those that it did not, in
// headers.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef extract_changed_record_state_config();
base::Result<std::unique_ptr<data::Transform>> make_extract_changed_record_state(const config::ConfigMap& config);

}  // namespace sluice::smt
