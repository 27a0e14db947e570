#pragma once
// Reads what a plugin says about itself. Doing so loads it, which runs its code: so a worker asks a child process,
// which may crash or hang, and keeps the answer by content hash.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/plugin/manifest.h"

namespace sluice::plugin {

inline constexpr std::chrono::milliseconds kProbeTimeout{10'000};

// Loads `library` into this process and describes it. Only in a process made for it. `sha256` of the result is that of
// the bytes on disk before loading. Error: why it is no plugin that can be used.
base::Result<Manifest> probe_here(const std::filesystem::path& library);

// Runs `<command> plugins probe <library>` and reads its answer. Error: the probe's own reason, or how the child ended.
base::Result<Manifest> probe_in_child(const std::string& command, const std::filesystem::path& library,
                                      std::chrono::milliseconds timeout = kProbeTimeout);

}  // namespace sluice::plugin
