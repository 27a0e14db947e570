#pragma once
// Commits a sink task's offsets to its consumer group every offset.flush.interval.ms, or when the plugin asks for it
// (spec connect-runtime.md section 6.6). One asynchronous commit is under way at a time; its answer comes by way of the
// consumer, on the task's thread, and is passed over when it comes too late.
//
// Owner: the task thread. What may be committed is not known here: callers say it, once the plugin has flushed.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/config/worker_config.h"
#include "runtime/kafka/consumer.h"
#include "runtime/task/offset_ledger.h"
#include "runtime/task/task_metrics.h"

namespace sluice::task {

class SinkCommitter {
 public:
  // Offsets of these partitions (all, if empty) that may be committed now; nothing: none may, and why was said.
  using Flush = std::function<std::optional<std::vector<kafka::PartitionOffset>>(
      std::span<const base::TopicPartition> partitions)>;

  SinkCommitter(base::TaskId task, const config::WorkerConfig& worker, OffsetLedger& ledger, TaskMetrics& metrics,
                SinkMetrics& sink_metrics, const base::Clock& clock);

  void request() { requested_ = true; }  // as soon as none is under way
  void schedule();                       // the next one, an interval from now
  std::int64_t ms_until_due() const;
  bool due();  // gives up one under way whose time is over

  void commit_async(kafka::Consumer& consumer, const Flush& flush);
  // Before partitions go: the last moment. Waits up to offset.flush.timeout.ms.
  void commit_sync(kafka::Consumer& consumer, std::span<const base::TopicPartition> partitions, const Flush& flush);

 private:
  std::int64_t now_ms() const { return clock_.monotonic_ns() / 1'000'000; }
  void answered(std::uint64_t sequence, int error, std::span<const kafka::PartitionOffset> offsets);
  void done(std::span<const kafka::PartitionOffset> offsets, std::int64_t began_ms);

  const base::TaskId task_;
  const config::WorkerConfig& worker_;
  OffsetLedger& ledger_;
  TaskMetrics& metrics_;
  SinkMetrics& sink_metrics_;
  const base::Clock& clock_;
  std::int64_t due_ms_ = 0;    // monotonic
  std::int64_t began_ms_ = 0;  // of the one under way
  std::uint64_t sequence_ = 0;
  bool in_flight_ = false;
  bool requested_ = false;
};

}  // namespace sluice::task
