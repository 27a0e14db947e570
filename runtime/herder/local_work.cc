#include "runtime/herder/local_work.h"

#include <utility>

#include "runtime/base/log.h"
#include "runtime/config/connector_extensions.h"

namespace sluice::herder {
namespace {

// How long an operation waits behind one that waits for a plugin.
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kLaneFullRetry{200};

}  // namespace

// One reconciliation on its way; the turn is held until the last copy of the step is gone.
struct LocalWork::Step {
  Restart restart;
  std::vector<Finished> stopped;
  std::function<void(Outcome)> done;
  Outcome outcome;
  Turn turn;

  void all_stopped() {
    for (const auto& finished : std::exchange(stopped, {}))
      if (finished) finished();
  }
  ~Step() {
    if (done) done(std::move(outcome));
  }
};

LocalWork::LocalWork(std::shared_ptr<CommandLoop> loop, Lifecycle& lifecycle, StatusBook& statuses, Events events)
    : loop_(std::move(loop)),
      lifecycle_(lifecycle),
      statuses_(statuses),
      events_(std::move(events)),
      lanes_(loop_, kPatience, [this](const std::string& connector) { lifecycle_.interrupt(connector); }) {}

void LocalWork::reconcile(const std::string& connector, Finished stopped) {
  request_stops(connector);
  auto& queued = queued_[connector];
  if (queued) {  // it will see what is wanted by then
    queued->stopped.push_back(std::move(stopped));
    return;
  }
  queued = std::make_shared<Step>();
  queued->stopped.push_back(std::move(stopped));
  enqueue(connector, queued);
}

void LocalWork::request_stops(const std::string& connector) {
  const auto local = locals_.find(connector);
  if (local == locals_.end()) return;
  const auto wanted = events_.wanted(connector);
  for (auto& [id, generation] : local->second.tasks) {
    if (wanted && wanted->tasks.contains(id) && generation == wanted->task_generation) continue;
    lifecycle_.request_stop({connector, id});
    generation = kStopping;
  }
}

void LocalWork::restart(const std::string& connector, Restart restart, std::function<void(Outcome)> done) {
  const auto step = std::make_shared<Step>();
  step->restart = std::move(restart);
  step->done = std::move(done);
  enqueue(connector, step);
}

void LocalWork::enqueue(const std::string& connector, std::shared_ptr<Step> step) {
  const bool accepted = lanes_.enqueue(connector, [this, connector, step](Turn turn) {
    step->turn = std::move(turn);
    if (const auto queued = queued_.find(connector); queued != queued_.end() && queued->second == step)
      queued_.erase(queued);
    stop_phase(connector, step);
  });
  if (!accepted) loop_->after(kLaneFullRetry, [this, connector, step] { enqueue(connector, step); });
}

std::vector<std::string> LocalWork::connectors() const {
  std::vector<std::string> names = lanes_.busy();
  for (const auto& [name, local] : locals_)
    if (!lanes_.busy(name)) names.push_back(name);
  return names;
}

bool LocalWork::has_task(const base::TaskId& task) const {
  const auto local = locals_.find(task.connector);
  return local != locals_.end() && local->second.tasks.contains(task.task);
}

void LocalWork::stop_phase(const std::string& connector, const std::shared_ptr<Step>& step) {
  const auto wanted = events_.wanted(connector);
  const auto found = locals_.find(connector);
  if (found == locals_.end()) return start_phase(connector, step);
  Local& local = found->second;
  const bool stop_instance = local.connector && (!wanted || !wanted->instance || step->restart.connector ||
                                                 !config::same_but_live_keys(wanted->spec.config, *local.connector));
  std::vector<int> stop_tasks;
  for (const auto& [id, generation] : local.tasks) {
    if (!wanted || !wanted->tasks.contains(id) || generation != wanted->task_generation ||
        step->restart.tasks.contains(id))
      stop_tasks.push_back(id);
  }
  if (stop_instance) local.connector.reset();
  for (const int id : stop_tasks) local.tasks.erase(id);
  const bool gone = !wanted && local.empty();
  if (local.empty()) locals_.erase(found);

  // Runs when the last of the two has stopped.
  const auto both = std::shared_ptr<void>(nullptr, [this, connector, step, gone](void*) {
    if (gone) events_.gone(connector);
    start_phase(connector, step);
  });
  if (!stop_tasks.empty()) lifecycle_.stop_tasks(connector, stop_tasks, [both] {});
  if (stop_instance) lifecycle_.stop_connector(connector, [both] {});
}

void LocalWork::start_phase(const std::string& connector, const std::shared_ptr<Step>& step) {
  step->all_stopped();
  const auto wanted = events_.wanted(connector);
  if (!wanted) return;
  if (step->restart.announce) {
    if (step->restart.connector && wanted->instance) statuses_.put_connector(connector, state::kRestarting);
    for (const int id : step->restart.tasks)
      if (wanted->tasks.contains(id)) statuses_.put_task({connector, id}, state::kRestarting);
  }
  Local& local = locals_[connector];
  if (!local.empty() && local.target != wanted->spec.target) {
    const bool resumed = wanted->spec.target == TargetState::kStarted && local.connector;
    lifecycle_.change_state(
        connector, wanted->spec.target, [this, connector, step, resumed](const base::Status& changed) {
          if (!changed) {
            static const base::Logger log{"org.apache.kafka.connect.runtime.Worker"};
            log.error("Failed to change the state of connector {}: {}", connector, changed.error().to_string());
          } else if (resumed) {
            events_.started(connector);
          }
        });
  }
  local.target = wanted->spec.target;
  if (!local.tasks.empty() && !(local.told == wanted->spec.config)) lifecycle_.set_limits(wanted->spec);
  local.told = wanted->spec.config;
  // What changed while the former parts were stopping is the next step's to see, but for what they follow by
  // themselves.
  if (local.connector && config::same_but_live_keys(*local.connector, wanted->spec.config))
    local.connector = wanted->spec.config;
  if (wanted->may_start && wanted->instance && !local.connector) start_instance(*wanted, local, step);
  if (wanted->tasks_may_start) start_tasks(*wanted, local, step);
  if (local.empty()) locals_.erase(connector);
}

void LocalWork::start_instance(const Wanted& wanted, Local& local, const std::shared_ptr<Step>& step) {
  const std::string& connector = wanted.spec.name;
  local.connector = wanted.spec.config;
  if (wanted.unusable) {
    statuses_.set_connector_version(connector, std::nullopt);
    statuses_.put_connector(connector, state::kFailed, wanted.unusable->trace());
    step->outcome.connector = base::fail(*wanted.unusable);
    return;
  }
  lifecycle_.start_connector(wanted.spec, [this, connector, step](base::Status started) {
    if (started) return events_.started(connector);
    step->outcome.connector = std::move(started);
  });
}

void LocalWork::start_tasks(const Wanted& wanted, Local& local, const std::shared_ptr<Step>& step) {
  const std::string& connector = wanted.spec.name;
  std::vector<std::pair<int, config::ConfigMap>> tasks;
  for (const auto& [id, config] : wanted.tasks) {
    if (local.tasks.contains(id)) continue;
    local.tasks[id] = wanted.task_generation;
    if (!wanted.unusable) {
      tasks.emplace_back(id, config);
      continue;
    }
    statuses_.set_task_version({connector, id}, std::nullopt);
    statuses_.put_task({connector, id}, state::kFailed, wanted.unusable->trace());
    step->outcome.tasks = base::fail(*wanted.unusable);
  }
  lifecycle_.start_tasks(wanted.spec, std::move(tasks), [step](base::Status started) {
    if (!started) step->outcome.tasks = std::move(started);
  });
}

}  // namespace sluice::herder
