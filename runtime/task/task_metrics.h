#pragma once
// The metric groups of one task (spec connect-runtime.md section 8). Created with the task, gone with it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/progress.h"

namespace sluice::task {

enum class TaskState : int { kUnassigned, kRunning, kPaused, kFailed, kRestarting, kDestroyed };

class TaskMetrics {
 public:
  // `progress`: hears of states and commits too.
  TaskMetrics(metrics::Registry& registry, const base::TaskId& task, const base::Clock& clock,
              std::shared_ptr<TaskProgress> progress);

  void set_state(TaskState state);  // [task] also drives running-ratio and pause-ratio
  void throttled(std::int64_t waited_ns) { throttled_->add(static_cast<double>(waited_ns) / 1e6); }
  void batch(std::uint64_t records) { batch_size_->observe(static_cast<double>(records)); }
  void commit_succeeded(double duration_ms);
  void commit_failed();
  metrics::Group& errors() { return *errors_; }

 private:
  struct Shared;  // read by the registry's thread
  const std::shared_ptr<TaskProgress> progress_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<metrics::Group> group_;
  std::shared_ptr<metrics::Group> errors_;
  metrics::WindowedStat* batch_size_;
  metrics::WindowedStat* commit_time_;
  metrics::Counter* throttled_;  // ours: time spent waiting for the task's limits
};

struct SourceMetrics {
  SourceMetrics(metrics::Registry& registry, const base::TaskId& task);
  void queued(std::size_t bytes, std::size_t bytes_max);
  std::shared_ptr<metrics::Group> group;
  metrics::Counter& polled;
  metrics::Counter& written;
  metrics::WindowedStat& poll_time;
  metrics::Gauge& active;
  metrics::WindowedStat& active_window;
  // Ours, not Connect's.
  metrics::WindowedStat& ack_time;  // from the poll that gave a batch until Kafka has all of it
  metrics::Gauge& queue_bytes;      // polled and not yet acknowledged
  metrics::Gauge& saturation;       // of the task's bound for them
};

struct SinkMetrics {
  SinkMetrics(metrics::Registry& registry, const base::TaskId& task);
  // `first_timestamp_ms`: of the batch's first record, usually its oldest; below zero: it has none.
  void put_done(std::int64_t took_ns, std::int64_t first_timestamp_ms, std::int64_t now_ms);
  std::shared_ptr<metrics::Group> group;
  metrics::Counter& read;
  metrics::Counter& sent;
  metrics::Counter& commit_completions;
  metrics::Counter& commit_skips;
  metrics::Gauge& partitions;
  metrics::Gauge& commit_sequence;
  metrics::WindowedStat& put_time;
  metrics::Gauge& active;
  metrics::WindowedStat& active_window;
  metrics::Gauge& lag;  // Connect documents it and never registers it
  // Ours, not Connect's.
  metrics::WindowedStat& latency;  // from a record's timestamp until put() has taken it
  metrics::Counter& put_total;     // time spent in put(): its rate is the sink's saturation
  metrics::Gauge& queue_bytes;     // of the batch being delivered
};

}  // namespace sluice::task
