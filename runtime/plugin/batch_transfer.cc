#include "runtime/plugin/batch_transfer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/plugin/table_call.h"

namespace sluice::plugin {
namespace {

using base::Code;

// `size` bytes of the arena that begin at a multiple of 8; nullptr: no memory left.
std::uint8_t* image_memory(data::Arena& arena, std::uint64_t size) {
  return size <= data::kImageBytesMax ? static_cast<std::uint8_t*>(arena.alloc(size, 8)) : nullptr;
}

}  // namespace

base::Status BatchTransfer::create() {
  file_.reset(::memfd_create("sluice-batches", MFD_CLOEXEC));
  if (file_.get() >= 0) return {};
  return base::fail(Code::kFatal, base::exceptions::kConnect, "Cannot make shared memory: {}", std::strerror(errno));
}

base::Status BatchTransfer::write(std::span<const std::uint8_t> bytes) {
  // What one large batch took is not kept.
  if (file_size_ > kKeepBytesMax && bytes.size() < file_size_ && ::ftruncate(file_.get(), 0) == 0) file_size_ = 0;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::pwrite(file_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return base::fail(Code::kNoMemory, base::exceptions::kConnect, "Cannot write a batch to shared memory: {}",
                        std::strerror(errno));
    done += static_cast<std::size_t>(count);
  }
  file_size_ = std::max(file_size_, bytes.size());
  return {};
}

bool BatchTransfer::read(std::span<std::uint8_t> bytes) const {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::pread(file_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

base::Result<std::uint64_t> BatchTransfer::send(const sluice_batch& batch) {
  if (batch.record_count == 0) return 0;
  SLUICE_TRY(encoder_.encode(batch));
  SLUICE_TRY(write(encoder_.bytes()));
  return encoder_.bytes().size();
}

base::Status BatchTransfer::receive(std::uint64_t size, data::Batch& batch) {
  if (size == 0) return {};
  std::uint8_t* image = image_memory(batch.arena(), size);
  if (image == nullptr)
    return base::fail(Code::kNoMemory, base::exceptions::kConnect, "There is no memory for a batch of {} bytes", size);
  if (!read({image, size}))
    return base::fail(Code::kBug, base::exceptions::kConnect, "The plugin's process announced more than it wrote");
  SLUICE_TRY(decoder_.decode({image, size}, *batch.c()));
  return check_indices(*batch.c());
}

base::Result<std::string_view> BatchTransfer::encode(std::span<const sluice_value> values) {
  SLUICE_TRY(encoder_.encode(values));
  return std::string_view(reinterpret_cast<const char*>(encoder_.bytes().data()), encoder_.bytes().size());
}

base::Result<std::span<const sluice_value>> BatchTransfer::decode(std::string_view image) {
  values_.reset();
  std::uint8_t* copy = image_memory(values_, image.size());
  if (copy == nullptr)
    return base::fail(Code::kNoMemory, base::exceptions::kConnect, "There is no memory for {} bytes of values",
                      image.size());
  if (!image.empty()) std::memcpy(copy, image.data(), image.size());
  return decoder_.decode_values({copy, image.size()});
}

}  // namespace sluice::plugin
