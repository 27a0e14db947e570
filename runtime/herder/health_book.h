#pragma once
// Where everything that health is judged from comes together: the progress of the parts that run here, the restarts of
// self-healing, and the last changes of state with their causes. Read by REST at any time, without the herder thread.
// Thread-safe; everything is bounded.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/herder/health.h"

namespace sluice::herder {

// "task c-0", or "connector c" for task -1.
std::string part_name(const base::TaskId& id);

class HealthBook {
 public:
  using Progress = std::shared_ptr<const task::TaskProgress>;
  static constexpr std::size_t kEventsMax = 100;  // of each connector
  static constexpr std::size_t kCauseBytesMax = 4096;

  explicit HealthBook(const base::Clock& clock) : clock_(clock) {}  // outlives this

  // The part runs here from now on; task -1: the connector itself. Null: as unwatch().
  void watch(const base::TaskId& id, Progress progress);
  void unwatch(const base::TaskId& id);
  std::vector<std::pair<base::TaskId, Progress>> watched() const;

  // A change of state; what repeats the part's last one is dropped.
  void note(const base::TaskId& id, std::string_view state, std::string_view worker_id, std::string_view cause);
  void set_restart(const base::TaskId& id, RestartState restart);
  void forget(std::string_view connector);  // its history and restarts: it is deleted

  // `status`: what the status book says. Parts that run here and have no status yet are there too.
  ConnectorHealth health(const ConnectorStateInfo& status) const;
  std::vector<HealthEvent> history(std::string_view connector) const;  // oldest first

 private:
  PartHealth part_of(const base::TaskId& id, const StateInfo& state, std::int64_t now_ms) const;

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<base::TaskId, Progress> watched_;
  std::map<base::TaskId, RestartState> restarts_;
  std::map<std::string, std::deque<HealthEvent>, std::less<>> history_;
};

}  // namespace sluice::herder
