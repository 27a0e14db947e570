#include "runtime/plugin/loader.h"

#include <dlfcn.h>
#include <poll.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "runtime/plugin/host_services.h"
#include "runtime/plugin/library_file.h"

namespace sluice::plugin {
namespace {

using base::Code;

const base::Logger kLog{"sluice.plugin"};

template <typename... Args>
tl::unexpected<base::Error> refuse(fmt::format_string<Args...> text, Args&&... args) {
  return base::fail(Code::kFatal, base::exceptions::kConnect, text, std::forward<Args>(args)...);
}

// What belongs to no connector may use: the log.
class ProcessServices final : public BasicHostServices {
 public:
  bool log_enabled(base::LogLevel level) override { return kLog.enabled(level); }
  void log(base::LogLevel level, std::string_view message, std::span<const sluice_kv>) override {
    kLog.write(level, message);
  }
  std::uint32_t define_metric(MetricKind, std::string_view, std::string_view, std::string_view) override { return 0; }
  void update_metric(std::uint32_t, double) override {}
  base::Result<const sluice_schema*> intern(const sluice_schema&) override {
    return base::fail(Code::kUnsupported, base::exceptions::kConnect, "Schemas belong to tasks");
  }
  bool is_stopping() override { return false; }
  int stop_fd() override { return -1; }
  bool sleep(std::int64_t timeout_ms) override {
    ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(timeout_ms, 60'000)));
    return false;
  }
  bool is_task_thread() override { return false; }
  bool is_control_thread() override { return true; }
};

// One content: loaded at most once, whatever the outcome.
struct Slot {
  std::mutex mutex;
  bool tried = false;
  LoadedLibrary library;
  std::optional<base::Error> error;
};

Slot& slot_of(const std::string& sha256) {
  static std::mutex mutex;
  // tidy: allow(new): never destroyed, libraries outlive main
  static auto* slots = new std::map<std::string, std::unique_ptr<Slot>>();
  std::lock_guard lock(mutex);
  auto& slot = (*slots)[sha256];
  if (slot == nullptr) slot = std::make_unique<Slot>();
  return *slot;
}

base::Status init_library(const sluice_plugin& plugin) {
  if (plugin.struct_size < offsetof(sluice_plugin, init) + sizeof plugin.init || plugin.init == nullptr) return {};
  sluice_error error{};
  error.struct_size = sizeof error;
  const sluice_status status = plugin.init(&process_host().host, &error);
  if (status == SLUICE_OK) return {};
  return base::fail(to_error(status, error));
}

base::Status load_into(LoadedLibrary& library, const std::filesystem::path& file, const Manifest& manifest,
                       const std::filesystem::path& state_dir) {
  if (const auto refusal = abi_refusal(manifest.abi_major, manifest.abi_minor, manifest.required_extensions))
    return refuse("{} {}", file.string(), *refusal);
  std::filesystem::path path = std::filesystem::absolute(file);
  SLUICE_TRY_ASSIGN(const std::string bytes, read_file(file, kLibraryBytesMax));
  if (sha256_hex(bytes) != manifest.sha256) return refuse("{} has changed since it was looked at", file.string());
  if (!state_dir.empty()) {
    SLUICE_TRY_ASSIGN(path, stage_library(state_dir, manifest.sha256, bytes));
  }
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) return refuse("{} does not load: {}", file.string(), ::dlerror());
  const auto entry = reinterpret_cast<sluice_plugin_entry>(::dlsym(handle, SLUICE_ENTRY_SYMBOL));
  if (entry == nullptr) return refuse("{} has no entry: it does not export {}", file.string(), SLUICE_ENTRY_SYMBOL);
  library.plugin = entry();
  // The manifest said what the library has; what it has now is what counts.
  auto described = describe(library.plugin);
  if (!described) return refuse("{}: {}", file.string(), described.error().message());
  described->sha256 = manifest.sha256;
  if (*described != manifest)
    return refuse("{} is not what its manifest says: delete the manifest, or build it again", file.string());
  if (auto status = init_library(*library.plugin); !status)
    return refuse("{}: its init failed: {}", file.string(), status.error().message());
  library.sha256 = manifest.sha256;
  kLog.info("Loaded plugin {} {} from {}", manifest.name, manifest.version, path.string());
  return {};
}

}  // namespace

const HostTable& process_host() {
  static ProcessServices services;
  static const HostTable table = make_host_table(services);
  return table;
}

const sluice_component* LoadedLibrary::component(std::int32_t kind, std::string_view name) const {
  for (std::uint32_t i = 0; i < plugin->component_count; ++i) {
    const sluice_component* found = plugin->components[i];
    if (found->kind == kind && std::string_view(found->name.data, found->name.size) == name) return found;
  }
  return nullptr;
}

base::Result<const LoadedLibrary*> load_library(const std::filesystem::path& file, const Manifest& manifest,
                                                const std::filesystem::path& state_dir) {
  Slot& slot = slot_of(manifest.sha256);
  std::lock_guard lock(slot.mutex);
  if (!slot.tried) {
    auto status = load_into(slot.library, file, manifest, state_dir);
    // A file that could not be read or has changed says nothing about this content: another call may find it.
    const bool opened = slot.library.plugin != nullptr;
    if (!status && !opened) return base::fail(std::move(status).error());
    slot.tried = true;
    if (!status) slot.error = std::move(status).error();
  }
  if (slot.error) return base::fail(*slot.error);
  return &slot.library;
}

}  // namespace sluice::plugin
