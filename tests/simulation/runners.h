#pragma once
// Connectors and tasks of the simulation. A connector's configuration tells how it behaves:
//   version   what its tasks carry, so that everyone sees which configuration they were made from
//   tasks     how many it wants, unless the outside world says otherwise (Outside)
//   hang      "start", "stop" or "tasks": the connector never returns from that; "task.stop": its tasks do not
//   fail      "start": the connector cannot be made; "task": each of its tasks fails soon after it began

#include <map>
#include <memory>
#include <string>

#include "runtime/task/connector_runner.h"
#include "runtime/task/task_runner.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/world.h"

namespace sluice::simulation {

class SimulatedConnector;

// What connectors look at: how many tasks each should have. Changes reach the instances that run.
struct Outside {
  std::map<std::string, int> tasks;
  std::map<std::string, std::set<SimulatedConnector*>> instances;
  void change(const std::string& connector, int count);
};

class SimulatedConnector final : public task::ConnectorRunner, public std::enable_shared_from_this<SimulatedConnector> {
 public:
  SimulatedConnector(World& world, Ledger& ledger, Outside& outside, config::ConnectorConfig config,
                     task::ConnectorListener& listener);
  ~SimulatedConnector() override;

  void start(task::ConnectorState initial, TransitionCallback done) override;
  void transition(task::ConnectorState target, TransitionCallback done) override;
  void task_configs(int tasks_max, TaskConfigsCallback done) override;
  void request_stop() override;
  bool await(std::chrono::steady_clock::time_point deadline) override;
  void abandon() override;
  bool is_running() const override { return running_; }
  std::string version() const override { return "1.0"; }

  void changed();  // outside
  // Tasks that a connector of this configuration wants now.
  static std::vector<config::ConfigMap> tasks_of(const Outside& outside, const std::string& name,
                                                 const config::ConfigMap& config, int tasks_max);

 private:
  void reach(task::ConnectorState state, bool first);
  void finish();
  void later(std::function<void()> fn);

  World& world_;
  Ledger& ledger_;
  Outside& outside_;
  const std::string name_;
  const config::ConfigMap config_;
  const std::string hang_;
  task::ConnectorListener& listener_;
  std::uint64_t transitions_ = 0;
  bool running_ = false, stopping_ = false, ended_ = false, abandoned_ = false, began_ = false;
  Ledger::Number run_ = 0;
  std::mutex mutex_;
  base::Condition end_;
  TransitionCallback held_;
};

class SimulatedTask final : public task::TaskRunner, public std::enable_shared_from_this<SimulatedTask> {
 public:
  SimulatedTask(World& world, Ledger& ledger, task::TaskSpec spec, task::TaskListener& listener);

  void start() override;
  void set_paused(bool paused) override;
  void request_stop() override;
  bool await(std::chrono::steady_clock::time_point deadline) override;
  void abandon() override;

 private:
  void finish(bool failed);
  void later(Ms delay, std::function<void()> fn);

  World& world_;
  Ledger& ledger_;
  const task::TaskSpec spec_;
  task::TaskListener& listener_;
  bool paused_, begun_ = false, stopping_ = false, ended_ = false, abandoned_ = false;
  Ledger::Number run_ = 0;
  std::mutex mutex_;
  base::Condition end_;
};

}  // namespace sluice::simulation
