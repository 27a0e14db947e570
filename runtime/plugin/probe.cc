#include "runtime/plugin/probe.h"

#include <dlfcn.h>

#include "runtime/base/strings.h"
#include "runtime/plugin/child_process.h"
#include "runtime/plugin/elf_file.h"
#include "runtime/plugin/library_file.h"

namespace sluice::plugin {
namespace {

using base::Code;

template <typename... Args>
tl::unexpected<base::Error> refuse(fmt::format_string<Args...> text, Args&&... args) {
  return base::fail(Code::kInvalidConfig, base::exceptions::kConnect, text, std::forward<Args>(args)...);
}

// The last lines of what a child wrote before it died are often the reason.
std::string tail(const std::string& text) {
  const std::string_view trimmed = base::java_trim(text);
  constexpr std::size_t kMax = 500;
  if (trimmed.empty()) return {};
  return fmt::format("; it wrote: {}", trimmed.size() > kMax ? trimmed.substr(trimmed.size() - kMax) : trimmed);
}

}  // namespace

base::Result<Manifest> probe_here(const std::filesystem::path& library) {
  SLUICE_TRY_ASSIGN(const std::string bytes, read_file(library, kLibraryBytesMax));
  SLUICE_TRY_ASSIGN(const ElfInfo elf, read_elf(bytes));
  if (!elf.has_note) return refuse("is not a Sluice plugin (it has no .note.sluice)");
  // RTLD_NOW: a symbol that is missing fails here, not in the middle of a task.
  void* handle = ::dlopen(std::filesystem::absolute(library).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) return refuse("does not load: {}", ::dlerror());
  void* symbol = ::dlsym(handle, SLUICE_ENTRY_SYMBOL);
  if (symbol == nullptr) return refuse("has no entry: it does not export {}", SLUICE_ENTRY_SYMBOL);
  const auto entry = reinterpret_cast<sluice_plugin_entry>(symbol);
  const sluice_plugin* plugin = entry();
  auto manifest = describe(plugin);
  if (!manifest) return manifest;
  if (entry() != plugin) return refuse("{}() returned another pointer when called again", SLUICE_ENTRY_SYMBOL);
  if (const auto refusal = abi_refusal(manifest->abi_major, manifest->abi_minor, manifest->required_extensions))
    return refuse("{}", *refusal);
  manifest->sha256 = sha256_hex(bytes);
  return manifest;
}

base::Result<Manifest> probe_in_child(const std::string& command, const std::filesystem::path& library,
                                      std::chrono::milliseconds timeout) {
  SLUICE_TRY_ASSIGN(const ChildOutcome outcome, run_child({command, "plugins", "probe", library.string()}, timeout));
  if (outcome.succeeded()) return parse_manifest(outcome.out);
  // Status 1 is the probe's own refusal; its reason is the text of its standard error.
  if (!outcome.timed_out && outcome.signal == 0 && outcome.exit_status == 1 && !outcome.err.empty())
    return refuse("{}", base::java_trim(outcome.err));
  if (outcome.timed_out)
    return refuse("hangs when it is loaded: the probe did not finish within {} ms{}", timeout.count(),
                  tail(outcome.err));
  return refuse("breaks the process that loads it: the probe {}{}", outcome.describe(timeout), tail(outcome.err));
}

}  // namespace sluice::plugin
