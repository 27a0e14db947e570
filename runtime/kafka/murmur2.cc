#include "runtime/kafka/murmur2.h"

#include <cstring>

namespace sluice::kafka {

std::uint32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr std::uint32_t kSeed = 0x9747b28c;
  const auto mix = [](std::uint32_t k) {
    k *= kMultiplier;
    k ^= k >> 24;
    return k * kMultiplier;
  };
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };

  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {  // little endian words
    const std::uint32_t word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    hash = hash * kMultiplier ^ mix(word);
  }
  const std::size_t left = bytes.size() - at;
  if (left > 0) {
    if (left == 3) hash ^= byte(at + 2) << 16;
    if (left >= 2) hash ^= byte(at + 1) << 8;
    hash ^= byte(at);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ (hash >> 15);
}

}  // namespace sluice::kafka
