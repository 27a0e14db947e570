#pragma once
// Mapping: makes a new key or value out of parts of the old one, as a JSON document says (mapping_document.h).

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef mapping_config();
base::Result<std::unique_ptr<data::Transform>> make_mapping_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_mapping_value(const config::ConfigMap& config);

}  // namespace sluice::smt
