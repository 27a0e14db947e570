#pragma once
// The memory of one batch: a chain of blocks handed out by bumping a pointer, all given back at once by reset(), which
// keeps the blocks for the next batch, so that the steady state allocates nothing.
//
// One owner at a time; not thread-safe. The byte limit bounds what one batch may take: an allocation beyond it fails,
// and the component that asked reports SLUICE_NO_MEMORY.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <sluice/value.hpp>

namespace sluice::data {

class Arena {
 public:
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  static constexpr std::size_t kKeepBytesMax = 8 * 1024 * 1024;  // kept by reset(); more goes back to the heap
  static constexpr std::size_t kLimitBytesDefault = 256 * 1024 * 1024;

  explicit Arena(std::size_t limit_bytes = kLimitBytesDefault);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  sluice_arena* c() { return &arena_; }  // valid as long as this object

  // nullptr: the limit is reached. The memory is uninitialised and valid until reset().
  void* alloc(std::size_t size, std::size_t align) {
    return arena_alloc(&arena_, size, static_cast<std::uint32_t>(align));
  }
  template <typename T>
  T* alloc_array(std::size_t count) {
    return arena_array<T>(&arena_, count);
  }
  std::string_view copy(std::string_view bytes) { return arena_copy(&arena_, bytes); }

  // A byte buffer that grows at the end of the arena: reserve(n) gives room for n more bytes after `used` bytes, moving
  // what is there only when the block is too small. begin/commit bracket one buffer; nothing else may allocate in
  // between.
  //   char* p = arena.begin_bytes(64, &room);  ... p = arena.grow_bytes(p, used, 1000, &room); ...
  //   arena.commit_bytes(p, used);
  char* begin_bytes(std::size_t at_least, std::size_t* room);
  char* grow_bytes(char* start, std::size_t used, std::size_t at_least, std::size_t* room);  // nullptr: limit reached
  void commit_bytes(char* start, std::size_t used) { arena_.cursor = reinterpret_cast<std::uint8_t*>(start) + used; }

  void reset();
  std::size_t reserved_bytes() const { return reserved_; }  // of all blocks, used or kept

 private:
  struct Block {
    std::unique_ptr<std::uint8_t[]> data;
    std::size_t size = 0;
  };
  static void* alloc_slow(sluice_arena* arena, std::uint64_t size, std::uint32_t align);
  bool next_block(std::size_t at_least);

  sluice_arena arena_;
  std::vector<Block> blocks_;
  std::size_t current_ = 0;  // index of the block that cursor points into, when blocks_ is not empty
  std::size_t reserved_ = 0;
  const std::size_t limit_;
};

}  // namespace sluice::data
