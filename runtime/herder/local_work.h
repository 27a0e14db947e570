#pragma once
// The part of a cluster's work that this worker runs. The herder says what should run (`Wanted`); LocalWork compares it
// with what runs, stops what should not, starts what should, and does so again whenever it is told that something may
// have changed. It never matters how often it is told, nor in which order the changes came.
//
// All on the herder thread. Steps on one connector happen one after another; connectors do not wait for each other, and
// a plugin that hangs delays only its own connector.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/herder/lifecycle.h"
#include "runtime/herder/operation_queue.h"
#include "runtime/herder/status_book.h"

namespace sluice::herder {

// What of one connector should run here, now.
struct Wanted {
  ConnectorSpec spec;
  std::optional<base::Error> unusable;  // no such component on this worker: everything of it is FAILED
  bool instance = false;                // the connector itself
  bool may_start = false;               // what does not run yet may be started; what must stop, stops anyway
  bool tasks_may_start = false;
  std::int64_t task_generation = -1;       // of `tasks`; running tasks of another generation are stopped
  std::map<int, config::ConfigMap> tasks;  // raw
};

class LocalWork {
 public:
  struct Events {
    // Nothing: the connector is not configured, everything of it must stop.
    std::function<std::optional<Wanted>(const std::string& connector)> wanted;
    // The connector runs, or runs again: its task configurations may have changed.
    std::function<void(const std::string& connector)> started;
    // The last part of a connector that is configured no more has stopped.
    std::function<void(const std::string& connector)> gone;
  };
  using Finished = std::function<void()>;
  struct Restart {
    bool connector = false;
    std::set<int> tasks;
    bool announce = false;  // RESTARTING is shown in between
  };
  struct Outcome {
    base::Status connector;
    base::Status tasks;  // the first that could not be made
  };

  // All must outlive this.
  LocalWork(std::shared_ptr<CommandLoop> loop, Lifecycle& lifecycle, StatusBook& statuses, Events events);

  // Brings what runs to what is wanted. `stopped` comes as soon as everything that must stop has stopped.
  void reconcile(const std::string& connector, Finished stopped = {});
  // Stops the parts named, if they are here, and starts them again if they are wanted.
  void restart(const std::string& connector, Restart restart, std::function<void(Outcome)> done);
  // An operation of its own on a connector. False: too many wait already.
  bool in_turn(const std::string& connector, OperationQueue::Operation operation) {
    return lanes_.enqueue(connector, std::move(operation));
  }
  // Connectors of which anything is here, or was tried, or is stopping still.
  std::vector<std::string> connectors() const;
  bool has_task(const base::TaskId& task) const;

 private:
  static constexpr std::int64_t kStopping = -2;  // no task is of this generation
  // What was started, or tried: a failed start is not tried again until something changes or it is asked for.
  struct Local {
    std::optional<config::ConfigMap> connector;  // the instance's configuration
    TargetState target = TargetState::kStarted;  // last told to the instances
    std::map<int, std::int64_t> tasks;           // -> generation, or kStopping
    config::ConfigMap told{};                    // the configuration whose limits the tasks have
    bool empty() const { return !connector && tasks.empty(); }
  };
  struct Step;

  // Tells tasks that are not wanted any more to stop, at once: the step that awaits their end may have to wait behind a
  // plugin that hangs, while the work is another worker's already.
  void request_stops(const std::string& connector);
  void enqueue(const std::string& connector, std::shared_ptr<Step> step);
  void stop_phase(const std::string& connector, const std::shared_ptr<Step>& step);
  void start_phase(const std::string& connector, const std::shared_ptr<Step>& step);
  void start_instance(const Wanted& wanted, Local& local, const std::shared_ptr<Step>& step);
  void start_tasks(const Wanted& wanted, Local& local, const std::shared_ptr<Step>& step);

  const std::shared_ptr<CommandLoop> loop_;
  Lifecycle& lifecycle_;
  StatusBook& statuses_;
  const Events events_;
  OperationQueue lanes_;
  std::map<std::string, Local> locals_;
  std::map<std::string, std::shared_ptr<Step>> queued_;  // reconciliations that have not begun
};

}  // namespace sluice::herder
