#pragma once
// Batches on their way through a sink task: consumed messages and the records decoded from them. A sink may keep a
// batch beyond put() and release it later on any thread; the pool takes it back then, also after the task has gone.

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/data/batch.h"
#include "runtime/kafka/consumer.h"

namespace sluice::task {

struct SinkBatch {
  data::Batch records;
  kafka::MessageBatch messages;               // keeps the bytes that records point into
  std::vector<kafka::PartitionOffset> next;   // per partition: the offset after its last message here
  std::shared_ptr<class SinkBatchPool> pool;  // set while it is out of the pool
};

class SinkBatchPool : public std::enable_shared_from_this<SinkBatchPool> {
 public:
  static constexpr std::size_t kKept = 4;

  std::unique_ptr<SinkBatch> take() {
    std::unique_ptr<SinkBatch> batch;
    {
      std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        batch = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (batch == nullptr) batch = std::make_unique<SinkBatch>();
    batch->pool = shared_from_this();
    return batch;
  }

  void give_back(std::unique_ptr<SinkBatch> batch) {
    const std::shared_ptr<SinkBatchPool> self = std::move(batch->pool);
    batch->records.reset();
    batch->messages.clear();
    batch->next.clear();
    std::lock_guard lock(mutex_);
    if (free_.size() < kKept) free_.push_back(std::move(batch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<SinkBatch>> free_;
};

// sluice_batch::release of a sink's batch. [any]
inline void release_sink_batch(sluice_batch* batch) {
  auto* owner = static_cast<SinkBatch*>(batch->owner_data);
  batch->release = nullptr;
  if (batch != owner->records.c()) owner->records.c()->release = nullptr;
  owner->pool->give_back(std::unique_ptr<SinkBatch>(owner));
}

}  // namespace sluice::task
