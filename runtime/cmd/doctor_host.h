#pragma once
// `sluice doctor`: the machine: folders to write to, limits, clock.

#include <cstdint>
#include <filesystem>
#include <string>

#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/worker_config.h"

namespace sluice::cmd {

// Whether files can be made in `folder`, or the folder itself where it does not exist yet. Writes nothing.
Finding judge_folder(const std::string& key, const std::filesystem::path& folder);
// Pure.
Finding judge_file_limit(std::uint64_t soft, std::uint64_t hard);
// Pure. `now_ms`: since the epoch; `synchronised`: as the kernel says.
Finding judge_clock(std::int64_t now_ms, bool synchronised);

Findings check_host(const config::WorkerConfig& config);

}  // namespace sluice::cmd
