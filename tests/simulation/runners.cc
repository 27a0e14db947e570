#include "tests/simulation/runners.h"

#include <algorithm>
#include <utility>

namespace sluice::simulation {

using task::ConnectorState;

void Outside::change(const std::string& connector, int count) {
  tasks[connector] = count;
  for (SimulatedConnector* instance : std::set(instances[connector])) instance->changed();
}

// ---- connectors

SimulatedConnector::SimulatedConnector(World& world, Ledger& ledger, Outside& outside, config::ConnectorConfig config,
                                       task::ConnectorListener& listener)
    : world_(world),
      ledger_(ledger),
      outside_(outside),
      name_(config.name()),
      config_(config.originals()),
      hang_(config_.get_or("hang", "")),
      listener_(listener) {
  outside_.instances[name_].insert(this);
}

SimulatedConnector::~SimulatedConnector() {
  outside_.instances[name_].erase(this);
}

void SimulatedConnector::later(std::function<void()> fn) {
  world_.after(world_.delay(0, 200), [self = shared_from_this(), fn = std::move(fn)] {
    if (!self->ended_) fn();
  });
}

void SimulatedConnector::start(ConnectorState initial, TransitionCallback done) {
  run_ = ledger_.begin(world_.process(), {name_, -1}, config_.get_or("version", ""), !hang_.empty());
  if (hang_ == "start") {
    held_ = std::move(done);
    return;
  }
  later([this, initial, done = std::move(done), number = ++transitions_] {
    began_ = true;
    if (number == transitions_) reach(initial, true);
    done(initial);
  });
}

void SimulatedConnector::transition(ConnectorState target, TransitionCallback done) {
  if (hang_ == "start") {
    held_ = std::move(done);
    return;
  }
  later([this, target, done = std::move(done), number = ++transitions_] {
    if (number != transitions_)
      return done(base::fail(base::Code::kFatal, base::exceptions::kConnect, "pre-empted by a newer wish"));
    reach(target, false);
    done(target);
  });
}

void SimulatedConnector::reach(ConnectorState state, bool first) {
  running_ = state == ConnectorState::kStarted;
  if (state == ConnectorState::kPaused) return listener_.on_connector_pause(name_);
  if (state == ConnectorState::kStopped) return listener_.on_connector_stop(name_);
  if (first) return listener_.on_connector_startup(name_, "1.0");
  listener_.on_connector_resume(name_);
}

std::vector<config::ConfigMap> SimulatedConnector::tasks_of(const Outside& outside, const std::string& name,
                                                            const config::ConfigMap& config, int tasks_max) {
  const auto wanted = outside.tasks.find(name);
  const int count = wanted != outside.tasks.end() ? wanted->second : std::stoi(config.get_or("tasks", "1"));
  std::vector<config::ConfigMap> tasks;
  for (int i = 0; i < std::min(count, tasks_max); ++i)
    tasks.push_back({{"index", std::to_string(i)}, {"version", config.get_or("version", "")}});
  return tasks;
}

void SimulatedConnector::task_configs(int tasks_max, TaskConfigsCallback done) {
  if (hang_ == "tasks") return;
  later([this, tasks_max, done = std::move(done)] { done(tasks_of(outside_, name_, config_, tasks_max)); });
}

void SimulatedConnector::changed() {
  if (began_ && running_ && !stopping_) listener_.on_task_reconfiguration_requested(name_);
}

void SimulatedConnector::request_stop() {
  if (std::exchange(stopping_, true)) return;
  if (hang_ == "start" || hang_ == "stop") return;
  later([self = shared_from_this()] { self->finish(); });
}

void SimulatedConnector::finish() {
  if (std::exchange(ended_, true)) return;
  running_ = false;
  ledger_.end(run_);
  if (!abandoned_) listener_.on_connector_shutdown(name_);
  end_.notify_all();
}

bool SimulatedConnector::await(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return end_.wait_until(lock, deadline, [&] { return ended_; });
}

void SimulatedConnector::abandon() {
  abandoned_ = true;
  running_ = false;
  ledger_.end(run_);
}

// ---- tasks

SimulatedTask::SimulatedTask(World& world, Ledger& ledger, task::TaskSpec spec, task::TaskListener& listener)
    : TaskRunner(spec.id),
      world_(world),
      ledger_(ledger),
      spec_(std::move(spec)),
      listener_(listener),
      paused_(spec_.paused) {}

void SimulatedTask::later(Ms delay, std::function<void()> fn) {
  world_.after(delay, [self = shared_from_this(), fn = std::move(fn)] {
    if (!self->ended_) fn();
  });
}

void SimulatedTask::start() {
  run_ = ledger_.begin(world_.process(), id(), spec_.task_config.get_or("version", ""),
                       spec_.connector.originals().contains("hang"));
  if (Ledger::Run* run = ledger_.find(run_)) run->paused = paused_;
  const bool fails = spec_.connector.originals().get_or("fail", "") == "task";
  later(world_.delay(0, 300), [this, fails] {
    if (stopping_) return;
    begun_ = true;
    paused_ ? listener_.on_task_pause(id()) : listener_.on_task_startup(id(), "1.0");
    if (fails && !paused_) later(world_.delay(0, 2000), [this] { finish(true); });
  });
}

void SimulatedTask::set_paused(bool paused) {
  if (std::exchange(paused_, paused) == paused) return;
  if (Ledger::Run* run = ledger_.find(run_)) run->paused = paused;
  later(world_.delay(0, 100), [this, paused] {
    if (stopping_ || !begun_ || paused_ != paused) return;
    paused ? listener_.on_task_pause(id()) : listener_.on_task_resume(id());
    if (!paused && spec_.connector.originals().get_or("fail", "") == "task")
      later(world_.delay(0, 2000), [this] { finish(true); });
  });
}

void SimulatedTask::request_stop() {
  if (std::exchange(stopping_, true)) return;
  if (spec_.connector.originals().get_or("hang", "") == "task.stop") return;
  later(world_.delay(0, world_.chance(0.1) ? 2000 : 50), [this] { finish(false); });
}

void SimulatedTask::finish(bool failed) {
  if (std::exchange(ended_, true)) return;
  ledger_.end(run_, failed && !stopping_);
  if (!abandoned_) {
    if (failed && !stopping_)
      listener_.on_task_failure(id(), {base::Code::kFatal, base::exceptions::kConnect, "fails as it should"});
    else
      listener_.on_task_shutdown(id());
  }
  end_.notify_all();
}

bool SimulatedTask::await(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return end_.wait_until(lock, deadline, [&] { return ended_; });
}

void SimulatedTask::abandon() {
  abandoned_ = true;
  ledger_.end(run_);
}

}  // namespace sluice::simulation
