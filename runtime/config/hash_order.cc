#include "runtime/config/hash_order.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string_view>

namespace sluice::config {

std::uint32_t java_string_hash(std::string_view text) {
  std::uint32_t hash = 0;
  const auto add = [&](std::uint32_t unit) { hash = hash * 31 + unit; };
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = std::min<std::size_t>(first < 0x80   ? 1
                                                     : first < 0xE0 ? 2
                                                     : first < 0xF0 ? 3
                                                                    : 4,
                                                     text.size() - i);
    std::uint32_t point = length == 1 ? first : first & (0x7Fu >> length);
    for (std::size_t j = 1; j < length; ++j) point = point << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3F);
    i += length;
    if (point < 0x10000) {
      add(point);
    } else {
      add(0xD800 + ((point - 0x10000) >> 10));
      add(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return hash;
}

std::vector<std::size_t> java_hash_map_order(const std::vector<std::string>& keys) {
  std::vector<std::uint32_t> hashes;
  hashes.reserve(keys.size());
  for (const auto& key : keys) hashes.push_back(java_string_hash(key));
  return java_hash_map_order(hashes);
}

std::vector<std::size_t> java_hash_map_order(const std::vector<std::uint32_t>& hashes) {
  std::size_t capacity = 16;
  while (hashes.size() * 4 > capacity * 3) capacity *= 2;
  std::vector<std::size_t> buckets;
  buckets.reserve(hashes.size());
  for (const std::uint32_t hash : hashes) buckets.push_back((hash ^ hash >> 16) & (capacity - 1));
  std::vector<std::size_t> order(hashes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Within a bucket the order of insertion stays.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return buckets[a] < buckets[b]; });
  return order;
}

}  // namespace sluice::config
