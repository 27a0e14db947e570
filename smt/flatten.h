#pragma once
// Flatten: makes the fields of nested structs or maps fields of the record's key or value itself, named by their paths.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef flatten_config();
base::Result<std::unique_ptr<data::Transform>> make_flatten_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_flatten_value(const config::ConfigMap& config);

// Confluent's: also keeps maps in structs as they are, with behavior.on.nested.map=include.
config::ConfigDef confluent_flatten_config();
base::Result<std::unique_ptr<data::Transform>> make_confluent_flatten_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_confluent_flatten_value(const config::ConfigMap& config);

}  // namespace sluice::smt
