#pragma once
// Connect's group connect-worker-metrics: how many connectors and tasks run here and how many starts succeeded.
// Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/metrics/registry.h"

namespace sluice::herder {

class WorkerMetrics {
 public:
  explicit WorkerMetrics(metrics::Registry* registry);  // null: nothing is told

  void connector_started(bool success) { count(connector_starts_, success); }
  void task_started(bool success) { count(task_starts_, success); }
  void set_counts(std::size_t connectors, std::size_t tasks);

 private:
  struct Starts {
    std::atomic<std::uint64_t> success{0};
    std::atomic<std::uint64_t> failure{0};
  };
  // Held by the readers of the group too, which may outlive this.
  struct Numbers {
    Starts connectors, tasks;
    std::atomic<std::size_t> connector_count{0}, task_count{0};
  };
  static void count(Starts& starts, bool success) { ++(success ? starts.success : starts.failure); }

  const std::shared_ptr<Numbers> numbers_;
  Starts& connector_starts_;
  Starts& task_starts_;
  std::shared_ptr<metrics::Group> group_;
};

}  // namespace sluice::herder
