#include "runtime/convert/utf8.h"

#include "runtime/convert/byte_scan.h"

namespace sluice::convert {
namespace {

unsigned char byte_at(const char* p) {
  return static_cast<unsigned char>(*p);
}

bool continues(const char* p, const char* end) {
  return p < end && (byte_at(p) & 0xC0) == 0x80;
}

// The length of the well-formed sequence at p (surrogates count as well-formed if `surrogates`), or minus the number of
// bytes that Java's decoder replaces by one U+FFFD.
int sequence_length(const char* p, const char* end, bool surrogates) {
  const unsigned char lead = byte_at(p);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return -1;
  if (lead < 0xE0) return continues(p + 1, end) ? 2 : -1;
  if (!continues(p + 1, end)) return -1;
  const unsigned char second = byte_at(p + 1);
  if (lead < 0xF0) {
    if (lead == 0xE0 && second < 0xA0) return -1;
    if (lead == 0xED && second >= 0xA0 && !surrogates) return -1;
    return continues(p + 2, end) ? 3 : -2;
  }
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90)) return -1;
  if (!continues(p + 2, end)) return -2;
  return continues(p + 3, end) ? 4 : -3;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

bool is_utf8(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  for (;;) {
    p = skip_ascii(p, end);
    if (p == end) return true;
    const int length = sequence_length(p, end, false);
    if (length < 0) return false;
    p += length;
  }
}

char* put_point(char* out, char32_t point) {
  if (point < 0x80) {
    *out++ = static_cast<char>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<char>(0xC0 | point >> 6);
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    *out++ = static_cast<char>(0xE0 | point >> 12);
    *out++ = static_cast<char>(0x80 | (point >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | point >> 18);
    *out++ = static_cast<char>(0x80 | (point >> 12 & 0x3F));
    *out++ = static_cast<char>(0x80 | (point >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  }
  return out;
}

char* put_unit(const char* start, char* out, int unit) {
  if (unit >= 0xDC00 && unit <= 0xDFFF && out - start >= 3 && byte_at(out - 3) == 0xED && byte_at(out - 2) >= 0xA0 &&
      byte_at(out - 2) < 0xB0) {
    const int high = 0xD000 | (byte_at(out - 2) & 0x3F) << 6 | (byte_at(out - 1) & 0x3F);
    const int point = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00);
    return put_point(out - 3, static_cast<char32_t>(point));
  }
  return put_point(out, static_cast<char32_t>(unit));
}

char32_t take_point(const char** p, const char* end) {
  const char* const at = *p;
  const int length = sequence_length(at, end, true);
  if (length < 0) {
    *p = at - length;
    return 0xFFFD;
  }
  *p = at + length;
  char32_t point = length == 1 ? byte_at(at) : static_cast<char32_t>(byte_at(at) & (0x7F >> length));
  for (int i = 1; i < length; ++i) point = point << 6 | static_cast<char32_t>(byte_at(at + i) & 0x3F);
  return point;
}

void append_java_utf8(std::string_view text, std::string& bytes) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char* const start = p;
    const char32_t point = take_point(&p, end);
    if (point >= 0xD800 && point <= 0xDFFF)
      bytes += '?';
    else if (point == 0xFFFD)
      bytes += kReplacement;
    else
      bytes.append(start, p);
  }
}

void append_java_text(std::string_view bytes, std::string& text) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  while (p != end) {
    const char* const start = p;
    const char32_t point = take_point(&p, end);
    if (point == 0xFFFD || (point >= 0xD800 && point <= 0xDFFF))
      text += kReplacement;
    else
      text.append(start, p);
  }
}

}  // namespace sluice::convert
