#pragma once
// Libraries in this process. Each content is loaded once, from a staged copy, and stays for ever: an upgrade is another
// content beside the old one. Thread-safe; different libraries load independently of each other.

#include <filesystem>
#include <string>

#include <sluice/abi.h>

#include "runtime/base/status.h"
#include "runtime/plugin/host_services.h"
#include "runtime/plugin/manifest.h"

namespace sluice::plugin {

struct LoadedLibrary {
  std::string sha256;
  const sluice_plugin* plugin = nullptr;

  // nullptr: no such component.
  const sluice_component* component(std::int32_t kind, std::string_view name) const;
};

// Loads the library at `file`, whose content must have the hash that `manifest` names, and calls its init. With an
// empty `state_dir` the file itself is loaded instead of a copy. The result lives for ever. Error (kFatal): why it
// cannot be used, also on every later call for the same content.
base::Result<const LoadedLibrary*> load_library(const std::filesystem::path& file, const Manifest& manifest,
                                                const std::filesystem::path& state_dir);

// The host of what belongs to no connector or task: it has the log, and nothing else. Lives for ever.
const HostTable& process_host();

}  // namespace sluice::plugin
