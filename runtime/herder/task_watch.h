#pragma once
// Looks at the progress of everything that runs here, once a second, and makes the status true where the parts
// themselves cannot: a thread that ended without a word, a call into a plugin that does not come back. What comes back
// after all has its old state again. All on the herder thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/status.h"
#include "runtime/herder/health_book.h"
#include "runtime/herder/status_book.h"

namespace sluice::herder {

class TaskWatch {
 public:
  struct Events {
    std::function<void(const base::TaskId& id, const base::Error& error)> failed;
    std::function<void(const base::TaskId& id)> came_back;
  };
  // `hang_timeout`: of one call into a plugin; 0: never. All outlive this.
  TaskWatch(const HealthBook& health, StatusBook& statuses, const base::Clock& clock,
            std::chrono::milliseconds hang_timeout, Events events);

  void check();

 private:
  struct Hung {
    HealthBook::Progress progress;  // of the instance: another one is another story
    plugin::Callback callback;
    std::int64_t since_ms;
    std::string state;  // before
  };
  void look_at(const base::TaskId& id, const HealthBook::Progress& progress);
  void hangs(const base::TaskId& id, const HealthBook::Progress& progress, const task::ProgressSnapshot& now);
  // False: it still hangs, or is about to say itself what it does.
  bool back(const base::TaskId& id, const Hung& hung, const task::ProgressSnapshot& now);
  std::optional<StateInfo> state_of(const base::TaskId& id) const;
  void put(const base::TaskId& id, std::string_view state, std::string trace);

  const HealthBook& health_;
  StatusBook& statuses_;
  const base::Clock& clock_;
  const std::int64_t hang_timeout_ms_;
  const Events events_;
  std::map<base::TaskId, Hung> hung_;
  std::map<base::TaskId, HealthBook::Progress> dead_;  // told already
};

}  // namespace sluice::herder
