#pragma once
// A batch as one run of bytes without pointers, to cross into another process: the structs of abi.h one after the
// other, each payload behind the struct that points to it, in the order of reading. What a pointer would be is
// implied by that order, so the reader trusts no offset of the writer's. Schemas cross once: a definition goes with
// the first image that uses it, and a number with the others.
//
//   BatchEncoder encoder;                   BatchDecoder decoder(intern);
//   encoder.encode(*batch.c());             std::uint8_t* image = arena_alloc(batch.arena, size, 8);  // and copied
//   send(encoder.bytes());                  decoder.decode({image, size}, *batch.c());                // in place
//
// One encoder and one decoder for each direction of a connection, every image in order. Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/arena.h"

namespace sluice::data {

inline constexpr std::size_t kImageBytesMax = Arena::kLimitBytesDefault;
inline constexpr int kImageDepthMax = 2000;  // deeper than what the JSON reader gives

class BatchEncoder {
 public:
  // Error: an image of more than kImageBytesMax, or values nested deeper than kImageDepthMax. The reader has then
  // missed definitions: no further image may be sent to it.
  base::Status encode(const sluice_batch& batch);
  base::Status encode(std::span<const sluice_value> values);
  // Of the last encode; until the next.
  std::span<const std::uint8_t> bytes() const { return {buffer_.get(), size_}; }

 private:
  static constexpr std::size_t kKeepBytesMax = 8 * 1024 * 1024;

  void begin();
  base::Status finish();
  std::size_t grow(std::size_t bytes);  // gives the offset of so many bytes at the end, rounded up to 8
  template <typename T>
  T& at(std::size_t offset) {
    return *reinterpret_cast<T*>(buffer_.get() + offset);
  }
  std::size_t append(const void* bytes, std::size_t size);
  void append_number(std::uint64_t number) { append(&number, sizeof number); }
  void append_text(const sluice_str& text);
  void append_texts(const sluice_str* texts, std::uint32_t count);
  void append_values(const sluice_value* values, std::size_t count, int depth);
  void append_payload(const sluice_value& value, int depth);
  void append_records(const sluice_batch& batch);
  void append_headers(const sluice_record& record);
  std::uint64_t schema_number(const sluice_schema* schema, int depth);
  void define(const sluice_schema& schema, int depth);

  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  bool too_deep_ = false;
  bool too_large_ = false;

  std::vector<const sluice_schema*> by_id_;  // schemas that were sent, where the handle's id says so
  std::vector<std::uint64_t> number_by_id_;
  std::unordered_map<const sluice_schema*, std::uint64_t> others_;  // of a pool that numbers otherwise
  std::uint64_t defined_ = 0;
  std::vector<std::uint8_t> definitions_;  // of the image being written
  std::uint64_t definition_count_ = 0;
};

// Takes any bytes: they come from a process that may be broken. What it accepts is well formed: every pointer leads
// into the image or the arena, kinds and sizes are those of abi.h, structs have the fields of their schemas.
class BatchDecoder {
 public:
  using Intern = std::function<base::Result<const sluice_schema*>(const sluice_schema&)>;
  explicit BatchDecoder(Intern intern) : intern_(std::move(intern)) {}

  // Makes `batch` what was encoded, in place: `image` (aligned to 8) must live as long as the batch; what does not fit
  // in place comes from the batch's arena. Error (kBug): the bytes are no image; `batch` is then unchanged.
  base::Status decode(std::span<std::uint8_t> image, sluice_batch& batch);
  base::Result<std::span<const sluice_value>> decode_values(std::span<std::uint8_t> image);

 private:
  struct Cursor;
  base::Status read_definitions(Cursor& in, std::uint64_t count);
  base::Status read_definition(Cursor& in);
  bool read_batch(Cursor& in, sluice_batch& batch) const;
  bool read_record(Cursor& in, sluice_record& record) const;
  bool read_headers(Cursor& in, sluice_record& record) const;
  bool read_values(Cursor& in, sluice_value* values, std::size_t count, int depth) const;
  bool read_payload(Cursor& in, sluice_value& value, int depth) const;
  bool read_struct(Cursor& in, sluice_value& value, int depth) const;
  bool resolve(std::uint64_t number, const sluice_schema*& schema) const;  // 0: none

  Intern intern_;
  std::vector<const sluice_schema*> schemas_;  // by number - 1
};

}  // namespace sluice::data
