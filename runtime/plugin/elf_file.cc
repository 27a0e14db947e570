#include "runtime/plugin/elf_file.h"

#include <elf.h>

#include <cstring>
#include <optional>

#include <sluice/abi.h>

namespace sluice::plugin {
namespace {

using base::Code;

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#else
#error "name this machine's ELF constant"
#endif
constexpr std::size_t kSymbolsMax = 1'000'000;

tl::unexpected<base::Error> refuse(std::string_view why) {
  return base::fail(Code::kInvalidConfig, base::exceptions::kConnect, "{}", why);
}

// Reads structures out of the file; nothing lies outside it.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  std::optional<T> at(std::uint64_t offset) const {
    T value;
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  std::string_view slice(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return {};
    return bytes_.substr(offset, size);
  }
  std::uint64_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

std::string text_at(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(offset);
  return std::string(rest.substr(0, rest.find('\0')));
}

void read_notes(std::string_view notes, ElfInfo& info) {
  const Bytes bytes(notes);
  std::uint64_t at = 0;
  while (const auto header = bytes.at<Elf64_Nhdr>(at)) {
    const std::uint64_t name_at = at + sizeof(Elf64_Nhdr);
    const std::uint64_t content_at = name_at + ((std::uint64_t{header->n_namesz} + 3) & ~std::uint64_t{3});
    const auto major = bytes.at<std::uint32_t>(content_at);
    const auto minor = bytes.at<std::uint32_t>(content_at + 4);
    if (header->n_type == SLUICE_NOTE_TYPE && header->n_descsz >= 8 &&
        bytes.slice(name_at, header->n_namesz) == std::string_view("Sluice\0", 7) && major && minor) {
      info.has_note = true;
      info.abi_major = *major;
      info.abi_minor = *minor;
      return;
    }
    at = content_at + ((std::uint64_t{header->n_descsz} + 3) & ~std::uint64_t{3});
  }
}

base::Result<Elf64_Ehdr> read_header(const Bytes& bytes) {
  const std::string_view magic = bytes.slice(0, SELFMAG);
  if (bytes.size() == 0) return refuse("is empty (is it still being copied?)");
  if (magic != std::string_view(ELFMAG, SELFMAG)) return refuse("is not a shared library (no ELF header)");
  const auto header = bytes.at<Elf64_Ehdr>(0);
  if (!header) return refuse("is truncated: it ends inside its ELF header (is it still being copied?)");
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_machine != kMachine)
    return refuse("is built for another machine");
  if (header->e_type != ET_DYN) return refuse("is not a shared library (another kind of ELF file)");
  if (header->e_phentsize != sizeof(Elf64_Phdr)) return refuse("is damaged: its program headers have an unknown size");
  return *header;
}

}  // namespace

base::Result<ElfInfo> read_elf(std::string_view content) {
  const Bytes bytes(content);
  SLUICE_TRY_ASSIGN(const Elf64_Ehdr header, read_header(bytes));
  ElfInfo info;
  for (std::uint32_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = bytes.at<Elf64_Phdr>(header.e_phoff + std::uint64_t{i} * sizeof(Elf64_Phdr));
    if (!segment) return refuse("is truncated: its program headers are not in the file (is it still being copied?)");
    if (segment->p_type != PT_LOAD && segment->p_type != PT_NOTE) continue;
    if (segment->p_offset > bytes.size() || bytes.size() - segment->p_offset < segment->p_filesz)
      return refuse("is truncated: a segment reaches beyond its end (is it still being copied?)");
    if (segment->p_type == PT_NOTE) read_notes(bytes.slice(segment->p_offset, segment->p_filesz), info);
  }
  // The section headers come last in a file: if they are cut off, the copy is not complete.
  if (header.e_shnum > 0 && (header.e_shoff > bytes.size() ||
                             bytes.size() - header.e_shoff < std::uint64_t{header.e_shnum} * header.e_shentsize))
    return refuse("is truncated: its section headers are not in the file (is it still being copied?)");
  return info;
}

base::Result<ElfInfo> read_elf_symbols(std::string_view content) {
  SLUICE_TRY_ASSIGN(ElfInfo info, read_elf(content));
  const Bytes bytes(content);
  const auto header = bytes.at<Elf64_Ehdr>(0);
  if (header->e_shentsize != sizeof(Elf64_Shdr)) return refuse("has no section headers to check");
  const auto section = [&](std::uint64_t index) {
    return bytes.at<Elf64_Shdr>(header->e_shoff + index * sizeof(Elf64_Shdr));
  };
  const auto contents = [&](const Elf64_Shdr& s) { return bytes.slice(s.sh_offset, s.sh_size); };

  for (std::uint32_t i = 0; i < header->e_shnum; ++i) {
    const auto found = section(i);
    if (!found || (found->sh_type != SHT_DYNSYM && found->sh_type != SHT_DYNAMIC)) continue;
    const auto strings = section(found->sh_link);
    const std::string_view names = strings ? contents(*strings) : std::string_view();
    const Bytes table(contents(*found));
    if (found->sh_type == SHT_DYNSYM) {
      for (std::uint64_t at = sizeof(Elf64_Sym); at / sizeof(Elf64_Sym) < kSymbolsMax; at += sizeof(Elf64_Sym)) {
        const auto symbol = table.at<Elf64_Sym>(at);
        if (!symbol) break;
        const auto binding = ELF64_ST_BIND(symbol->st_info);
        if (binding == STB_LOCAL) continue;
        std::string name = text_at(names, symbol->st_name);
        if (name.empty()) continue;
        if (symbol->st_shndx == SHN_UNDEF) {
          if (binding != STB_WEAK) info.undefined.push_back(std::move(name));
        } else if (ELF64_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT ||
                   ELF64_ST_VISIBILITY(symbol->st_other) == STV_PROTECTED) {
          if (symbol->st_shndx != SHN_ABS || symbol->st_size > 0) info.exported.push_back(std::move(name));
        }
      }
    } else {
      for (std::uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
        const auto entry = table.at<Elf64_Dyn>(at);
        if (!entry || entry->d_tag == DT_NULL) break;
        if (entry->d_tag == DT_NEEDED) info.needed.push_back(text_at(names, entry->d_un.d_val));
        if (entry->d_tag == DT_RUNPATH || entry->d_tag == DT_RPATH) {
          std::string paths = text_at(names, entry->d_un.d_val);
          std::size_t from = 0;
          while (from <= paths.size()) {
            const std::size_t colon = std::min(paths.find(':', from), paths.size());
            if (colon > from) info.run_paths.push_back(paths.substr(from, colon - from));
            from = colon + 1;
          }
        }
        if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0))
          info.text_relocations = true;
      }
    }
  }
  return info;
}

}  // namespace sluice::plugin
