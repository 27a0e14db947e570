#pragma once
// Writes batches as images (batch_image.h).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/batch_image.h"

namespace sluice::data {

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

}  // namespace sluice::data
