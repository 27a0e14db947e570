#pragma once
// Whether a class named in a configuration can serve where it is named.

#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/component_catalog.h"

namespace sluice::config {

// Connect's error if `class_name` is no concrete component of `kind`: "Class class X does not implement the Converter
// interface" or "This class is abstract and cannot be created."
base::Status check_component(std::string_view class_name, ComponentKind kind, const ComponentCatalog& catalog);

// check_component as a validator of a CLASS key; null passes. The catalog must outlive it.
Validator implements(ComponentKind kind, const ComponentCatalog& catalog);

// Whether one of a component's versions satisfies `requirement` (a version, or a range such as "[1.0,2.0)"; "latest" is
// any). Error: "Plugin X not found that matches the version range [9.9,9.9], available versions: [4.3.1]".
base::Status check_version(std::string_view class_name, std::string_view requirement, const ComponentCatalog& catalog);

}  // namespace sluice::config
