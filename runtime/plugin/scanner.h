#pragma once
// Looks at plugin.path: which files are there, what each of them is. Remembers what it found for files that have not
// changed.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/plugin/manifest.h"
#include "runtime/plugin/probe.h"

namespace sluice::plugin {

// A file that was looked at: either usable, or not with a reason. Immutable.
struct ScannedLibrary {
  std::filesystem::path path;
  std::string origin;  // "manifest", "cache", "probe"
  Manifest manifest;
  std::vector<std::shared_ptr<const config::ConfigDef>> defs;  // one for each component
  std::string refusal;  // not empty: why the file is not used, in words that follow its name
};

// What a directory listing says of a file: enough to notice that it changed.
struct FileState {
  std::uintmax_t size = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileState&) const = default;
};
// Every library on plugin.path (in order of the path, then by name) with its own state and its manifest's.
struct Candidate {
  std::filesystem::path library;
  FileState state;
  std::optional<FileState> manifest;
  bool operator==(const Candidate&) const = default;
};

// Elements may be libraries, folders of libraries, and folders of folders of libraries. Cheap: lists and stats only.
// Elements that cannot be read are added to `missing`.
std::vector<Candidate> list_candidates(const std::vector<std::string>& plugin_path,
                                       std::vector<std::string>* missing = nullptr);

class Scanner {
 public:
  struct Options {
    std::filesystem::path state_dir;
    std::string probe_command;
    std::chrono::milliseconds probe_timeout = kProbeTimeout;
  };
  explicit Scanner(Options options) : options_(std::move(options)) {}

  // One result for each candidate, in order. May take long: probes run. One caller at a time.
  std::vector<std::shared_ptr<const ScannedLibrary>> scan(const std::vector<Candidate>& candidates);

 private:
  struct Known {
    Candidate candidate;
    std::shared_ptr<const ScannedLibrary> result;
  };
  std::shared_ptr<const ScannedLibrary> look_at(const Candidate& candidate) const;
  base::Result<Manifest> find_manifest(const Candidate& candidate, const std::string& bytes, std::string& origin) const;

  const Options options_;
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace sluice::plugin
