#pragma once
// One Connector instance on its own control thread (spec connect-runtime.md section 6.2). The herder posts; results
// come back through callbacks on the control thread, which only enqueue. A connector that hangs delays nobody: its
// calls just do not return.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/task/listener.h"
#include "runtime/task/progress.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

enum class ConnectorState { kStarted, kPaused, kStopped };  // what is wanted of it

class ConnectorRunner {
 public:
  // Called once with the outcome of a transition. On success: the state reached.
  using TransitionCallback = std::function<void(base::Result<ConnectorState>)>;
  using TaskConfigsCallback = std::function<void(base::Result<std::vector<config::ConfigMap>>)>;

  virtual ~ConnectorRunner() = default;

  virtual void start(ConnectorState initial, TransitionCallback done) = 0;
  // A newer wish replaces one that has not begun; the replaced callback gets Connect's pre-emption error.
  virtual void transition(ConnectorState target, TransitionCallback done) = 0;
  virtual void task_configs(int tasks_max, TaskConfigsCallback done) = 0;
  virtual void request_stop() = 0;
  virtual bool await(std::chrono::steady_clock::time_point deadline) = 0;  // true: the control thread has ended
  virtual void abandon() = 0;
  virtual bool is_running() const = 0;
  virtual std::string version() const = 0;  // empty until the component is loaded
  // [any] What its plugin is doing; lives on after the runner. Null: not known.
  virtual std::shared_ptr<const TaskProgress> progress() const { return nullptr; }
};

// `config` has its variables resolved. The component is loaded on the control thread; what fails is told to the
// listener, which must outlive the runner.
std::shared_ptr<ConnectorRunner> make_connector_runner(const WorkerContext& worker, config::ConnectorConfig config,
                                                       ConnectorListener& listener);

}  // namespace sluice::task
