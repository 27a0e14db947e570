#pragma once
// A plugin's file: its content and identity by SHA-256, and copies that nobody overwrites while they are mapped.

#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::plugin {

// At most this much of a file is read as a plugin.
inline constexpr std::uintmax_t kLibraryBytesMax = std::uintmax_t{1} << 30;

std::string sha256_hex(std::string_view bytes);

// The whole file. Error: it cannot be read, or is larger than `max`.
base::Result<std::string> read_file(const std::filesystem::path& path, std::uintmax_t max);

// Writes beside the target and renames, so that a reader sees all or nothing. Creates the folder.
base::Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

// Where a library with these bytes is staged; written there unless it already is. Loading the copy instead of the
// original means that the original may be overwritten or deleted at any time.
base::Result<std::filesystem::path> stage_library(const std::filesystem::path& state_dir, const std::string& sha256,
                                                  std::string_view bytes);

}  // namespace sluice::plugin
