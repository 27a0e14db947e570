// The first line is a regular expression, the second a replacement, the rest a text: all ends within its bounds.
// Links: sluice::base

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/base/regex.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&] {
    const auto end = rest.find('\n');
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return taken;
  };
  const std::string_view pattern = line();
  const std::string_view replacement = line();
  if (pattern.size() > 200 || rest.size() > 2000) return 0;
  const auto regex = sluice::base::Regex::compile(pattern);
  if (!regex) return 0;
  const auto whole = regex->matches(rest);
  const auto part = regex->find(rest);
  const auto replaced = regex->replace_all(rest, replacement);
  if (part && !*part && (!replaced || *replaced != rest)) std::abort();
  if (whole && *whole && part && !*part) std::abort();
  return 0;
}
