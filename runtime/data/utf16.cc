#include "runtime/data/utf16.h"

#include <cstdint>

namespace sluice::data {
namespace {

constexpr char16_t kReplacement = 0xFFFD;

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

struct Decoded {
  std::uint32_t code_point;
  std::size_t bytes;
};

// One code point (surrogates included), or U+FFFD and one byte where the text is not WTF-8.
Decoded decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xC2 && first < 0xE0 && continues(text, at + 1)) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first >= 0xE0 && first < 0xF0 && continues(text, at + 1) && continues(text, at + 2)) {
    const std::uint32_t code_point = (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    if (code_point >= 0x800) return {code_point, 3};
  }
  if (first >= 0xF0 && first < 0xF5 && continues(text, at + 1) && continues(text, at + 2) && continues(text, at + 3)) {
    const std::uint32_t code_point =
        (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    if (code_point >= 0x10000 && code_point < 0x110000) return {code_point, 4};
  }
  return {kReplacement, 1};
}

void append_code_point(std::uint32_t c, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// Zeros of the decimal digits beyond ASCII; the other nine follow each.
constexpr char16_t kZeros[] = {0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6,
                               0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090,
                               0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
                               0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10};

}  // namespace

bool is_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
  return seen < 0x80;
}

std::size_t utf16_length(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    units += next.code_point >= 0x10000 ? 2 : 1;
    at += next.bytes;
  }
  return units;
}

std::u16string to_utf16(std::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    if (next.code_point >= 0x10000) {
      units.push_back(static_cast<char16_t>(0xD800 + ((next.code_point - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xDC00 + (next.code_point & 0x3FF)));
    } else {
      units.push_back(static_cast<char16_t>(next.code_point));
    }
    at += next.bytes;
  }
  return units;
}

void append_utf16(std::u16string_view units, std::string& out) {
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::uint32_t c = units[i];
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < units.size() && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (units[i + 1] - 0xDC00u);
      ++i;
    }
    append_code_point(c, out);
  }
}

int java_digit(char16_t unit) {
  if (unit >= u'0' && unit <= u'9') return unit - u'0';
  if (unit < 0x660) return -1;
  for (const char16_t zero : kZeros)
    if (unit >= zero && unit < zero + 10) return unit - zero;
  return -1;
}

}  // namespace sluice::data
