#pragma once
// JSON texts as Kafka Connect's JSON library writes them, for outputs that must match byte for byte.

#include <string>
#include <string_view>

namespace sluice::base {

// Appends `text` (UTF-8) as a JSON string with its quotes: \b \t \n \f \r, other control characters as \u00XX,
// characters outside the basic plane as two \uXXXX escapes, all else raw. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);

}  // namespace sluice::base
