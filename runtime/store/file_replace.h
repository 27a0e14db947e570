#pragma once
// Small files that must be whole at every moment: whoever reads `path`, also after a crash at any byte, finds the old
// content or the new.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::store {

// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder. Keeps the permissions
// of a file that was there. Error: kRetry, java.io.IOException, with the system's reason; `path` is as it was.
base::Status replace_file(const std::filesystem::path& path, std::string_view content);

// Nothing if there is no such file. Error: kFatal with the system's reason, also for a file larger than `bytes_max`.
base::Result<std::optional<std::string>> read_whole_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace sluice::store
