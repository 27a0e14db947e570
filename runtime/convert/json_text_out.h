#pragma once
// Texts as JSON strings, straight into the arena.

#include <string>
#include <string_view>

#include "runtime/convert/arena_writer.h"
#include "runtime/convert/byte_scan.h"

namespace sluice::convert::json {

// Appends `text` with quotes, as Jackson escapes it: \b \t \n \f \r, \" and \\, other control characters as \u00XX,
// characters outside the basic plane and lone surrogates as \uXXXX; all else as it is. Bytes that are not UTF-8 become
// U+FFFD. False: no memory.
[[nodiscard]] bool append_text(ArenaWriter& out, std::string_view text);

// The same for texts of at most kShortText bytes, at `out` with short_text_room() bytes; gives the end.
inline constexpr std::size_t kShortText = 256;
inline constexpr std::size_t short_text_room(std::size_t size) {
  return 6 * size + 34;  // \uXXXX for each byte, and blocks of 16 are written at once
}
inline char* write_short_text(char* out, std::string_view text);

// The same into a string, for what is prepared once.
void append_text(std::string_view text, std::string& out);

// ---- inline parts

struct TextStep {
  const char* from;
  char* to;
};
// Copies bytes from [p, end) up to one that is not plain, or some more; at least one. Needs short_text_room of what is
// left. Plain: printable ASCII but '"' and '\\'.
TextStep write_text_piece(char* out, const char* p, const char* end);

inline char* write_short_text(char* out, std::string_view text) {
  *out++ = '"';
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
#if defined(__SSE2__)
    const auto left = static_cast<std::size_t>(end - p);
    const std::size_t count = left < 16 ? left : 16;
    const __m128i block = left < 16 ? load_block(p, left) : _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    if ((unplain_bytes(block) & ((1U << count) - 1)) == 0) [[likely]] {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block);
      p += count;
      out += count;
      continue;
    }
#endif
    const TextStep step = write_text_piece(out, p, end);
    p = step.from;
    out = step.to;
  }
  *out++ = '"';
  return out;
}

}  // namespace sluice::convert::json
