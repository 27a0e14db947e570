#include "runtime/task/sink_committer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/kafka/errors.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.WorkerSinkTask"};

}  // namespace

SinkCommitter::SinkCommitter(base::TaskId task, const config::WorkerConfig& worker, OffsetLedger& ledger,
                             TaskMetrics& metrics, SinkMetrics& sink_metrics, const base::Clock& clock)
    : task_(std::move(task)),
      worker_(worker),
      ledger_(ledger),
      metrics_(metrics),
      sink_metrics_(sink_metrics),
      clock_(clock) {}

void SinkCommitter::schedule() {
  due_ms_ = now_ms() + worker_.offset_flush_interval_ms();
}

std::int64_t SinkCommitter::ms_until_due() const {
  return std::max<std::int64_t>(due_ms_ - now_ms(), 0);
}

bool SinkCommitter::due() {
  if (in_flight_ && now_ms() - began_ms_ > worker_.offset_flush_timeout_ms()) {
    kLog.warn("WorkerSinkTask{{id={}}} Commit of offsets timed out", task_.to_string());
    in_flight_ = false;
    metrics_.commit_failed();
  }
  return !in_flight_ && (requested_ || ms_until_due() == 0);
}

void SinkCommitter::commit_async(kafka::Consumer& consumer, const Flush& flush) {
  requested_ = false;
  schedule();
  if (ledger_.entries().empty()) return;
  const auto offsets = flush({});
  if (!offsets) return;
  if (offsets->empty()) {
    metrics_.commit_succeeded(0);
    return;
  }
  in_flight_ = true;
  began_ms_ = now_ms();
  const std::uint64_t sequence = ++sequence_;
  sink_metrics_.commit_sequence.set(static_cast<double>(sequence));
  const auto status =
      consumer.commit_async(*offsets, [this, sequence](int error, std::span<const kafka::PartitionOffset> committed) {
        answered(sequence, error, committed);
      });
  if (!status) answered(sequence, kafka::error_code::kFatal, {});
}

void SinkCommitter::answered(std::uint64_t sequence, int error, std::span<const kafka::PartitionOffset> offsets) {
  if (sequence != sequence_ || !in_flight_) {
    sink_metrics_.commit_skips.add();
    return;
  }
  in_flight_ = false;
  if (error != kafka::error_code::kNone) {
    metrics_.commit_failed();
    kLog.error("WorkerSinkTask{{id={}}} Commit of offsets threw an unexpected exception for sequence number {}: {}",
               task_.to_string(), sequence, kafka::error_text(error));
    return;
  }
  done(offsets, began_ms_);
  sink_metrics_.active.set(static_cast<double>(ledger_.uncommitted_records()));
}

void SinkCommitter::commit_sync(kafka::Consumer& consumer, std::span<const base::TopicPartition> partitions,
                                const Flush& flush) {
  if (ledger_.entries().empty()) return;
  const auto offsets = flush(partitions);
  if (!offsets || offsets->empty()) return;
  const std::int64_t began_ms = now_ms();
  ++sequence_;  // an asynchronous commit still under way has nothing to add
  in_flight_ = false;
  const auto status = consumer.commit_sync(*offsets, std::chrono::milliseconds(worker_.offset_flush_timeout_ms()));
  if (!status) {
    metrics_.commit_failed();
    kLog.error("WorkerSinkTask{{id={}}} Commit of offsets failed: {}", task_.to_string(), status.error().to_string());
    return;
  }
  done(*offsets, began_ms);
}

void SinkCommitter::done(std::span<const kafka::PartitionOffset> offsets, std::int64_t began_ms) {
  ledger_.committed(offsets);
  metrics_.commit_succeeded(static_cast<double>(now_ms() - began_ms));
  sink_metrics_.commit_completions.add();
}

}  // namespace sluice::task
