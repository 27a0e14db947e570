#include "smt/murmur_hash3.h"

#include <array>
#include <bit>
#include <string>

#include "smt/java_hash.h"

namespace sluice::smt {
namespace {

constexpr std::uint64_t kSeed = 9001;

struct State {
  std::uint64_t h1 = 0x9368e53c2f6af274ULL ^ kSeed;
  std::uint64_t h2 = 0x586dcd208f7cd3fdULL ^ kSeed;
  std::uint64_t c1 = 0x87c37b91114253d5ULL;
  std::uint64_t c2 = 0x4cf5ad432745937fULL;
};

void mix(State& state, std::uint64_t k1, std::uint64_t k2) {
  state.h1 ^= std::rotl(k1 * state.c1, 23) * state.c2;
  state.h1 += state.h2;
  state.h2 = std::rotl(state.h2, 41);
  state.h2 ^= std::rotl(k2 * state.c2, 23) * state.c1;
  state.h2 += state.h1;
  state.h1 = state.h1 * 3 + 0x52dce729;
  state.h2 = state.h2 * 3 + 0x38495ab5;
  state.c1 = state.c1 * 5 + 0x7b7d159c;
  state.c2 = state.c2 * 5 + 0x6bce6396;
}

std::uint64_t finish(std::uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccdULL;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53ULL;
  k ^= k >> 33;
  return k;
}

std::uint64_t block(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  for (std::size_t i = 8; i-- > 0;) word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
  return word;
}

// Up to eight bytes at the end; each is a signed number in Java and fills what lies above it.
std::uint64_t tail(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    word ^= static_cast<std::uint64_t>(std::int64_t{static_cast<std::int8_t>(bytes[i])}) << (8 * i);
  return word;
}

bool is_lone_surrogate(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && static_cast<unsigned char>(text[at]) == 0xED &&
         static_cast<unsigned char>(text[at + 1]) >= 0xA0;
}

std::int32_t murmur_text(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && !is_lone_surrogate(text, at)) ++at;
  if (at == text.size()) return debezium_murmur(text);
  std::string replaced(text.substr(0, at));
  while (at < text.size()) {
    const bool lone = is_lone_surrogate(text, at);
    replaced += lone ? '?' : text[at];
    at += lone ? 3 : 1;
  }
  return debezium_murmur(replaced);
}

}  // namespace

std::int32_t debezium_murmur(std::string_view bytes) {
  State state;
  const std::size_t full = bytes.size() / 16 * 16;
  for (std::size_t at = 0; at < full; at += 16) mix(state, block(bytes, at), block(bytes, at + 8));
  const auto rest = bytes.substr(full);
  if (!rest.empty()) mix(state, tail(rest.substr(0, 8)), rest.size() > 8 ? tail(rest.substr(8)) : 0);
  state.h2 ^= bytes.size();
  state.h1 += state.h2;
  state.h2 += state.h1;
  state.h1 = finish(state.h1) + finish(state.h2);
  return static_cast<std::int32_t>(state.h1 >> 32);
}

std::int32_t debezium_murmur(const Value& value) {
  if (value.is(Kind::kString)) return murmur_text(value.text());
  if (value.is(Kind::kBytes) && (value.flags & SLUICE_VALUE_BUFFER) == 0) return debezium_murmur(value.text());
  const auto hash = static_cast<std::uint32_t>(java_hash(value));
  std::array<char, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(hash >> (8 * i));
  return debezium_murmur(std::string_view(bytes.data(), bytes.size()));
}

}  // namespace sluice::smt
