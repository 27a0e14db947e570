// Any file may be read: lines lie inside the data and move on, and repaired text is well-formed and as long as was
// counted.
//
// Links: sluice::file_lines fmt::fmt

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "plugins/file/line_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace file_stream;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const Line line = next_line(rest);
    if (line.bytes == 0) break;
    if (line.bytes > rest.size() || line.text.size() >= line.bytes) std::abort();
    std::string repaired;
    if (repair_utf8(line.text, repaired)) {
      std::string again;
      if (repair_utf8(repaired, again) || utf16_length(repaired) != utf16_length(line.text)) std::abort();
    }
    rest.remove_prefix(line.bytes);
  }
  return 0;
}
