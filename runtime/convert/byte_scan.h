#pragma once
// Scanning texts many bytes at a time. SSE2 where the machine has it, eight bytes in a word elsewhere; never a read
// outside the range given.

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice::convert {

inline std::uint64_t load8(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

inline constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
inline constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

// High bits set in the bytes of `word` that are '"', '\\' or below 0x20. A byte above a marked one may be marked
// falsely, so that only zero or not zero, and the lowest mark, mean anything. Bytes from 0x80 are never marked.
inline std::uint64_t special_bytes(std::uint64_t word) {
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return (((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | ((word - kOnes * 0x20) & ~word)) & kHighs;
}

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
