#pragma once
// InsertHeader: adds a header whose value is read from a text, as Connect's Values.parseString reads it.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef insert_header_config();
base::Result<std::unique_ptr<data::Transform>> make_insert_header(const config::ConfigMap& config);

}  // namespace sluice::smt
