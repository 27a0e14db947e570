#pragma once
// Connect's group connect-worker-metrics: how many connectors and tasks run here, how many starts succeeded, and for
// each connector what state its tasks here are in; ours: how often they were started again. Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/herder/status_book.h"
#include "runtime/metrics/registry.h"

namespace sluice::herder {

class WorkerMetrics {
 public:
  // Null: nothing is told. `statuses` must outlive this.
  WorkerMetrics(metrics::Registry* registry, const StatusBook& statuses);

  void connector_started(bool success) { count(connector_starts_, success); }
  void task_started(bool success) { count(task_starts_, success); }
  // An instance of it is here.
  void connector_starts(const std::string& connector);
  // It is no more; with `tasks`, nor is any task of it, also one that could not be made.
  void connector_gone(const std::string& connector, bool tasks);
  // It is being started; again, if it was before.
  void task_starts(const base::TaskId& task);
  // It is no task of this worker's any more. With a connector's last one its counts go, but for the restarts.
  void task_gone(const base::TaskId& task);

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
  struct Tasks {
    std::mutex mutex;
    std::set<int> here;
    std::set<int> started;  // ever
    double restarts = 0;
  };
  struct Connector {
    bool here = false;
    std::shared_ptr<Tasks> tasks;
    std::shared_ptr<metrics::Group> states;    // while there are tasks here
    std::shared_ptr<metrics::Group> restarts;  // from then on
  };
  Connector& connector(const std::string& name);
  void forget(const std::string& connector, const std::function<void(Connector&)>& drop);
  void publish(const std::string& name, Connector& connector);
  static void count(Starts& starts, bool success) { ++(success ? starts.success : starts.failure); }

  const std::shared_ptr<Numbers> numbers_;
  Starts& connector_starts_;
  Starts& task_starts_;
  metrics::Registry* const registry_;
  const StatusBook& statuses_;
  std::shared_ptr<metrics::Group> group_;
  std::mutex mutex_;
  std::map<std::string, Connector, std::less<>> connectors_;
};

}  // namespace sluice::herder
