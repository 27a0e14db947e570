#pragma once
// Batches on their way through a source task: polled, being sent, waiting for their delivery reports. A batch is
// recycled when the last of its records is accounted for; until then it keeps the payload that librdkafka reads in
// place.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "runtime/data/batch.h"
#include "runtime/kafka/producer.h"
#include "runtime/task/offset_tracker.h"

namespace sluice::task {

struct SourceBatch;

// One record handed to the producer; its address is the opaque of the delivery report. Lives in the batch's arena.
struct InFlight {
  SourceBatch* batch;
  std::uint32_t record;
  bool tracked;  // `ticket` is set: the record has a source offset
  OffsetTracker::Ticket ticket;
};

struct SourceBatch {
  static constexpr std::uint32_t kNoLine = UINT32_MAX;

  std::unique_ptr<data::Batch> data;
  InFlight* in_flight = nullptr;      // one slot a record, in the batch's arena
  std::uint32_t next = 0;             // the record to send next
  std::uint32_t outstanding = 0;      // sent, and not yet both reported and out of its offset line
  std::size_t held_bytes = 0;         // of the arena, counted when the batch was sent
  std::int64_t polled_ns = 0;         // when poll() gave it
  std::size_t failure = 0;            // next entry of the chain's failures
  std::vector<std::uint32_t> lines;   // per source partition: line in the tracker, or kNoLine
  std::vector<kafka::Topic*> topics;  // per topic of the batch: its handle, once known

  bool sent() const { return next == data->size(); }

  // Makes it ready for sending after poll and transforms. False: the arena's limit is reached.
  bool prepare() {
    next = 0;
    outstanding = 0;
    failure = 0;
    lines.assign(data->c()->source_partition_count, kNoLine);
    topics.assign(data->c()->topic_count, nullptr);
    in_flight = data->arena().alloc_array<InFlight>(data->size());
    return in_flight != nullptr;
  }
};

// The batches of one task: those that are sent and wait for reports, and free ones kept for their memory. [task]
class SourceBatchPool {
 public:
  std::unique_ptr<SourceBatch> take();
  // Nothing refers to it any more.
  void give_back(std::unique_ptr<SourceBatch> batch);
  // It is sent, and waits for its reports.
  void hold(std::unique_ptr<SourceBatch> batch);
  // The last report of a batch that is held has come.
  void release(SourceBatch* batch);
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  std::vector<std::unique_ptr<SourceBatch>> free_;
  std::deque<std::unique_ptr<SourceBatch>> held_;
  std::size_t held_bytes_ = 0;
  std::size_t free_bytes_ = 0;
};

}  // namespace sluice::task
