#pragma once
// The files a worker and its command line are given: Java .properties, and connector files in JSON.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"

namespace sluice::config {

// Files larger than this are refused.
inline constexpr std::size_t kPropertiesBytesMax = std::size_t{8} << 20;

// The pairs of a .properties text, later ones winning, as java.util.Properties reads it: comments (# !), the separators
// = : and blanks, lines continued by a backslash, \uXXXX and the other escapes. Text that is not UTF-8 is read as ISO
// 8859-1. Error: names the line of a malformed \u escape.
base::Result<ConfigMap> parse_properties(std::string_view text);
// The same from a file. Error: names the file and, where there is one, the line.
base::Result<ConfigMap> read_properties(const std::filesystem::path& file);

// A connector as given on the command line of a standalone worker.
struct ConnectorFile {
  std::string name;
  ConfigMap config;
  std::optional<std::string> initial_state;  // as written: "RUNNING", "PAUSED", "STOPPED"
};
// Reads a connector file: a create request or a flat map in JSON, else a .properties file. Errors carry Connect's
// texts.
base::Result<ConnectorFile> read_connector_file(const std::filesystem::path& file);

}  // namespace sluice::config
