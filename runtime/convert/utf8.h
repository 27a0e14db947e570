#pragma once
// UTF-8 with Java's view of it: texts are sequences of UTF-16 units, a surrogate pair is one four-byte form, and a lone
// surrogate is kept as its three bytes.

#include <string>
#include <string_view>

namespace sluice::convert {

// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text);

// Java's getBytes(UTF_8) of a text of ours: a lone surrogate becomes '?'.
void append_java_utf8(std::string_view text, std::string& bytes);
// new String(bytes, UTF_8): what is ill-formed, surrogates included, becomes U+FFFD.
void append_java_text(std::string_view bytes, std::string& text);

// Writes one UTF-16 unit at `out`: three bytes at most, and joins a low surrogate with a high one that stands just
// before it. `start` is where the text begins. Gives the new end.
char* put_unit(const char* start, char* out, int unit);

// Takes one code point off the front of [*p, end): lone surrogates as they are, 0xFFFD for bytes that are not UTF-8
// (one byte is taken then, or as many as Java's decoder would).
char32_t take_point(const char** p, const char* end);

// Writes a code point; surrogates as three bytes. Gives the new end.
char* put_point(char* out, char32_t point);

}  // namespace sluice::convert
