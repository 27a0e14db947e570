#pragma once
// Java's view of a text. Texts are held as WTF-8: UTF-8, where a lone UTF-16 surrogate stands as its three bytes. Java
// counts and compares in UTF-16 code units; these helpers give that view where a result depends on it.

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::data {

bool is_ascii(std::string_view text);

// String.length(). Bytes that are not WTF-8 count as one unit each.
std::size_t utf16_length(std::string_view text);

// Bytes that are not WTF-8 become U+FFFD.
std::u16string to_utf16(std::string_view text);

// Surrogate pairs become one character of four bytes, lone surrogates three bytes.
void append_utf16(std::u16string_view units, std::string& out);

// Character.digit(unit, 10): the value of any decimal digit of the basic plane (Unicode 13, as in Java 17), or -1.
int java_digit(char16_t unit);

}  // namespace sluice::data
