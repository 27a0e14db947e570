// Links: sluice::plugin
// Any file that ends in .so is read.
#include "runtime/plugin/elf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  (void)sluice::plugin::read_elf_symbols({reinterpret_cast<const char*>(data), size});
  return 0;
}
