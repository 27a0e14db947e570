#pragma once
// The keys sluice.isolation*: whether a connector's plugin code runs in processes of its own, and what each of them may
// use (docs/isolation.md).

#include <cstdint>
#include <vector>

#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"

namespace sluice::config {

struct IsolationConfig {
  bool process = false;
  std::int64_t memory_max_bytes = 0;  // beyond what the process has when it starts; 0: no limit
  double cpu_max = 0;                 // cores; 0: no limit
};

std::vector<ConfigKey> isolation_keys();

// What `props` asks for. Where validation would refuse it, the plugin is kept out of the worker all the same.
IsolationConfig isolation_config(const ConfigMap& props);

}  // namespace sluice::config
