#pragma once
// ReplaceField (Confluent's): ReplaceField whose options may name fields of nested structs and maps by their paths.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

// The definition is that of ReplaceField: replace_field_config().
base::Result<std::unique_ptr<data::Transform>> make_replace_nested_field_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_replace_nested_field_value(const config::ConfigMap& config);

}  // namespace sluice::smt
