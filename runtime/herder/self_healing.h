#pragma once
// Restarts what has failed, with growing delays, if the worker's `sluice.restart.failed` says so: each worker what runs
// on it. Not restarted is what would fail again for the same reason (a configuration, a record), and what has kept
// failing for too long. All on the herder thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/config/worker_config.h"
#include "runtime/herder/command_loop.h"
#include "runtime/herder/health_book.h"
#include "runtime/metrics/registry.h"

namespace sluice::herder {

struct RestartOptions {
  bool enabled = false;
  std::chrono::milliseconds backoff{1000};
  std::chrono::milliseconds backoff_max{600'000};
  std::chrono::milliseconds window{3'600'000};
};
RestartOptions restart_options(const config::WorkerConfig& worker);

// Whether another try may have another outcome: no error beneath it says that a configuration, a record or a component
// must change first.
bool may_heal(const base::Error& error);

// The delays of one part. Times are monotonic milliseconds.
class RestartBackoff {
 public:
  // The delay before the next restart, of a part that fails now; nothing: it has kept failing for longer than the
  // window. `jitter` is in [0, 1): the delay is up to a fifth shorter or longer.
  std::optional<std::int64_t> next(const RestartOptions& options, std::int64_t now_ms, double jitter);
  // It runs: what then runs for as long as the longest delay begins anew.
  void running(std::int64_t now_ms) { running_since_ms_ = now_ms; }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
  std::int64_t first_ms_ = -1;  // failure of the series
  std::int64_t running_since_ms_ = -1;
};

class SelfHealing {
 public:
  // Restarts the part (task -1: the connector). False: it is not to run here any more.
  using Restart = std::function<bool(const base::TaskId& id)>;
  // `clock`, `health` and `registry` outlive this; `registry` may be null.
  SelfHealing(RestartOptions options, std::shared_ptr<CommandLoop> loop, const base::Clock& clock, HealthBook& health,
              metrics::Registry* registry, Restart restart);

  void failed(const base::TaskId& id, const base::Error& error);
  void running(const base::TaskId& id);  // by whatever cause: a restart that is due is not needed any more
  void forget(const std::string& connector);

 private:
  struct Part {
    RestartBackoff backoff;
    std::uint64_t number = 0;  // of the restart that is due
    std::shared_ptr<metrics::Group> group;
    metrics::Counter* restarts = nullptr;
  };
  std::int64_t now_ms() const { return clock_.monotonic_ns() / 1'000'000; }
  void restart(const base::TaskId& id, std::uint64_t number, const std::string& cause);
  void refuse(const base::TaskId& id, const Part& part, std::string why);
  void count(const base::TaskId& id, Part& part);

  const RestartOptions options_;
  const std::shared_ptr<CommandLoop> loop_;
  const base::Clock& clock_;
  HealthBook& health_;
  metrics::Registry* const registry_;
  const Restart restart_;
  std::map<base::TaskId, Part> parts_;
  std::uint64_t last_number_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace sluice::herder
