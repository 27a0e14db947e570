#pragma once
// Lines of a file as Java's readers see them: where they end, and how many characters (UTF-16 code units) they have.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace file_stream {

struct Line {
  std::string_view text;  // without its terminator
  std::size_t bytes = 0;  // with its terminator; 0: no complete line
};

// The first complete line of `data`. Terminators are \n, \r\n and \r; a \r at the very end may be half of \r\n, so it
// completes a line only when another byte follows.
Line next_line(std::string_view data);

// UTF-16 code units that a Java reader makes of the bytes; malformed sequences count as the U+FFFD they are replaced
// by.
std::uint64_t utf16_length(std::string_view utf8);
bool is_ascii(std::string_view text);
// The text with each malformed sequence replaced by U+FFFD, as Java's decoder does; false: it is well-formed, `out` is
// untouched.
bool repair_utf8(std::string_view text, std::string& out);

}  // namespace file_stream
