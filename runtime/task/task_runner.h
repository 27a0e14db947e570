#pragma once
// One task on its one thread: create -> start -> loop -> stop -> destroy all happen there (spec connect-runtime.md
// section 6). The herder thread owns the runner and only posts to it; nothing here but await() and the destructor ever
// waits.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/task/listener.h"
#include "runtime/task/progress.h"
#include "runtime/task/rate_limiter.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

// What a source task that delivers exactly once asks of its herder before it begins (spec connect-runtime.md section
// 5.12), on its own thread; both wait until the deadline at most.
struct ExactlyOnceGate {
  using Deadline = std::chrono::steady_clock::time_point;
  // The producers of the connector's former tasks are fenced, by the leader.
  std::function<base::Status(Deadline)> fence;
  // This task is still the one that is wanted, by the latest configuration.
  std::function<base::Status(Deadline)> verify;
};

// What makes up a task. `task_config` is what the connector gave for it, variables resolved, with task.class (and
// topics).
struct TaskSpec {
  base::TaskId id;
  config::ConnectorConfig connector;  // variables resolved
  config::ConfigMap task_config;
  bool paused = false;                                    // start in PAUSED
  RateLimits limits{};                                    // this task's share of its connector's
  std::shared_ptr<const ExactlyOnceGate> exactly_once{};  // null: at least once
};

class TaskRunner {
 public:
  virtual ~TaskRunner() = default;  // the task must have ended, or been abandoned

  const base::TaskId& id() const { return id_; }

  // [herder] Starts the thread. Everything that can fail slowly (plugin, Kafka, fencing) happens on it and is told to
  // the listener.
  virtual void start() = 0;
  // [any] Does not block.
  virtual void set_paused(bool paused) = 0;
  virtual void request_stop() = 0;
  // [any] Takes effect within the task's next steps; nothing restarts.
  virtual void set_limits(const RateLimits&) {}
  // [herder, stop pool] True: the thread has ended. False: it has not by the deadline.
  virtual bool await(std::chrono::steady_clock::time_point deadline) = 0;
  // [herder] After a failed await: no further status, no further commits; the thread and what it uses stay until it
  // ends by itself.
  virtual void abandon() = 0;
  // [any] What it has done; lives on after the runner. Null: not known.
  virtual std::shared_ptr<const TaskProgress> progress() const { return nullptr; }

 protected:
  explicit TaskRunner(base::TaskId id) : id_(std::move(id)) {}

 private:
  base::TaskId id_;
};

// A source or sink task, by the connector's kind. Everything that can fail (component, converters, clients) is done on
// the task's thread and told to the listener, which must outlive the runner.
std::shared_ptr<TaskRunner> make_task_runner(const WorkerContext& worker, TaskSpec spec, TaskListener& listener);

}  // namespace sluice::task
