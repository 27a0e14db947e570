#pragma once
// `sluice doctor`: plugin.path, what is on it, and the components that the worker itself needs.

#include <string>
#include <vector>

#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/worker_config.h"
#include "runtime/plugin/registry.h"

namespace sluice::cmd {

// The elements of plugin.path: are they there, can they be read. Touches the file system only.
Findings check_plugin_path(const std::vector<std::string>& plugin_path);
// What a scan found. Pure.
Findings judge_plugins(const std::vector<plugin::LibraryInfo>& libraries,
                       const std::vector<plugin::Quarantined>& quarantined);
// Both, with a scan, and the converters and the override policy that the worker names. Probes run in child processes
// and leave nothing behind.
Findings check_plugins(const config::WorkerConfig& config, const std::string& self, const Deadline& deadline);

}  // namespace sluice::cmd
