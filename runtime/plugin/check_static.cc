// Levels 0 and 1: the file, and what it says of itself.

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "runtime/plugin/check_tests.h"
#include "runtime/plugin/library_file.h"

namespace sluice::plugin {
namespace {

using namespace std::chrono_literals;

Verdict read_symbols(CheckSubject& subject) {
  auto elf = read_elf_symbols(subject.bytes);
  if (!elf) return failed("{}", elf.error().message());
  subject.elf = std::move(*elf);
  return passed();
}

Verdict elf_is_whole(CheckSubject& subject) {
  const auto elf = read_elf(subject.bytes);
  return elf ? passed() : failed("{}", elf.error().message());
}

Verdict note_is_present(CheckSubject& subject) {
  const auto elf = read_elf(subject.bytes);
  if (!elf) return failed("{}", elf.error().message());
  if (!elf->has_note) return failed("has no .note.sluice: use SLUICE_PLUGIN or SLUICE_C_PLUGIN");
  if (const auto refusal = abi_refusal(elf->abi_major, elf->abi_minor, {})) return failed("{}", *refusal);
  return passed();
}

Verdict only_entry_exported(CheckSubject& subject) {
  if (auto read = read_symbols(subject); read.outcome != CheckOutcome::kPassed) return read;
  bool entry = false;
  std::string others;
  for (const auto& name : subject.elf.exported) {
    if (name.rfind("sluice_plugin_entry_v", 0) == 0)
      entry = true;
    else
      others += (others.empty() ? "" : ", ") + name;
  }
  if (!entry) return failed("does not export {}", SLUICE_ENTRY_SYMBOL);
  if (!others.empty()) return failed("exports more than its entry: {}", others);
  return passed();
}

// The worker exports nothing: a symbol of its own can only be found by accident.
Verdict nothing_from_the_worker(CheckSubject& subject) {
  if (auto read = read_symbols(subject); read.outcome != CheckOutcome::kPassed) return read;
  for (const auto& name : subject.elf.undefined)
    if (name.rfind("sluice_", 0) == 0 || name.find("6sluice") != std::string::npos)
      return failed("needs the symbol {} from outside; the worker exports none", name);
  return passed();
}

Verdict no_text_relocations(CheckSubject& subject) {
  if (auto read = read_symbols(subject); read.outcome != CheckOutcome::kPassed) return read;
  return subject.elf.text_relocations ? failed("has text relocations: compile it with -fPIC") : passed();
}

Verdict run_path_is_relative(CheckSubject& subject) {
  if (auto read = read_symbols(subject); read.outcome != CheckOutcome::kPassed) return read;
  for (const auto& path : subject.elf.run_paths)
    return failed(
        "has the run path '{}': workers load a copy from another folder, so link private libraries statically", path);
  return passed();
}

Verdict entry_is_constant(CheckSubject& subject) {
  if (subject.plugin == nullptr) return failed("{}() returned null", SLUICE_ENTRY_SYMBOL);
  for (int i = 0; i < 3; ++i)
    if (subject.entry() != subject.plugin)
      return failed("{}() returned another pointer when called again", SLUICE_ENTRY_SYMBOL);
  std::atomic<int> different{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        if (subject.entry() != subject.plugin) ++different;
    });
  for (auto& thread : threads) thread.join();
  return different == 0 ? passed() : failed("{}() returned another pointer on another thread", SLUICE_ENTRY_SYMBOL);
}

// In a process that the kernel allows nothing but reading, writing and ending: a pure function needs none of them.
Verdict entry_is_pure(CheckSubject& subject) {
#ifdef SLUICE_SANITIZE
  (void)subject;
  return skipped("a sanitizer is in the way");
#else
  const pid_t child = ::fork();
  if (child < 0) return skipped("cannot fork");
  if (child == 0) {
    // tidy: allow(exit): a forked child that may only compute and end
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) ::_exit(3);
    const bool same = subject.entry() == subject.plugin;
    ::syscall(SYS_exit, same ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return passed();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 3) return skipped("this kernel has no strict seccomp");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return failed("{}() asks the kernel for something; it must only return a pointer", SLUICE_ENTRY_SYMBOL);
  return failed("{}() does not work when it is called alone", SLUICE_ENTRY_SYMBOL);
#endif
}

Verdict descriptors_are_valid(CheckSubject&) {
  return passed();
}  // describe() has run: see prepare()

Verdict manifest_is_true(CheckSubject& subject) {
  std::filesystem::path path = subject.library;
  path.replace_extension(".sluice.json");
  if (!std::filesystem::exists(path)) return skipped("no {} beside it", path.filename().string());
  const auto text = read_file(path, 16 << 20);
  if (!text) return failed("{}", text.error().message());
  const auto manifest = parse_manifest(*text);
  if (!manifest) return failed("{}: {}", path.string(), manifest.error().message());
  if (manifest->sha256 != subject.manifest.sha256)
    return failed("{} is of another build of the library", path.string());
  return *manifest == subject.manifest ? passed() : failed("{} says something else than the library", path.string());
}

}  // namespace

std::span<const CheckTest> static_checks() {
  static const std::vector<CheckTest> tests = {
      {"static.elf", 0, "is a whole shared library for this machine", 10s, {}, false, elf_is_whole},
      {"static.note", 0, "carries the ABI note of this version", 10s, {}, false, note_is_present},
      {"static.exports", 0, "exports its entry and nothing else", 10s, {}, false, only_entry_exported},
      {"static.undefined", 0, "needs nothing from the worker's program", 10s, {}, false, nothing_from_the_worker},
      {"static.text_relocations", 0, "has no text relocations", 10s, {}, false, no_text_relocations},
      {"static.run_path", 0, "has no run path", 10s, {}, false, run_path_is_relative},
      {"scan.entry", 1, "the entry returns one pointer, on any thread", 10s, {}, false, entry_is_constant},
      {"scan.pure", 1, "the entry makes no system call", 10s, {}, false, entry_is_pure},
      {"scan.descriptors",
       1,
       "names, kinds, texts, tables and keys are well formed",
       10s,
       {},
       false,
       descriptors_are_valid},
      {"scan.manifest", 1, "the manifest beside it says the same", 10s, {}, false, manifest_is_true},
  };
  return tests;
}

}  // namespace sluice::plugin
