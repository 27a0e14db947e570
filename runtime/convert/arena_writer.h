#pragma once
// A byte buffer at the end of a batch's arena: converters write their output straight to where it stays, without a
// copy.
//
//   ArenaWriter out(arena);
//   if (!out.reserve(20)) return no_memory();
//   out.commit_to(write_integer(out.at(), n));
//   Bytes bytes = out.finish();
//
// Nothing else may allocate from the arena between construction and finish() or abandonment.

#include <cstring>
#include <string_view>

#include <sluice/value.hpp>

namespace sluice::convert {

class ArenaWriter {
 public:
  explicit ArenaWriter(sluice_arena* arena)
      : arena_(arena),
        begin_(reinterpret_cast<char*>(arena->cursor)),
        at_(begin_),
        end_(reinterpret_cast<char*>(arena->limit)) {}
  ArenaWriter(const ArenaWriter&) = delete;
  ArenaWriter& operator=(const ArenaWriter&) = delete;

  // Room for `count` more bytes at at(). False: the arena's limit is reached.
  [[nodiscard]] bool reserve(std::size_t count) { return static_cast<std::size_t>(end_ - at_) >= count || grow(count); }
  std::size_t room() const { return room_at(at_); }
  std::size_t room_at(const char* at) const { return static_cast<std::size_t>(end_ - at); }  // `at`: from at() on

  char* at() const { return at_; }
  void commit_to(char* at) { at_ = at; }
  void put(char c) { *at_++ = c; }  // room must be reserved
  void put(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  [[nodiscard]] bool append(std::string_view bytes) {
    if (!reserve(bytes.size())) return false;
    put(bytes);
    return true;
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }

  // What was written, now owned by the arena. Never a null pointer.
  std::string_view finish() {
    if (begin_ == nullptr) return std::string_view("", 0);
    arena_->cursor = reinterpret_cast<std::uint8_t*>(at_);
    return {begin_, size()};
  }

 private:
  bool grow(std::size_t count) {
    const std::size_t used = size();
    // Twice of what is there, so that a long text is not moved for every piece.
    auto* const memory = static_cast<char*>(arena_->alloc(arena_, used + (count > used ? count : used), 1));
    if (memory == nullptr) return false;
    if (used != 0) std::memcpy(memory, begin_, used);
    begin_ = memory;
    at_ = memory + used;
    end_ = reinterpret_cast<char*>(arena_->limit);
    arena_->cursor = reinterpret_cast<std::uint8_t*>(memory);
    return true;
  }

  sluice_arena* const arena_;
  char* begin_;
  char* at_;
  char* end_;
};

}  // namespace sluice::convert
