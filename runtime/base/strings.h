#pragma once
// Text helpers with Java's meaning where Connect's behaviour depends on it.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::base {

// Java's String.trim(): removes code units <= U+0020 at both ends.
std::string_view java_trim(std::string_view text);
// Splits at each `separator`; keeps empty items; an empty text gives one empty item.
std::vector<std::string_view> split(std::string_view text, char separator);
// Java's String.split at one character: no empty items at the end, but one for an empty text.
std::vector<std::string_view> java_split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& items, std::string_view separator);
std::string to_lower_ascii(std::string_view text);
std::string to_upper_ascii(std::string_view text);
bool equals_ignore_case_ascii(std::string_view a, std::string_view b);

// a == b without a call where both are at most 16 bytes long, as names of fields and headers are: a call costs more
// than the comparison. Longer ones end at their first eight bytes if these differ.
inline bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto differ = [&]<typename Word>(Word, std::size_t at) {
    Word left, right;
    std::memcpy(&left, a.data() + at, sizeof left);
    std::memcpy(&right, b.data() + at, sizeof right);
    return left ^ right;
  };
  const std::size_t size = a.size();
  if (size >= 8) {
    if (differ(std::uint64_t{}, 0) != 0) return false;
    return size <= 16 ? differ(std::uint64_t{}, size - 8) == 0 : std::memcmp(a.data(), b.data(), size) == 0;
  }
  if (size >= 4) return (differ(std::uint32_t{}, 0) | differ(std::uint32_t{}, size - 4)) == 0;
  if (size >= 2) return (differ(std::uint16_t{}, 0) | differ(std::uint16_t{}, size - 2)) == 0;
  return size == 0 || a[0] == b[0];
}

// Standard Base64 with padding (RFC 4648 section 4). Decoding refuses what Java's basic decoder refuses.
void append_base64(std::string_view bytes, std::string& out);
std::optional<std::string> decode_base64(std::string_view text);
// Why Java's decoder refuses a text that decode_base64() refuses: its message.
std::string base64_problem(std::string_view text);
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

// application/x-www-form-urlencoded as Java's URLEncoder/URLDecoder in UTF-8 do it, and RFC 3986 path decoding.
std::string url_encode(std::string_view text);
std::optional<std::string> url_decode_path(std::string_view text);

}  // namespace sluice::base
