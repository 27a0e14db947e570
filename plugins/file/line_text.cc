#include "line_text.h"

#include <algorithm>
#include <cstring>

namespace file_stream {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed UTF-8 sequence at `at`, or 0; *bad is then how many bytes one U+FFFD stands for (the
// maximal prefix).
std::size_t sequence(std::string_view text, std::size_t at, std::size_t* bad) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  *bad = 1;
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                           : lead >= 0xE0 && lead <= 0xEF ? 3
                           : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                          : 0;
  if (size == 0) return 0;
  // A surrogate written in three bytes is one error to Java.
  if (lead == 0xED && at + 2 < text.size() && byte(at + 1) >= 0xA0 && byte(at + 1) <= 0xBF && byte(at + 2) >= 0x80 &&
      byte(at + 2) <= 0xBF) {
    *bad = 3;
    return 0;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if (at + i >= text.size()) {
      *bad = i;
      return 0;
    }
    unsigned low = 0x80, high = 0xBF;
    if (i == 1) {
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    }
    if (byte(at + i) < low || byte(at + i) > high) {
      *bad = i;
      return 0;
    }
  }
  return size;
}

}  // namespace

Line next_line(std::string_view data) {
  const void* newline = std::memchr(data.data(), '\n', data.size());
  const std::size_t end =
      newline != nullptr ? static_cast<std::size_t>(static_cast<const char*>(newline) - data.data()) : data.size();
  const void* carriage = std::memchr(data.data(), '\r', end);
  if (carriage != nullptr) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(carriage) - data.data());
    if (at + 1 >= data.size()) return {};
    return {data.substr(0, at), at + (data[at + 1] == '\n' ? 2u : 1u)};
  }
  if (newline == nullptr) return {};
  return {data.substr(0, end), end + 1};
}

bool is_ascii(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080ULL) != 0) return false;
  }
  for (; i < text.size(); ++i)
    if (static_cast<unsigned char>(text[i]) >= 0x80) return false;
  return true;
}

std::uint64_t utf16_length(std::string_view utf8) {
  if (is_ascii(utf8)) return utf8.size();
  std::uint64_t units = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    std::size_t bad = 0;
    const std::size_t size = sequence(utf8, at, &bad);
    units += size == 4 ? 2 : 1;
    at += size > 0 ? size : bad;
  }
  return units;
}

bool repair_utf8(std::string_view text, std::string& out) {
  std::size_t at = 0;
  std::size_t bad = 0;
  while (at < text.size()) {
    const std::size_t size = sequence(text, at, &bad);
    if (size == 0) break;
    at += size;
  }
  if (at == text.size()) return false;
  out.assign(text.substr(0, at));
  while (at < text.size()) {
    const std::size_t size = sequence(text, at, &bad);
    out.append(size > 0 ? text.substr(at, size) : kReplacement);
    at += size > 0 ? size : bad;
  }
  return true;
}

}  // namespace file_stream
