#include "runtime/convert/json_text_out.h"

#include "runtime/convert/byte_scan.h"
#include "runtime/convert/utf8.h"
#include "runtime/data/arena.h"

namespace sluice::convert::json {
namespace {

constexpr std::size_t kSlack = 32;  // blocks of 16 bytes are written at once, and one escape takes 12

// Copies plain bytes (printable ASCII but '"' and '\\') from [p, end) until one is not; gives its place. Writes up to
// 15 bytes too many.
const char* copy_plain(char** out, const char* p, const char* end) {
  char* to = *out;
#if defined(__SSE2__)
  for (;;) {
    const auto left = static_cast<std::size_t>(end - p);
    if (left == 0) break;
    const std::size_t count = left < 16 ? left : 16;
    const __m128i block = left < 16 ? load_part(p, left) : _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
    const unsigned mask = unplain_bytes(block) & ((1U << count) - 1);
    if (mask != 0) {
      const int plain = std::countr_zero(mask);
      *out = to + plain;
      return p + plain;
    }
    p += count;
    to += count;
  }
  *out = to;
  return p;
#else
  const auto special = [](std::uint64_t word) { return (special_bytes(word) | (word & kHighs)) != 0; };
  while (end - p >= 8) {
    const std::uint64_t word = load8(p);
    if (special(word)) break;
    std::memcpy(to, &word, 8);
    p += 8;
    to += 8;
  }
  for (; p != end; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
    *to++ = *p;
  }
  *out = to;
  return p;
#endif
}

char* put_escape(char* out, unsigned unit) {
  constexpr char kHex[] = "0123456789ABCDEF";
  *out++ = '\\';
  *out++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *out++ = kHex[unit >> shift & 15];
  return out;
}

char short_escape(char c) {
  switch (c) {
    case '\b':
      return 'b';
    case '\t':
      return 't';
    case '\n':
      return 'n';
    case '\f':
      return 'f';
    case '\r':
      return 'r';
    case '"':
    case '\\':
      return c;
    default:
      return 0;
  }
}

// Writes what stands for the character at *p, at most 12 bytes.
char* put_special(char* out, const char** p, const char* end) {
  const char c = **p;
  if (static_cast<unsigned char>(c) < 0x80) {
    ++*p;
    if (const char letter = short_escape(c)) {
      *out++ = '\\';
      *out++ = letter;
      return out;
    }
    return put_escape(out, static_cast<unsigned char>(c));
  }
  const char32_t point = take_point(p, end);
  if (point >= 0x10000) {
    out = put_escape(out, 0xD800 + static_cast<unsigned>((point - 0x10000) >> 10));
    return put_escape(out, 0xDC00 + static_cast<unsigned>(point & 0x3FF));
  }
  if (point >= 0xD800 && point <= 0xDFFF) return put_escape(out, static_cast<unsigned>(point));
  return put_point(out, point);
}

#if defined(__SSE2__)
// A block whose only characters that are not plain are quotes and backslashes, as JSON in a text has many. What follows
// each one is copied again one place further on.
bool write_quotes(TextStep* at, std::size_t count) {
  const __m128i block =
      count < 16 ? load_part(at->from, count) : _mm_loadu_si128(reinterpret_cast<const __m128i*>(at->from));
  const unsigned wanted = (1U << count) - 1;
  unsigned quotes = quotes_and_backslashes(block) & wanted;
  if (quotes != (unplain_bytes(block) & wanted)) return false;
  alignas(16) char bytes[32];
  _mm_store_si128(reinterpret_cast<__m128i*>(bytes), block);
  _mm_store_si128(reinterpret_cast<__m128i*>(bytes + 16), block);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at->to), block);
  char* to = at->to;
  for (; quotes != 0; quotes &= quotes - 1) {
    const int i = std::countr_zero(quotes);
    to[i] = '\\';
    ++to;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i)));
  }
  at->from += count;
  at->to = to + count;
  return true;
}
#endif

}  // namespace

TextStep write_text_piece(char* out, const char* p, const char* end) {
  TextStep at{p, out};
#if defined(__SSE2__)
  const auto left = static_cast<std::size_t>(end - p);
  if (write_quotes(&at, left < 16 ? left : 16)) return at;
#endif
  at.from = copy_plain(&at.to, at.from, end);
  if (at.from != end) at.to = put_special(at.to, &at.from, end);
  return at;
}

bool append_text(ArenaWriter& out, std::string_view text) {
  if (text.size() <= kShortText) {
    if (!out.reserve(short_text_room(text.size()))) return false;
    out.commit_to(write_short_text(out.at(), text));
    return true;
  }
  if (!out.reserve(text.size() + kSlack)) return false;
  out.put('"');
  const char* p = text.data();
  const char* const end = p + text.size();
  char* to = out.at();
  for (;;) {
    p = copy_plain(&to, p, end);
    if (p == end) break;
    to = put_special(to, &p, end);
    out.commit_to(to);
    if (!out.reserve(static_cast<std::size_t>(end - p) + kSlack)) return false;
    to = out.at();
  }
  *to++ = '"';
  out.commit_to(to);
  return true;
}

void append_text(std::string_view text, std::string& out) {
  data::Arena arena;
  ArenaWriter writer(arena.c());
  if (append_text(writer, text)) out += writer.finish();
}

}  // namespace sluice::convert::json
