#include "runtime/convert/json_unique_keys.h"

#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <string_view>

#include "runtime/convert/byte_scan.h"

namespace sluice::convert::json {
namespace {

std::string_view key_of(const sluice_value* pairs, std::size_t at) {
  return {reinterpret_cast<const char*>(pairs[2 * at].as.bytes), pairs[2 * at].size};
}

// Cheap and rough: enough to tell a few keys of one object apart.
std::uint32_t rough_hash(std::string_view key) {
  std::uint64_t word = key.size();
  if (key.size() >= 8) {
    word += load8(key.data()) * 0x9E3779B97F4A7C15ULL + load8(key.data() + key.size() - 8) * 0xC2B2AE3D27D4EB4FULL;
  } else if (key.size() >= 4) {
    std::uint32_t front, back;
    std::memcpy(&front, key.data(), 4);
    std::memcpy(&back, key.data() + key.size() - 4, 4);
    word += front * 0x9E3779B97F4A7C15ULL + back * 0xC2B2AE3D27D4EB4FULL;
  } else if (!key.empty()) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(key[i])); };
    word += (at(0) << 16 | at(key.size() / 2) << 8 | at(key.size() - 1)) * 0x9E3779B97F4A7C15ULL;
  }
  word ^= word >> 29;
  return static_cast<std::uint32_t>(word * 0xBF58476D1CE4E5B9ULL >> 55);  // 9 bits
}

std::uint64_t seeded_hash(std::string_view key, std::uint64_t seed) {
  std::uint64_t hash = seed ^ key.size() * 0x9E3779B97F4A7C15ULL;
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * 0xFF51AFD7ED558CCDULL;
    hash ^= hash >> 32;
  };
  std::size_t i = 0;
  for (; i + 8 <= key.size(); i += 8) mix(load8(key.data() + i));
  std::uint64_t rest = 0;
  if (i < key.size()) std::memcpy(&rest, key.data() + i, key.size() - i);
  mix(rest);
  return hash;
}

}  // namespace

UniqueKeys::UniqueKeys() : seed_(std::random_device()()) {}

void UniqueKeys::trim() {
  constexpr std::size_t kKeptMax = 1 << 20;
  if (table_.capacity() > kKeptMax) std::vector<std::uint32_t>().swap(table_);
}

std::size_t UniqueKeys::keep(sluice_value* pairs, std::size_t count) {
  constexpr std::size_t kFewMax = 32;
  if (count < 2) return count;
  if (count > kFewMax) return keep_by_table(pairs, count);
  std::array<std::uint64_t, 8> seen{};
  bool suspect = false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t hash = rough_hash(key_of(pairs, i));
    const std::uint64_t bit = UINT64_C(1) << (hash & 63);
    suspect |= (seen[hash >> 6] & bit) != 0;
    seen[hash >> 6] |= bit;
  }
  if (!suspect) return count;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t place = 0;
    while (place < kept && key_of(pairs, place) != key_of(pairs, i)) ++place;
    pairs[2 * place + 1] = pairs[2 * i + 1];
    if (place == kept) pairs[2 * kept++] = pairs[2 * i];
  }
  return kept;
}

std::size_t UniqueKeys::keep_by_table(sluice_value* pairs, std::size_t count) {
  const std::size_t slots = std::bit_ceil(count * 2);
  table_.assign(slots, UINT32_MAX);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t slot = seeded_hash(key_of(pairs, i), seed_) & (slots - 1);
    while (table_[slot] != UINT32_MAX && key_of(pairs, table_[slot]) != key_of(pairs, i))
      slot = (slot + 1) & (slots - 1);
    const bool is_new = table_[slot] == UINT32_MAX;
    if (is_new) table_[slot] = static_cast<std::uint32_t>(kept);
    const std::size_t place = table_[slot];
    pairs[2 * place + 1] = pairs[2 * i + 1];
    if (is_new) pairs[2 * kept++] = pairs[2 * i];
  }
  return kept;
}

}  // namespace sluice::convert::json
