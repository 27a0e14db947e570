#pragma once
// What the bytes of a shared library say about it, without loading it: whether it is a plugin for this machine, whether
// the file is whole, and (for the conformance kit) what it exports and needs. Never trusts an offset in the file.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::plugin {

struct ElfInfo {
  bool has_note = false;  // .note.sluice, with the ABI below
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;

  // Filled by read_elf_symbols().
  std::vector<std::string> needed;     // DT_NEEDED
  std::vector<std::string> run_paths;  // elements of DT_RUNPATH and DT_RPATH
  bool text_relocations = false;
  std::vector<std::string> exported;   // dynamic symbols defined here and visible
  std::vector<std::string> undefined;  // dynamic symbols that must be found elsewhere (weak ones left out)
};

// Error (kInvalidConfig): why this cannot be a plugin of this worker ("is not a shared library", "is truncated", "is
// for another machine", ...), in words that follow the file's name.
base::Result<ElfInfo> read_elf(std::string_view bytes);
base::Result<ElfInfo> read_elf_symbols(std::string_view bytes);

}  // namespace sluice::plugin
