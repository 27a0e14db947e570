#pragma once
// Scanning texts many bytes at a time. SSE2 where the machine has it, eight bytes in a word elsewhere. No read touches
// another page of memory than the range given; only load_block reads outside the range at all.

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_STRICT_READS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define SLUICE_STRICT_READS 1
#endif
#endif

namespace sluice::convert {

inline std::uint64_t load8(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

inline constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
inline constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

#if defined(__SSE2__)
// The `count` bytes at p (1 to 15), zeros behind them; reads nothing else.
inline __m128i load_part(const char* p, std::size_t count) {
  std::uint64_t low = 0, high = 0;
  if (count >= 8) {
    low = load8(p);
    if (count > 8) high = load8(p + count - 8) >> (8 * (16 - count));
  } else if (count >= 4) {
    std::uint32_t front, back;
    std::memcpy(&front, p, 4);
    std::memcpy(&back, p + count - 4, 4);
    low = front | static_cast<std::uint64_t>(back) << (8 * (count - 4));
  } else {
    const auto at = [p](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
    low = at(0) | at(count / 2) << (8 * (count / 2)) | at(count - 1) << (8 * (count - 1));
  }
  return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}

// The `count` bytes at p (1 to 15) and whatever stands behind them: as load_part, without its branches where the block
// ends in the page in which it begins. Sanitizers see no such read.
inline __m128i load_block(const char* p, std::size_t count) {
#if !defined(SLUICE_STRICT_READS)
  constexpr std::uintptr_t kPage = 4096;
  if ((reinterpret_cast<std::uintptr_t>(p) & (kPage - 1)) <= kPage - 16)
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
#endif
  return load_part(p, count);
}

// One bit for each byte that is '"' or '\\'.
inline unsigned quotes_and_backslashes(__m128i block) {
  return static_cast<unsigned>(_mm_movemask_epi8(
      _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')))));
}

// One bit for each byte that is '"', '\\', below 0x20 or from 0x80.
inline unsigned unplain_bytes(__m128i block) {
  // As signed numbers, bytes from 0x80 are below 0x20 too.
  const __m128i marks =
      _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)),
                   _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
  return static_cast<unsigned>(_mm_movemask_epi8(marks));
}
#endif

// High bits set in the bytes of `word` that are '"', '\\' or below 0x20. A byte above a marked one may be marked
// falsely, so that only zero or not zero, and the lowest mark, mean anything. Bytes from 0x80 are never marked.
inline std::uint64_t special_bytes(std::uint64_t word) {
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return (((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | ((word - kOnes * 0x20) & ~word)) & kHighs;
}

// The first byte from 0x80 in [p, end), or end.
inline const char* skip_ascii(const char* p, const char* end) {
#if defined(__SSE2__)
  while (end - p >= 16) {
    const auto above = static_cast<unsigned>(_mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
    if (above != 0) return p + std::countr_zero(above);
    p += 16;
  }
#endif
  while (end - p >= 8 && (load8(p) & kHighs) == 0) p += 8;
  while (p != end && static_cast<unsigned char>(*p) < 0x80) ++p;
  return p;
}

// What kTextBlock bytes of a text hold.
struct TextBlock {
  bool none = false;    // only printable ASCII, and neither quote nor backslash
  bool closed = false;  // the first byte of another kind is the closing quote
  int plain = 0;        // bytes before it
};
#if defined(__SSE2__)
inline constexpr std::size_t kTextBlock = 16;
inline TextBlock look_at_text(const char* p) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const unsigned mask = unplain_bytes(block);
  if (mask == 0) return {true, false, 0};
  const int plain = std::countr_zero(mask);
  return {false, p[plain] == '"', plain};
}
#else
inline constexpr std::size_t kTextBlock = 8;
inline TextBlock look_at_text(const char* p) {
  const std::uint64_t word = load8(p);
  if ((special_bytes(word) | (word & kHighs)) == 0) return {true, false, 0};
  int plain = 0;
  for (; plain < 7; ++plain) {
    const auto c = static_cast<unsigned char>(p[plain]);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
  }
  return {false, p[plain] == '"', plain};
}
#endif

// The first byte in [p, end) that is '"', '\\' or below 0x20, or end. Sets *high if a byte from 0x80 stands before it.
inline const char* find_text_end(const char* p, const char* end, bool* high) {
#if defined(__SSE2__)
  while (end - p >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
    const __m128i marks = _mm_or_si128(
        control, _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(marks));
    const auto above = static_cast<unsigned>(_mm_movemask_epi8(block));
    if (mask != 0) {
      if ((above & (mask ^ (mask - 1))) != 0) *high = true;
      return p + std::countr_zero(mask);
    }
    if (above != 0) *high = true;
    p += 16;
  }
#endif
  for (; p != end; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\\' || c < 0x20) return p;
    if (c >= 0x80) *high = true;
  }
  return p;
}

}  // namespace sluice::convert
