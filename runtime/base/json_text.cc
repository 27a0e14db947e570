#include "runtime/base/json_text.h"

#include <cstdint>
#include <optional>

namespace sluice::base {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_escape(unsigned unit, std::string& out) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kUpperHex[unit >> shift & 15];
}

void append_ascii(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\r':
      out += "\\r";
      break;
    default:
      if (static_cast<unsigned char>(c) < 0x20) {
        append_escape(static_cast<unsigned char>(c), out);
      } else {
        out += c;
      }
  }
}

struct CodePoint {
  std::uint32_t value;
  std::size_t length;
};

// The well-formed sequence of more than one byte at `at`, or nothing.
std::optional<CodePoint> decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
  const std::uint32_t first = byte(0);
  std::size_t length = 0;
  std::uint32_t value = 0;
  std::uint32_t min = 0;
  if (first >= 0xC2 && first < 0xE0) {
    length = 2, value = first & 0x1F, min = 0x80;
  } else if (first >= 0xE0 && first < 0xF0) {
    length = 3, value = first & 0x0F, min = 0x800;
  } else if (first >= 0xF0 && first < 0xF5) {
    length = 4, value = first & 0x07, min = 0x10000;
  } else {
    return std::nullopt;
  }
  if (text.size() - at < length) return std::nullopt;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3F);
  }
  if (value < min || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  return CodePoint{value, length};
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      append_ascii(text[i++], out);
      continue;
    }
    const auto point = decode(text, i);
    if (!point) {
      out += kReplacement;
      ++i;
    } else if (point->value < 0x10000) {
      out += text.substr(i, point->length);
      i += point->length;
    } else {
      append_escape(0xD800 + ((point->value - 0x10000) >> 10), out);
      append_escape(0xDC00 + ((point->value - 0x10000) & 0x3FF), out);
      i += point->length;
    }
  }
  out += '"';
}

}  // namespace sluice::base
