#pragma once
// The converters that are part of the worker: one explicit list, in the order in which Connect shows them.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/component_catalog.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/converter.h"

namespace sluice::convert {

struct BuiltinConverter {
  std::string class_name;            // the Java class it replaces
  std::vector<std::string> aliases;  // "JsonConverter", "Json"
  std::vector<config::ComponentKind> kinds;
  config::ConfigDef (*config_def)() = nullptr;
  // Java's keys and texts, without a prefix; keys that are not the converter's own are ignored, and `converter.type` is
  // set here. Errors: those of Connect for a refused configuration. Null where the kind is not among `kinds`.
  base::Result<std::unique_ptr<data::Converter>> (*create)(const config::ConfigMap& config, bool is_key) = nullptr;
  base::Result<std::unique_ptr<data::HeaderConverter>> (*create_header)(const config::ConfigMap& config) = nullptr;
};

const std::vector<BuiltinConverter>& builtin_converters();

// By class name or alias; nullptr if there is none.
const BuiltinConverter* find_builtin_converter(std::string_view name_or_alias);

}  // namespace sluice::convert
