#pragma once
// DropHeaders: removes the headers of given names.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef drop_headers_config();
base::Result<std::unique_ptr<data::Transform>> make_drop_headers(const config::ConfigMap& config);

}  // namespace sluice::smt
