// The reader of Java's offsets files: any bytes give pairs or an error; pairs survive a write and a second read.
// Links: sluice::store
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/store/java_serialization.h"
#include "runtime/store/offset_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::store;
  const auto map = read_java_byte_map({reinterpret_cast<const char*>(data), size});
  if (!map) return 0;
  const auto again = read_java_byte_map(write_java_byte_map(*map));
  if (!again || *again != *map) std::abort();
  for (const auto& [key, value] : *map)
    if (key) static_cast<void>(parse_offset_key(*key)), static_cast<void>(canonical_offset_key(*key));
  return 0;
}
