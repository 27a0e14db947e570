#include "runtime/task/source_batch.h"

#include <algorithm>
#include <utility>

namespace sluice::task {
namespace {

// Memory of batches kept for reuse: about what is in flight at full speed, since pages that are given back cost more
// than anything else on this path.
constexpr std::size_t kFreeBytesMax = 16 * 1024 * 1024;

}  // namespace

std::unique_ptr<SourceBatch> SourceBatchPool::take() {
  if (free_.empty()) {
    auto batch = std::make_unique<SourceBatch>();
    batch->data = std::make_unique<data::Batch>();
    return batch;
  }
  auto batch = std::move(free_.back());
  free_.pop_back();
  free_bytes_ -= batch->data->arena().reserved_bytes();
  return batch;
}

void SourceBatchPool::give_back(std::unique_ptr<SourceBatch> batch) {
  batch->data->reset();
  const std::size_t bytes = batch->data->arena().reserved_bytes();
  if (free_bytes_ + bytes > kFreeBytesMax && !free_.empty()) return;
  free_bytes_ += bytes;
  free_.push_back(std::move(batch));
}

void SourceBatchPool::hold(std::unique_ptr<SourceBatch> batch) {
  batch->held_bytes = batch->data->arena().reserved_bytes();
  held_bytes_ += batch->held_bytes;
  held_.push_back(std::move(batch));
}

void SourceBatchPool::release(SourceBatch* batch) {
  // Batches are acknowledged roughly in order, so it is near the front.
  const auto it = std::find_if(held_.begin(), held_.end(), [&](const auto& held) { return held.get() == batch; });
  SLUICE_ASSERT(it != held_.end());
  held_bytes_ -= batch->held_bytes;
  give_back(std::move(*it));
  held_.erase(it);
}

}  // namespace sluice::task
