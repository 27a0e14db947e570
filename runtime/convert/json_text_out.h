#pragma once
// Texts as JSON strings, straight into the arena.

#include <string>
#include <string_view>

#include "runtime/convert/arena_writer.h"

namespace sluice::convert::json {

// Appends `text` with quotes, as Jackson escapes it: \b \t \n \f \r, \" and \\, other control characters as \u00XX,
// characters outside the basic plane and lone surrogates as \uXXXX; all else as it is. Bytes that are not UTF-8 become
// U+FFFD. False: no memory.
[[nodiscard]] bool append_text(ArenaWriter& out, std::string_view text);

// The same into a string, for what is prepared once.
void append_text(std::string_view text, std::string& out);

}  // namespace sluice::convert::json
