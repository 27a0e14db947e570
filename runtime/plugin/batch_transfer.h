#pragma once
// Batches and values on their way between a worker and a plugin's process: images (data/batch_image.h) in a shared
// memory file, whose size goes in a message. One side writes, tells the other, and writes again only when that has
// read. What is read is copied out first: what a broken writer does to the memory later changes nothing.
//
// Each side has one of these over the same file. Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/status.h"
#include "runtime/data/arena.h"
#include "runtime/data/batch.h"
#include "runtime/data/batch_decoder.h"
#include "runtime/data/batch_encoder.h"
#include "runtime/plugin/fd.h"

namespace sluice::plugin {

class BatchTransfer {
 public:
  explicit BatchTransfer(data::BatchDecoder::Intern intern) : decoder_(std::move(intern)) {}

  base::Status create();  // makes the file
  void attach(Fd file) { file_ = std::move(file); }
  int fd() const { return file_.get(); }

  // Gives the number of bytes to announce; 0 for a batch without records.
  base::Result<std::uint64_t> send(const sluice_batch& batch);
  base::Status receive(std::uint64_t size, data::Batch& batch);

  // Values inside a message. Those read live until the next read.
  base::Result<std::string_view> encode(std::span<const sluice_value> values);  // until the next encode or send
  base::Result<std::span<const sluice_value>> decode(std::string_view image);

 private:
  static constexpr std::size_t kKeepBytesMax = 8 * 1024 * 1024;
  base::Status write(std::span<const std::uint8_t> bytes);
  bool read(std::span<std::uint8_t> bytes) const;

  Fd file_;
  std::size_t file_size_ = 0;  // what writing made it
  data::BatchEncoder encoder_;
  data::BatchDecoder decoder_;
  data::Arena values_;
};

}  // namespace sluice::plugin
