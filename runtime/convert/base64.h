#pragma once
// Base64 as Kafka Connect's JSON library writes and reads it.

#include <cstddef>
#include <string_view>

namespace sluice::convert {

constexpr std::size_t base64_length(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}
// Writes base64_length(bytes.size()) characters at `out` and gives the end.
char* write_base64(char* out, std::string_view bytes);

// Reads `text` into `out`, which needs 3/4 of its size. The end, or nullptr if it is refused: blanks (anything up to
// U+0020) are skipped before each group of four only, padding is required, and groups may follow padding.
char* read_base64(char* out, std::string_view text);

}  // namespace sluice::convert
