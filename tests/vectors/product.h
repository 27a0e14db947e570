#pragma once
// The components of this build, as a worker would have them: the built-in ones, and the plugins that were built beside
// the runner.

#include <memory>
#include <string>

#include "runtime/plugin/registry.h"
#include "tests/vectors/notation.h"

namespace sluice::vectors {

// Made on first use, lives until exit. One thread.
plugin::Registry& product();

// Services for plugin instances: schemas of `schemas`, nothing else.
std::unique_ptr<plugin::HostServices> host_services(data::SchemaPool& schemas);

// The member `config` of a case or component; empty where there is none.
config::ConfigMap read_config(const Json& component);

}  // namespace sluice::vectors
