#pragma once
// Lookup: adds fields from a table to the key or value, by the values of one or more of its fields. The table is in the
// configuration or in a CSV or JSON file, which is read again when it changes.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef lookup_config();
base::Result<std::unique_ptr<data::Transform>> make_lookup_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_lookup_value(const config::ConfigMap& config);

}  // namespace sluice::smt
