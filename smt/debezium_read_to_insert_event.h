#pragma once
// Debezium's ReadToInsertEvent: events of a snapshot (operation r) become inserts (c).

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef read_to_insert_event_config();
base::Result<std::unique_ptr<data::Transform>> make_read_to_insert_event(const config::ConfigMap& config);

}  // namespace sluice::smt
