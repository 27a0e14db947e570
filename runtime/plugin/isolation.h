#pragma once
// Where a connector's plugin code runs, and what a process for it needs to know.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "runtime/config/isolation_config.h"
#include "runtime/plugin/manifest.h"

namespace sluice::plugin {

struct Isolation {
  config::IsolationConfig config;
  std::string connector;    // for log lines; empty: none
  std::optional<int> task;  // nothing: the connector itself
  // The longest that a call may take before the process is killed; zero: for ever. A task's calls are bounded by its
  // stop.
  std::chrono::milliseconds answer_timeout{0};
};

// A component that a process is to load.
struct HostedComponent {
  std::filesystem::path library;
  Manifest manifest;
  std::filesystem::path state_dir;
  std::string command;  // `<command> plugins host`
  std::int32_t kind = 0;
  std::string name;
};

}  // namespace sluice::plugin
