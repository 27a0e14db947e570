// Links: sluice::smt
// A file of a Lookup, as CSV and as JSON: it is refused, or has no more rows than lines or members can give.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "smt/lookup_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sluice::smt::LookupTable;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<sluice::smt::LookupColumn> columns = {{"name", sluice::Kind::kString},
                                                          {"size", sluice::Kind::kInt32}};
  for (const char* path : {"table.csv", "table.json"}) {
    const auto table = LookupTable::from_text(path, text, {"id"}, columns);
    if (!table) {
      if (table.error().message().empty()) std::abort();
      continue;
    }
    if ((*table)->size() > size) std::abort();
    static_cast<void>((*table)->find("1"));
  }
  return 0;
}
