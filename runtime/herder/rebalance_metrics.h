#pragma once
// Connect's groups connect-worker-rebalance-metrics and connect-coordinator-metrics, as far as the worker's own part in
// a rebalance tells them. Written on the herder thread, read by any.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/metrics/registry.h"

namespace sluice::herder {

class RebalanceMetrics {
 public:
  RebalanceMetrics(metrics::Registry* registry, const base::Clock& clock);  // null: nothing is told

  // A round has begun, again while it goes on too.
  void began();
  struct Round {
    std::int32_t generation = -1;
    std::string leader_url;
    std::string protocol;  // "SESSIONED"
    std::size_t connectors = 0;
    std::size_t tasks = 0;
  };
  // It is complete: what is held may start.
  void completed(Round round);

 private:
  // Held by the readers of the groups too, which may outlive this.
  struct State {
    std::mutex mutex;
    Round round;
    std::int64_t began_ns = -1;      // of the round that goes on
    std::int64_t completed_ns = -1;  // of the last one
    double rounds = 0;
    double total_ms = 0;
  };
  const base::Clock& clock_;
  const std::shared_ptr<State> state_;
  std::shared_ptr<metrics::Group> worker_;
  std::shared_ptr<metrics::Group> coordinator_;
  metrics::WindowedStat* time_ = nullptr;
  metrics::WindowedStat* latency_ = nullptr;
};

}  // namespace sluice::herder
