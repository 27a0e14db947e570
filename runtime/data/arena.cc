#include "runtime/data/arena.h"

#include <algorithm>
#include <cstring>

namespace sluice::data {

Arena::Arena(std::size_t limit_bytes)
    : arena_{sizeof(sluice_arena), 0, &Arena::alloc_slow, this, nullptr, nullptr}, limit_(limit_bytes) {}

Arena::~Arena() = default;

bool Arena::next_block(std::size_t at_least) {
  // A kept block that is large enough comes first; smaller ones are skipped and come into use after the next reset.
  for (std::size_t i = blocks_.empty() ? 0 : current_ + 1; i < blocks_.size(); ++i) {
    if (blocks_[i].size < at_least) continue;
    std::swap(blocks_[i], blocks_[current_ + 1]);
    ++current_;
    arena_.cursor = blocks_[current_].data.get();
    arena_.limit = arena_.cursor + blocks_[current_].size;
    return true;
  }
  // Blocks double, so that a large batch takes few of them; near the limit only what is needed is taken.
  std::size_t size = std::max(at_least, std::clamp(reserved_, kBlockBytes, kKeepBytesMax / 4));
  if (reserved_ + size > limit_) size = at_least;
  if (reserved_ + size > limit_) return false;
  Block block{std::make_unique_for_overwrite<std::uint8_t[]>(size), size};
  arena_.cursor = block.data.get();
  arena_.limit = arena_.cursor + size;
  reserved_ += size;
  const std::size_t at = blocks_.empty() ? 0 : current_ + 1;
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at), std::move(block));
  current_ = at;
  return true;
}

void* Arena::alloc_slow(sluice_arena* arena, std::uint64_t size, std::uint32_t align) {
  auto* self = static_cast<Arena*>(arena->host_data);
  if (size > self->limit_ || !self->next_block(size + align)) return nullptr;
  return arena_alloc(arena, size, align);
}

char* Arena::begin_bytes(std::size_t at_least, std::size_t* room) {
  if (static_cast<std::size_t>(arena_.limit - arena_.cursor) < at_least && !next_block(at_least)) return nullptr;
  *room = static_cast<std::size_t>(arena_.limit - arena_.cursor);
  return reinterpret_cast<char*>(arena_.cursor);
}

char* Arena::grow_bytes(char* start, std::size_t used, std::size_t at_least, std::size_t* room) {
  if (static_cast<std::size_t>(reinterpret_cast<char*>(arena_.limit) - start) < used + at_least) {
    if (!next_block(std::max(used + at_least, used * 2))) return nullptr;
    std::memcpy(arena_.cursor, start, used);
    start = reinterpret_cast<char*>(arena_.cursor);
  }
  *room = static_cast<std::size_t>(reinterpret_cast<char*>(arena_.limit) - start) - used;
  return start;
}

void Arena::reset() {
  std::size_t kept = 0;
  std::erase_if(blocks_, [&](const Block& block) {
    if (kept + block.size > kKeepBytesMax) return true;
    kept += block.size;
    return false;
  });
  reserved_ = kept;
  current_ = 0;
  arena_.cursor = blocks_.empty() ? nullptr : blocks_[0].data.get();
  arena_.limit = blocks_.empty() ? nullptr : arena_.cursor + blocks_[0].size;
}

}  // namespace sluice::data
