#pragma once
// Counts what operator new gives out on this thread. It replaces the operators of the whole program: include it in one
// file of a test program only.

#include <cstdlib>
#include <new>

namespace sluice {
inline thread_local std::size_t allocations = 0;
}

// Not inlined: the compiler would see malloc and free through them, and warn of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++sluice::allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
// Also of the standard library's own buffers, which delete as all others do.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*quiet*/) noexcept {
  ++sluice::allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
