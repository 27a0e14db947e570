// Arbitrary bytes as a .properties text: parsing ends, and what was read prints and parses back to itself.
// Links: sluice::config

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/config/properties.h"

namespace {

// Writes a map so that any reader of .properties gets it back.
std::string printed(const sluice::config::ConfigMap& map) {
  std::string out;
  const auto append = [&](std::string_view text) {
    for (const char c : text) {
      switch (c) {
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        case '\f':
          out += "\\f";
          break;
        case ' ':
        case '=':
        case ':':
        case '#':
        case '!':
        case '\\':
          out += '\\';
          [[fallthrough]];
        default:
          out += c;
      }
    }
  };
  for (const auto& [key, text] : map) {
    append(key);
    out += '=';
    append(*text);
    out += '\n';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto map = sluice::config::parse_properties(text);
  if (!map) return 0;
  const auto again = sluice::config::parse_properties(printed(*map));
  if (!again || !(*again == *map)) std::abort();
  return 0;
}
