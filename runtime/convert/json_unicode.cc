#include "runtime/convert/json_unicode.h"

#include <cstdint>

#include "runtime/convert/utf8.h"

namespace sluice::convert::json {
namespace {

enum class Encoding { kUtf8, kUtf16Big, kUtf16Little, kUtf32Big, kUtf32Little, kStrange };

struct Guess {
  Encoding encoding = Encoding::kUtf8;
  std::size_t mark = 0;  // bytes of the byte order mark
};

Guess guess_by_zeros(std::uint32_t quad) {
  if (quad >> 8 == 0) return {Encoding::kUtf32Big, 0};
  if ((quad & 0x00FFFFFF) == 0) return {Encoding::kUtf32Little, 0};
  if ((quad & 0xFF00FFFF) == 0 || (quad & 0xFFFF00FF) == 0) return {Encoding::kStrange, 0};
  if (quad >> 24 == 0) return {Encoding::kUtf16Big, 0};
  if ((quad >> 16 & 0xFF) == 0) return {Encoding::kUtf16Little, 0};
  return {};
}

Guess guess(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  if (bytes.size() < 2) return {};
  if (bytes.size() < 4) {
    if (at(0) == 0) return {Encoding::kUtf16Big, 0};
    if (at(1) == 0) return {Encoding::kUtf16Little, 0};
    return {};
  }
  const std::uint32_t quad = at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3);
  switch (quad) {
    case 0x0000FEFF:
      return {Encoding::kUtf32Big, 4};
    case 0xFFFE0000:
      return {Encoding::kUtf32Little, 4};
    case 0x0000FFFE:
    case 0xFEFF0000:
      return {Encoding::kStrange, 0};
    default:
      break;
  }
  if (quad >> 16 == 0xFEFF) return {Encoding::kUtf16Big, 2};
  if (quad >> 16 == 0xFFFE) return {Encoding::kUtf16Little, 2};
  if (quad >> 8 == 0xEFBBBF) return {Encoding::kUtf8, 3};
  return guess_by_zeros(quad);
}

constexpr char kNeverJson = '\x01';  // a control character is refused within texts and outside

char* from_utf16(std::string_view bytes, bool big, char* out) {
  const auto unit_at = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(big ? a << 8 | b : b << 8 | a);
  };
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    const char32_t unit = unit_at(i);
    if (unit < 0xD800 || unit > 0xDFFF) {
      out = put_point(out, unit);
      continue;
    }
    // Java's decoder takes a high surrogate and whatever follows it as one malformed piece.
    const char32_t low = unit < 0xDC00 && i + 3 < bytes.size() ? unit_at(i + 2) : 0;
    const bool pair = low >= 0xDC00 && low <= 0xDFFF;
    out = put_point(out, pair ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD);
    if (unit < 0xDC00) i += 2;
  }
  if (i < bytes.size()) out = put_point(out, 0xFFFD);
  return out;
}

char* from_utf32(std::string_view bytes, bool big, char* out) {
  std::size_t i = 0;
  char* const start = out;
  for (; i + 3 < bytes.size(); i += 4) {
    const auto at = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])); };
    const std::uint32_t point =
        big ? at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3) : at(3) << 24 | at(2) << 16 | at(1) << 8 | at(0);
    if (point > 0x10FFFF) {
      // Java decodes so many characters at once, and fails then even if the first value ends before.
      constexpr std::size_t kDecodedAtOnce = 4000;
      if (i / 4 < kDecodedAtOnce) out = start;
      *out++ = kNeverJson;
      return out;
    }
    out = point < 0x10000 ? put_unit(start, out, static_cast<int>(point)) : put_point(out, point);
  }
  if (i < bytes.size()) *out++ = kNeverJson;
  return out;
}

}  // namespace

base::Result<Source> to_utf8(std::string_view bytes, sluice_arena* arena) {
  const Guess found = guess(bytes);
  if (found.encoding == Encoding::kStrange)
    return base::fail(base::Code::kBadRecord, base::exceptions::kSerialization,
                      "Invalid JSON: UTF-32 in a byte order that is not supported");
  bytes.remove_prefix(found.mark);
  if (found.encoding == Encoding::kUtf8) return Source{bytes, false};
  auto* const out = static_cast<char*>(arena_alloc(arena, bytes.size() * 3 / 2 + 8, 1));
  if (out == nullptr)
    return base::fail(base::Code::kNoMemory, base::exceptions::kConnect,
                      "The message does not fit into the memory of its batch");
  const bool big = found.encoding == Encoding::kUtf16Big || found.encoding == Encoding::kUtf32Big;
  const bool two = found.encoding == Encoding::kUtf16Big || found.encoding == Encoding::kUtf16Little;
  char* const end = two ? from_utf16(bytes, big, out) : from_utf32(bytes, big, out);
  return Source{{out, static_cast<std::size_t>(end - out)}, true};
}

}  // namespace sluice::convert::json
