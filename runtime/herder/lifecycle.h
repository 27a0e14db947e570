#pragma once
// The connectors and tasks that run on this worker: starts them, stops them, tells the status book what became of them.
// Every herder drives its instances through this; what should run, and why, is the herder's business.
//
// All calls come on the herder thread and return at once; `then` comes on the herder thread too, later. What may block
// (reading secrets, waiting for an end) happens on a pool. A call to a plugin may never return: the wait for it can be
// interrupted, and then its `then` gets an error and a late outcome is ignored.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/config/component_catalog.h"
#include "runtime/herder/command_loop.h"
#include "runtime/herder/connector_probe.h"
#include "runtime/herder/health_book.h"
#include "runtime/herder/status_book.h"
#include "runtime/herder/task_configs.h"
#include "runtime/herder/task_watch.h"
#include "runtime/herder/types.h"
#include "runtime/herder/work_pool.h"
#include "runtime/herder/worker_metrics.h"
#include "runtime/task/connector_runner.h"
#include "runtime/task/task_runner.h"

namespace sluice::herder {

// How instances are made; tests put their own in.
struct RunnerFactories {
  std::function<base::Result<std::shared_ptr<task::ConnectorRunner>>(const task::WorkerContext&,
                                                                     config::ConnectorConfig, task::ConnectorListener&)>
      connector = task::make_connector_runner;
  std::function<base::Result<std::shared_ptr<task::TaskRunner>>(const task::WorkerContext&, task::TaskSpec,
                                                                task::TaskListener&)>
      task = task::make_task_runner;
};

// A connector as it is to run. Configurations are raw: variables are resolved at each start.
struct ConnectorSpec {
  std::string name;
  config::ConfigMap config;
  ConnectorRef component;
  TargetState target = TargetState::kStarted;
  std::size_t task_count = 1;  // in all, here or not: they share the connector's limits
};

class Lifecycle final : public task::ConnectorListener, public task::TaskListener {
 public:
  using Then = std::function<void(base::Status)>;
  using Finished = std::function<void()>;
  using ThenConfigs = std::function<void(base::Result<std::vector<config::ConfigMap>>)>;
  // [herder thread]
  struct Events {
    std::function<void(const std::string& connector)> task_reconfiguration;
    // A secret of the connector is good for so long only, and the connector wants to be restarted then.
    std::function<void(const std::string& connector, std::chrono::milliseconds after)> reload;
    // A task, or the connector itself (task -1), has failed; or it works, or works again.
    std::function<void(const base::TaskId& id, const base::Error& error)> failed;
    std::function<void(const base::TaskId& id)> running;
    // For a source task that is about to start, if it is to deliver exactly once. May be empty.
    std::function<std::shared_ptr<const task::ExactlyOnceGate>(const base::TaskId& task)> exactly_once{};
  };
  static constexpr std::chrono::seconds kConnectorStopMax{5};

  // `worker`, `catalog`, `statuses` and `health` must outlive this, and this every instance, also an abandoned one.
  Lifecycle(std::shared_ptr<CommandLoop> loop, const task::WorkerContext& worker,
            const config::ComponentCatalog& catalog, RunnerFactories factories, StatusBook& statuses,
            HealthBook& health, Events events);
  ~Lifecycle() override;

  // Error: it could not be made or did not start; its status is FAILED.
  void start_connector(const ConnectorSpec& spec, Then then);
  // The connector and its tasks. Fine where there is no instance.
  void change_state(const std::string& connector, TargetState target, Then then);
  void stop_connector(const std::string& connector, Finished then);
  // What the connector wants its tasks to be, with variables resolved.
  void task_configs(const std::string& connector, ThenConfigs then);
  // Error: the first task that could not be made; its status is FAILED, the others run.
  void start_tasks(const ConnectorSpec& spec, std::vector<std::pair<int, config::ConfigMap>> raw_task_configs,
                   Then then);
  // The tasks that run here follow the limits of `spec`, whose configuration differs from theirs in nothing else.
  void set_limits(const ConnectorSpec& spec);
  void stop_tasks(const std::string& connector, const std::vector<int>& tasks, Finished then);
  // The first half of stopping it: stop_tasks() must follow. For one that must not go on while something else is waited
  // for.
  void request_stop(const base::TaskId& task);
  // Stops everything, and starts nothing any more. `then` comes when all has ended or was abandoned, also what was
  // being stopped already.
  void stop_all(Finished then);

  // To be called once a second: makes statuses true where instances cannot do so themselves (task_watch.h).
  void check_progress() { watch_.check(); }

  bool connector_running(const std::string& connector) const;
  std::vector<int> tasks(const std::string& connector) const;

  // Gives a callback [any] for an outcome that may never come; interrupt() brings an error instead.
  template <typename T>
  std::function<void(base::Result<T>)> interruptible(const std::string& connector,
                                                     std::function<void(base::Result<T>)> then);
  void interrupt(const std::string& connector);

  // Runs work on the pool and hands what it gives to `then` on the herder thread. False: too much work waits; `then` is
  // dropped.
  template <typename T>
  bool offload(std::function<T()> work, std::function<void(T)> then);
  bool stop_pool(std::chrono::steady_clock::time_point deadline) { return pool_.stop(deadline); }

 private:
  struct Instances {
    std::shared_ptr<task::ConnectorRunner> connector;
    std::string class_name;
    config::ConfigMap config;  // resolved
    TaskLimits limits;
    std::map<int, std::shared_ptr<task::TaskRunner>> tasks;
    std::uint64_t limits_number = 0;  // of the latest set_limits: an older one may be resolved later
  };
  struct Wait {
    std::uint64_t number = 0;
    std::function<void(base::Error)> fail;
  };
  struct Prepared {  // a connector that can be started
    std::shared_ptr<task::ConnectorRunner> runner;
    config::ConfigMap config;  // resolved
    TaskLimits limits;
    std::optional<std::chrono::milliseconds> reload_after;
  };
  using MadeTask = std::pair<int, base::Result<std::shared_ptr<task::TaskRunner>>>;

  base::Result<config::ConnectorConfig> resolve(const ConnectorSpec& spec,
                                                std::optional<std::chrono::milliseconds>* reload_after) const;
  base::Result<Prepared> prepare(const ConnectorSpec& spec);
  struct TaskToMake {
    int id;
    config::ConfigMap raw;
    std::shared_ptr<const task::ExactlyOnceGate> exactly_once;
  };
  std::vector<MadeTask> make_tasks(const ConnectorSpec& spec, const std::vector<TaskToMake>& tasks);
  void connector_failed(const std::string& connector, const base::Error& error);
  void tell(std::function<void()> event);  // [any] on the herder thread
  void await_tasks(const std::string& connector, std::vector<std::shared_ptr<task::TaskRunner>> runners, Finished then);
  bool take_wait(const std::string& connector, std::uint64_t number);
  Finished counted(Finished then);

  void on_connector_startup(std::string_view connector, std::string_view version) override;
  void on_connector_pause(std::string_view connector) override;
  void on_connector_stop(std::string_view connector) override;
  void on_connector_resume(std::string_view connector) override;
  void on_connector_failure(std::string_view connector, const base::Error& error) override;
  void on_connector_shutdown(std::string_view connector) override;
  void on_task_reconfiguration_requested(std::string_view connector) override;
  void on_task_startup(const base::TaskId& task, std::string_view version) override;
  void on_task_pause(const base::TaskId& task) override;
  void on_task_resume(const base::TaskId& task) override;
  void on_task_failure(const base::TaskId& task, const base::Error& error) override;
  void on_task_shutdown(const base::TaskId& task) override;
  void on_topic_active(const base::TaskId& task, std::string_view topic) override;
  std::uint64_t topics_generation() const override { return statuses_.topics_generation(); }

  const std::shared_ptr<CommandLoop> loop_;
  const task::WorkerContext& worker_;
  const config::ComponentCatalog& catalog_;
  const RunnerFactories factories_;
  StatusBook& statuses_;
  HealthBook& health_;
  const Events events_;
  TaskWatch watch_;
  WorkerMetrics metrics_;
  WorkPool pool_;
  std::map<std::string, Instances> instances_;
  std::map<std::string, Wait> waits_;
  std::uint64_t last_wait_ = 0;
  std::size_t stops_ = 0;  // under way
  Finished all_stopped_;
  bool closed_ = false;
};

template <typename T>
std::function<void(base::Result<T>)> Lifecycle::interruptible(const std::string& connector,
                                                              std::function<void(base::Result<T>)> then) {
  const std::uint64_t number = ++last_wait_;
  // The wait alone owns `then`: a plugin that never returns must not keep what hangs on it, the operation's turn above
  // all.
  const auto owned = std::make_shared<const std::function<void(base::Result<T>)>>(std::move(then));
  waits_[connector] = {number, [owned](base::Error error) { (*owned)(base::fail(std::move(error))); }};
  return [this, loop = loop_, connector, number, weak = std::weak_ptr(owned)](base::Result<T> result) {
    loop->post([this, connector, number, weak, result = std::move(result)]() mutable {
      const auto call = weak.lock();
      if (call && take_wait(connector, number)) (*call)(std::move(result));
    });
  };
}

template <typename T>
bool Lifecycle::offload(std::function<T()> work, std::function<void(T)> then) {
  return pool_.submit([loop = loop_, work = std::move(work), then = std::move(then)]() mutable {
    loop->post([then = std::move(then), result = work()]() mutable { then(std::move(result)); });
  });
}

}  // namespace sluice::herder
