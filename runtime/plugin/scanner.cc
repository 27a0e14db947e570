#include "runtime/plugin/scanner.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <system_error>
#include <thread>

#include "runtime/base/log.h"
#include "runtime/plugin/elf_file.h"
#include "runtime/plugin/library_file.h"

namespace sluice::plugin {
namespace {

namespace fs = std::filesystem;
using base::Code;

const base::Logger kLog{"sluice.plugin"};
constexpr std::size_t kCandidatesMax = 10'000;
constexpr std::uintmax_t kManifestBytesMax = 16 << 20;
constexpr unsigned kThreadsMax = 4;  // probes mostly wait

std::optional<FileState> state_of(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return FileState{static_cast<std::uintmax_t>(info.st_size),
                   std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_ino};
}

fs::path manifest_path(const fs::path& library) {
  fs::path path = library;
  return path.replace_extension(".sluice.json");
}

void add_library(const fs::path& path, std::vector<Candidate>& found) {
  if (path.extension() != ".so" || found.size() >= kCandidatesMax) return;
  const auto state = state_of(path);
  if (state) found.push_back({path, *state, state_of(manifest_path(path))});
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error))
    entries.push_back(it->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

std::vector<Candidate> list_candidates(const std::vector<std::string>& plugin_path, std::vector<std::string>* missing) {
  std::vector<Candidate> found;
  std::set<fs::path> seen;  // an element may be named twice
  for (const auto& element : plugin_path) {
    std::error_code error;
    const fs::path path = fs::absolute(element, error).lexically_normal();
    if (element.empty() || error || !seen.insert(path).second) continue;
    if (!fs::exists(path, error)) {
      if (missing != nullptr) missing->push_back(element);
      continue;
    }
    if (!fs::is_directory(path, error)) {
      add_library(path, found);
      continue;
    }
    for (const auto& entry : entries_of(path)) {
      if (!fs::is_directory(entry, error)) {
        add_library(entry, found);
        continue;
      }
      for (const auto& inner : entries_of(entry)) add_library(inner, found);
    }
  }
  return found;
}

base::Result<Manifest> Scanner::find_manifest(const Candidate& candidate, const std::string& bytes,
                                              std::string& origin) const {
  const std::string sha256 = sha256_hex(bytes);
  const auto usable = [&](const fs::path& path) -> std::optional<Manifest> {
    const auto text = read_file(path, kManifestBytesMax);
    if (!text) return std::nullopt;
    auto manifest = parse_manifest(*text);
    if (!manifest) {
      kLog.warn("Ignoring {}: {}", path.string(), manifest.error().message());
      return std::nullopt;
    }
    if (manifest->sha256 != sha256) return std::nullopt;
    return std::move(*manifest);
  };
  if (candidate.manifest) {
    origin = "manifest";
    if (auto manifest = usable(manifest_path(candidate.library))) return std::move(*manifest);
    kLog.info("{} does not belong to the library beside it (it is stale): probing the library",
              manifest_path(candidate.library).string());
  }
  fs::path library = candidate.library;
  fs::path cached;
  if (!options_.state_dir.empty()) {
    origin = "cache";
    cached = options_.state_dir / "plugins" / (sha256 + ".json");
    if (auto manifest = usable(cached)) return std::move(*manifest);
    // The copy is probed: the original may be overwritten while the probe has it mapped.
    if (auto staged = stage_library(options_.state_dir, sha256, bytes))
      library = *staged;
    else
      kLog.warn("{}: {}", candidate.library.string(), staged.error().message());
  }
  origin = "probe";
  if (options_.probe_command.empty())
    return base::fail(Code::kInvalidConfig, base::exceptions::kConnect,
                      "has no valid manifest, and this process has no probe to make one");
  SLUICE_TRY_ASSIGN(Manifest manifest, probe_in_child(options_.probe_command, library, options_.probe_timeout));
  if (manifest.sha256 != sha256)
    return base::fail(Code::kInvalidConfig, base::exceptions::kConnect, "changed while it was looked at");
  if (!cached.empty()) {
    if (auto status = write_file_atomically(cached, to_json(manifest)); !status)
      kLog.warn("{}", status.error().message());
  }
  return manifest;
}

std::shared_ptr<const ScannedLibrary> Scanner::look_at(const Candidate& candidate) const {
  auto made = std::make_shared<ScannedLibrary>();
  made->path = candidate.library;
  const auto examine = [&]() -> base::Status {
    SLUICE_TRY_ASSIGN(const std::string bytes, read_file(candidate.library, kLibraryBytesMax));
    SLUICE_TRY_ASSIGN(const ElfInfo elf, read_elf(bytes));
    if (!elf.has_note)
      return base::fail(Code::kInvalidConfig, base::exceptions::kConnect,
                        "is not a Sluice plugin (it has no .note.sluice)");
    if (elf.abi_major != SLUICE_ABI_MAJOR)
      return base::fail(Code::kInvalidConfig, base::exceptions::kConnect, "{}",
                        abi_refusal(elf.abi_major, elf.abi_minor, {}).value_or(""));
    SLUICE_TRY_ASSIGN(made->manifest, find_manifest(candidate, bytes, made->origin));
    const Manifest& manifest = made->manifest;
    if (const auto refusal = abi_refusal(manifest.abi_major, manifest.abi_minor, manifest.required_extensions))
      return base::fail(Code::kInvalidConfig, base::exceptions::kConnect, "{}", *refusal);
    for (const auto& component : manifest.components) {
      SLUICE_TRY_ASSIGN(config::ConfigDef def, make_config_def(component));
      made->defs.push_back(std::make_shared<const config::ConfigDef>(std::move(def)));
    }
    return {};
  };
  if (auto status = examine(); !status) made->refusal = status.error().message();
  return made;
}

std::vector<std::shared_ptr<const ScannedLibrary>> Scanner::scan(const std::vector<Candidate>& candidates) {
  std::vector<std::shared_ptr<const ScannedLibrary>> results(candidates.size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto known = known_.find(candidates[i].library);
    if (known != known_.end() && known->second.candidate == candidates[i])
      results[i] = known->second.result;
    else
      open.push_back(i);
  }
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t at; (at = next.fetch_add(1)) < open.size();) results[open[at]] = look_at(candidates[open[at]]);
  };
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < std::min<std::size_t>(open.size(), kThreadsMax); ++i) helpers.emplace_back(work);
  work();
  for (auto& helper : helpers) helper.join();

  known_.clear();
  for (std::size_t i = 0; i < candidates.size(); ++i) known_[candidates[i].library] = {candidates[i], results[i]};
  for (const std::size_t i : open)
    if (!results[i]->refusal.empty())
      kLog.warn("Plugin {} {}. It is not used.", results[i]->path.string(), results[i]->refusal);
  return results;
}

}  // namespace sluice::plugin
