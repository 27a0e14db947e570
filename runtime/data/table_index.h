#pragma once
// Finds entries of a table that only grows: a batch's topics, its schemas. A short table is searched from its end; a
// long one by hash, so that a batch in which every record has a topic of its own costs no more for each.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::data {

// Owned by one batch, used on its thread. Keeps its memory when it is cleared.
class TableIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint32_t kSearchedMax = 16;  // entries

  // The position for which `equals(position)`, or kNone. `hash_of(position)` is asked for entries that are new since
  // the last call; a table at another place is new as a whole. `hash` gives the hash of what is looked for.
  template <typename Equals, typename HashOf, typename Hash>
  std::uint32_t find(const void* table, std::uint32_t count, Equals&& equals, HashOf&& hash_of, Hash&& hash) {
    const std::uint32_t searched = count < kSearchedMax ? count : kSearchedMax;
    for (std::uint32_t i = count; i-- > count - searched;)
      if (equals(i)) return i;
    if (searched == count) return kNone;
    update(table, count, hash_of);
    for (std::size_t slot = hash() & mask();; slot = (slot + 1) & mask()) {
      if (slots_[slot] == kNone) return kNone;
      if (equals(slots_[slot])) return slots_[slot];
    }
  }

  void clear() { indexed_ = 0; }

 private:
  std::size_t mask() const { return slots_.size() - 1; }

  template <typename HashOf>
  void update(const void* table, std::uint32_t count, HashOf&& hash_of) {
    if (indexed_ == 0 || table != table_ || count < indexed_ || std::size_t{count} * 2 > slots_.size()) {
      std::size_t size = slots_.empty() ? 64 : slots_.size();
      while (size < std::size_t{count} * 2) size *= 2;
      slots_.assign(size, kNone);
      indexed_ = 0;
      table_ = table;
    }
    for (; indexed_ < count; ++indexed_) {
      std::size_t slot = hash_of(indexed_) & mask();
      while (slots_[slot] != kNone) slot = (slot + 1) & mask();
      slots_[slot] = indexed_;
    }
  }

  std::vector<std::uint32_t> slots_;  // positions; a power of two of them, at most half of them taken
  std::uint32_t indexed_ = 0;
  const void* table_ = nullptr;
};

}  // namespace sluice::data
