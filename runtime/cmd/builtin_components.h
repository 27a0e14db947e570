#pragma once
// The components that are part of the worker: its converters, transforms and predicates.

#include "runtime/base/status.h"
#include "runtime/plugin/registry.h"

namespace sluice::cmd {

base::Status add_builtin_components(plugin::Registry& registry);

}  // namespace sluice::cmd
