#pragma once
// The memory of one script runtime: bounded, and given back as a whole. An expression that was stopped may have left
// the runtime in any state, so it is never taken apart piece by piece.

#include <cstddef>
#include <cstdint>

namespace sluice::smt {

// One thread at a time.
class ScriptMemory {
 public:
  ScriptMemory() { first_.next = first_.previous = &first_; }
  ~ScriptMemory() { release_all(); }
  ScriptMemory(const ScriptMemory&) = delete;
  ScriptMemory& operator=(const ScriptMemory&) = delete;

  // For what is allocated from now on, beside what is. No limit before the first call.
  void limit_more(std::size_t bytes) { bytes_max_ = bytes_ + bytes; }

  // nullptr: the limit is reached, or the heap is exhausted. `resize` then leaves the block as it was.
  void* allocate(std::size_t size);
  void* resize(void* block, std::size_t size);
  void release(void* block);
  void release_all();  // and the limit
  static std::size_t size_of(const void* block);
  std::size_t bytes() const { return bytes_; }

 private:
  struct alignas(std::max_align_t) Header {
    Header* previous = nullptr;
    Header* next = nullptr;
    std::size_t size = 0;
  };
  void link(Header* header);

  std::size_t bytes_max_ = SIZE_MAX;
  std::size_t bytes_ = 0;
  Header first_;  // of the ring of all blocks
};

}  // namespace sluice::smt
