#include "smt/script_memory.h"

#include <cstdlib>

namespace sluice::smt {

void* ScriptMemory::allocate(std::size_t size) {
  if (size > bytes_max_ - bytes_) return nullptr;
  auto* header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
  if (header == nullptr) return nullptr;
  header->size = size;
  link(header);
  return header + 1;
}

void* ScriptMemory::resize(void* block, std::size_t size) {
  Header* header = static_cast<Header*>(block) - 1;
  if (size > header->size && size - header->size > bytes_max_ - bytes_) return nullptr;
  const std::size_t before = header->size;
  header = static_cast<Header*>(std::realloc(header, sizeof(Header) + size));
  if (header == nullptr) return nullptr;
  header->previous->next = header->next->previous = header;
  header->size = size;
  bytes_ += size - before;  // may wrap around on the way: unsigned
  return header + 1;
}

void ScriptMemory::release(void* block) {
  Header* header = static_cast<Header*>(block) - 1;
  header->previous->next = header->next;
  header->next->previous = header->previous;
  bytes_ -= header->size;
  std::free(header);
}

void ScriptMemory::release_all() {
  while (first_.next != &first_) release(first_.next + 1);
  bytes_max_ = SIZE_MAX;
}

std::size_t ScriptMemory::size_of(const void* block) {
  return block == nullptr ? 0 : (static_cast<const Header*>(block) - 1)->size;
}

void ScriptMemory::link(Header* header) {
  header->previous = &first_;
  header->next = first_.next;
  first_.next->previous = header;
  first_.next = header;
  bytes_ += header->size;
}

}  // namespace sluice::smt
