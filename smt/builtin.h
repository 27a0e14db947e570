#pragma once
// The transforms and predicates that are part of the worker: one explicit list.

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

// `create` takes the component's own keys, without a prefix; others are ignored. Error: Connect's ConfigException.
struct BuiltinTransform {
  std::string class_name;  // the Java class it replaces
  config::ConfigDef (*config_def)() = nullptr;
  base::Result<std::unique_ptr<data::Transform>> (*create)(const config::ConfigMap& config) = nullptr;
};
struct BuiltinPredicate {
  std::string class_name;
  config::ConfigDef (*config_def)() = nullptr;
  base::Result<std::unique_ptr<data::Predicate>> (*create)(const config::ConfigMap& config) = nullptr;
};

const std::vector<BuiltinTransform>& builtin_transforms();
const std::vector<BuiltinPredicate>& builtin_predicates();

}  // namespace sluice::smt
