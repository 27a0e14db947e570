#include "runtime/convert/base64.h"

#include <array>
#include <cstdint>

namespace sluice::convert {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto kValues = make_values();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

char* write_base64(char* out, std::string_view bytes) {
  std::size_t i = 0;
  for (; i + 2 < bytes.size(); i += 3) {
    const std::uint32_t group = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    *out++ = kDigits[group >> 18];
    *out++ = kDigits[group >> 12 & 63];
    *out++ = kDigits[group >> 6 & 63];
    *out++ = kDigits[group & 63];
  }
  if (i == bytes.size()) return out;
  const bool two = i + 1 < bytes.size();
  const std::uint32_t group = byte_at(bytes, i) << 16 | (two ? byte_at(bytes, i + 1) << 8 : 0);
  *out++ = kDigits[group >> 18];
  *out++ = kDigits[group >> 12 & 63];
  *out++ = two ? kDigits[group >> 6 & 63] : '=';
  *out++ = '=';
  return out;
}

char* read_base64(char* out, std::string_view text) {
  const auto digit = [](char c) { return static_cast<std::int32_t>(kValues[static_cast<unsigned char>(c)]); };
  const char* p = text.data();
  const char* const end = p + text.size();
  for (;;) {
    while (p != end && static_cast<unsigned char>(*p) <= 0x20) ++p;
    if (p == end) return out;
    if (end - p < 4) return nullptr;
    const std::int32_t a = digit(p[0]), b = digit(p[1]), c = digit(p[2]), d = digit(p[3]);
    if (a < 0 || b < 0) return nullptr;
    if (c < 0 && !(p[2] == '=' && p[3] == '=')) return nullptr;
    if (c >= 0 && d < 0 && p[3] != '=') return nullptr;
    *out++ = static_cast<char>(a << 2 | b >> 4);
    if (c >= 0) *out++ = static_cast<char>(b << 4 | c >> 2);
    if (c >= 0 && d >= 0) *out++ = static_cast<char>(c << 6 | d);
    p += 4;
  }
}

}  // namespace sluice::convert
