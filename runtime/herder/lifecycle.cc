// tidy: allow(size): one owner of all instances; health, watch, metrics and pools have files of their own
#include "runtime/herder/lifecycle.h"

#include <algorithm>

#include "runtime/base/log.h"
#include "runtime/base/threads.h"

namespace sluice::herder {
namespace {

constexpr std::size_t kThreadsMax = 8;
constexpr std::size_t kQueueMax = 10'000;

base::TaskId connector_id(std::string_view connector) {
  return {std::string(connector), -1};
}

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.Worker"};
  return log;
}

task::ConnectorState to_connector_state(TargetState target) {
  switch (target) {
    case TargetState::kPaused:
      return task::ConnectorState::kPaused;
    case TargetState::kStopped:
      return task::ConnectorState::kStopped;
    case TargetState::kStarted:
      break;
  }
  return task::ConnectorState::kStarted;
}

// One task's: its own, and its share of the connector's, whichever is lower.
task::RateLimits limits_of(const config::ConnectorConfig& config, std::size_t task_count) {
  const double tasks = static_cast<double>(std::max<std::size_t>(task_count, 1));
  const auto lower = [](double a, double b) { return a == 0 || (b > 0 && b < a) ? b : a; };
  return {lower(config.rate("records") / tasks, config.rate("task.records")),
          lower(config.rate("bytes") / tasks, config.rate("task.bytes"))};
}

base::Error too_busy() {
  return {base::Code::kRetry, base::exceptions::kConnect, "The worker has too much to do at the moment; try again"};
}

base::Error interrupted(const std::string& connector) {
  return {base::Code::kFatal, base::exceptions::kConnect,
          fmt::format("Connector {} did not answer in time, and a newer request for it has pre-empted this one",
                      connector)};
}

}  // namespace

Lifecycle::Lifecycle(std::shared_ptr<CommandLoop> loop, const task::WorkerContext& worker,
                     const config::ComponentCatalog& catalog, RunnerFactories factories, StatusBook& statuses,
                     HealthBook& health, Events events)
    : loop_(std::move(loop)),
      worker_(worker),
      catalog_(catalog),
      factories_(std::move(factories)),
      statuses_(statuses),
      health_(health),
      events_(std::move(events)),
      watch_(health, statuses, *worker.clock,
             std::chrono::milliseconds(worker.config->parsed().int64("sluice.task.hang.timeout.ms")),
             {.failed = events_.failed, .came_back = events_.running}),
      metrics_(worker.metrics, statuses),
      pool_("start-stop", kThreadsMax, kQueueMax) {}

Lifecycle::~Lifecycle() = default;

// ---- connectors

base::Result<config::ConnectorConfig> Lifecycle::resolve(const ConnectorSpec& spec,
                                                         std::optional<std::chrono::milliseconds>* reload_after) const {
  SLUICE_TRY_ASSIGN(auto resolved, worker_.config->transformer().transform(spec.config));
  SLUICE_TRY_ASSIGN(auto config,
                    config::ConnectorConfig::make(spec.component.kind, std::move(resolved.config), catalog_));
  if (reload_after != nullptr && config.restart_on_secret_change()) {
    for (const auto& [path, ttl] : resolved.ttls_ms)
      *reload_after = std::min(std::chrono::milliseconds(ttl), reload_after->value_or(std::chrono::milliseconds(ttl)));
  }
  return config;
}

base::Result<Lifecycle::Prepared> Lifecycle::prepare(const ConnectorSpec& spec) {
  Prepared prepared;
  SLUICE_TRY_ASSIGN(auto config, resolve(spec, &prepared.reload_after));
  prepared.limits = {config.tasks_max(), config.tasks_max_enforced()};
  prepared.config = config.originals();
  SLUICE_TRY_ASSIGN(prepared.runner, factories_.connector(worker_, std::move(config), *this));
  return prepared;
}

void Lifecycle::connector_failed(const std::string& connector, const base::Error& error) {
  logger().error("Failed to start connector {}\n{}", connector, error.trace());
  metrics_.connector_started(false);
  statuses_.put_connector(connector, state::kFailed, error.trace());
  events_.failed(connector_id(connector), error);
}

void Lifecycle::start_connector(const ConnectorSpec& spec, Then then) {
  const std::string name = spec.name;
  logger().info("Creating connector {} of type {}", name, spec.component.class_name);
  statuses_.set_type(
      name, spec.component.kind == config::ConnectorKind::kSink ? ConnectorType::kSink : ConnectorType::kSource);
  statuses_.set_connector_version(name, std::nullopt);
  const auto started = [this, name, spec, then](base::Result<Prepared> prepared) {
    if (closed_)
      return then(
          base::fail(base::Error(base::Code::kStopping, base::exceptions::kConnect, "Worker is shutting down")));
    if (!prepared) {
      connector_failed(name, prepared.error());
      return then(base::fail(std::move(prepared).error()));
    }
    statuses_.set_connector_version(name, spec.component.version);
    if (prepared->reload_after) events_.reload(name, *prepared->reload_after);
    Instances& instances = instances_[name];
    instances.connector = std::move(prepared->runner);
    instances.class_name = spec.component.class_name;
    instances.config = std::move(prepared->config);
    instances.limits = prepared->limits;
    health_.watch(connector_id(name), instances.connector->progress());
    metrics_.connector_starts(name);
    instances.connector->start(to_connector_state(spec.target),
                               interruptible<task::ConnectorState>(name, [name, then](auto reached) {
                                 if (!reached) return then(base::fail(std::move(reached).error()));
                                 logger().info("Finished creating connector {}", name);
                                 then({});
                               }));
  };
  if (!offload<base::Result<Prepared>>([this, spec] { return prepare(spec); }, started)) then(base::fail(too_busy()));
}

void Lifecycle::change_state(const std::string& connector, TargetState target, Then then) {
  const auto found = instances_.find(connector);
  if (found == instances_.end()) return then({});
  for (auto& [id, runner] : found->second.tasks) runner->set_paused(target == TargetState::kPaused);
  if (!found->second.connector) return then({});
  found->second.connector->transition(to_connector_state(target),
                                      interruptible<task::ConnectorState>(connector, [then](auto reached) {
                                        if (!reached) return then(base::fail(std::move(reached).error()));
                                        then({});
                                      }));
}

void Lifecycle::stop_connector(const std::string& connector, Finished then) {
  const auto found = instances_.find(connector);
  if (found == instances_.end() || !found->second.connector) return then();
  health_.unwatch(connector_id(connector));
  const auto runner = std::move(found->second.connector);
  found->second.connector = nullptr;
  metrics_.connector_gone(connector, found->second.tasks.empty());
  if (found->second.tasks.empty()) instances_.erase(found);
  logger().info("Stopping connector {}", connector);
  runner->request_stop();
  const auto ended = [this, connector, runner, then = counted(std::move(then))](bool in_time) {
    if (!in_time) {
      logger().error(
          "Connector '{}' failed to properly shut down, has become unresponsive, and may be consuming external "
          "resources. Correct the "
          "configuration for this connector or remove the connector. After fixing the connector, it may be necessary "
          "to restart this "
          "worker to release any consumed resources.",
          connector);
      runner->abandon();
      statuses_.connector_ended(connector);
    }
    then();
  };
  const auto deadline = base::steady_now() + kConnectorStopMax;
  if (!offload<bool>([runner, deadline] { return runner->await(deadline); }, ended)) ended(false);
}

void Lifecycle::task_configs(const std::string& connector, ThenConfigs then) {
  const auto found = instances_.find(connector);
  if (found == instances_.end() || !found->second.connector)
    return then(base::connect_error("Connector {} is not running on this worker", connector));
  using Configs = std::vector<config::ConfigMap>;
  const Instances& instances = found->second;
  const auto complete = [connector, class_name = instances.class_name, config = instances.config,
                         limits = instances.limits, then](base::Result<Configs> configs) {
    if (!configs) return then(std::move(configs));
    then(complete_task_configs(connector, class_name, config, limits, std::move(*configs)));
  };
  instances.connector->task_configs(instances.limits.max, interruptible<Configs>(connector, complete));
}

bool Lifecycle::connector_running(const std::string& connector) const {
  const auto found = instances_.find(connector);
  return found != instances_.end() && found->second.connector && found->second.connector->is_running();
}

// ---- tasks

std::vector<Lifecycle::MadeTask> Lifecycle::make_tasks(const ConnectorSpec& spec,
                                                       const std::vector<TaskToMake>& tasks) {
  std::vector<MadeTask> made;
  const auto connector = resolve(spec, nullptr);
  for (const auto& [id, raw, exactly_once] : tasks) {
    const auto make = [&]() -> base::Result<std::shared_ptr<task::TaskRunner>> {
      if (!connector) return base::fail(connector.error());
      SLUICE_TRY_ASSIGN(auto resolved, worker_.config->transformer().transform(raw));
      return factories_.task(worker_,
                             task::TaskSpec{.id = {spec.name, id},
                                            .connector = *connector,
                                            .task_config = std::move(resolved.config),
                                            .paused = spec.target == TargetState::kPaused,
                                            .limits = limits_of(*connector, spec.task_count),
                                            .exactly_once = exactly_once},
                             *this);
    };
    made.emplace_back(id, make());
  }
  return made;
}

void Lifecycle::start_tasks(const ConnectorSpec& spec, std::vector<std::pair<int, config::ConfigMap>> raw_task_configs,
                            Then then) {
  if (raw_task_configs.empty()) return then({});
  std::vector<TaskToMake> tasks;
  for (auto& [id, raw] : raw_task_configs) {
    const bool gated = events_.exactly_once && spec.component.kind == config::ConnectorKind::kSource;
    tasks.push_back({id, std::move(raw), gated ? events_.exactly_once({spec.name, id}) : nullptr});
  }
  const auto started = [this, spec, then](std::vector<MadeTask> made) {
    base::Status outcome;
    for (auto& [id, runner] : made) {
      const base::TaskId task{spec.name, id};
      if (closed_) break;
      metrics_.task_starts(task);
      if (runner) {
        logger().info("Creating task {}", task.to_string());
        statuses_.set_task_version(task, spec.component.version);
        (*runner)->start();
        health_.watch(task, (*runner)->progress());
        instances_[spec.name].tasks[id] = std::move(*runner);
        continue;
      }
      logger().error("Failed to start task {}\n{}", task.to_string(), runner.error().trace());
      metrics_.task_started(false);
      statuses_.set_task_version(task, std::nullopt);
      statuses_.put_task(task, state::kFailed, runner.error().trace());
      events_.failed(task, runner.error());
      if (outcome) outcome = base::fail(runner.error());
    }
    then(std::move(outcome));
  };
  if (!offload<std::vector<MadeTask>>([this, spec, tasks = std::move(tasks)] { return make_tasks(spec, tasks); },
                                      started))
    then(base::fail(too_busy()));
}

void Lifecycle::set_limits(const ConnectorSpec& spec) {
  const auto running = instances_.find(spec.name);
  if (running == instances_.end()) return;
  const auto resolved = [this, spec, number = ++running->second.limits_number](base::Result<task::RateLimits> limits) {
    if (!limits) return logger().error("New limits of connector {}: {}", spec.name, limits.error().to_string());
    const auto found = instances_.find(spec.name);
    if (found == instances_.end() || found->second.limits_number != number) return;
    logger().info("Connector {}: each task moves at most {} records and {} bytes a second (0: any number)", spec.name,
                  limits->records, limits->bytes);
    for (const auto& [id, runner] : found->second.tasks) runner->set_limits(*limits);
  };
  const bool accepted = offload<base::Result<task::RateLimits>>(
      [this, spec]() -> base::Result<task::RateLimits> {
        SLUICE_TRY_ASSIGN(const auto config, resolve(spec, nullptr));
        return limits_of(config, spec.task_count);
      },
      resolved);
  if (!accepted) resolved(base::fail(too_busy()));
}

void Lifecycle::stop_tasks(const std::string& connector, const std::vector<int>& tasks, Finished then) {
  std::vector<std::shared_ptr<task::TaskRunner>> runners;
  for (const int id : tasks) metrics_.task_gone({connector, id});
  if (const auto found = instances_.find(connector); found != instances_.end()) {
    for (const int id : tasks) {
      const auto runner = found->second.tasks.find(id);
      if (runner == found->second.tasks.end()) continue;
      logger().info("Stopping task {}-{}", connector, id);
      health_.unwatch({connector, id});
      runners.push_back(std::move(runner->second));
      found->second.tasks.erase(runner);
    }
    if (found->second.tasks.empty() && !found->second.connector) instances_.erase(found);
  }
  await_tasks(connector, std::move(runners), std::move(then));
}

void Lifecycle::request_stop(const base::TaskId& task) {
  const auto found = instances_.find(task.connector);
  if (found == instances_.end()) return;
  if (const auto runner = found->second.tasks.find(task.task); runner != found->second.tasks.end())
    runner->second->request_stop();
}

void Lifecycle::await_tasks(const std::string& connector, std::vector<std::shared_ptr<task::TaskRunner>> runners,
                            Finished then) {
  if (runners.empty()) return then();
  for (const auto& runner : runners) runner->request_stop();
  const auto deadline = base::steady_now() + std::chrono::milliseconds(worker_.config->task_shutdown_timeout_ms());
  const auto ended = [this, connector, runners, then = counted(std::move(then))](std::vector<bool> in_time) {
    for (std::size_t i = 0; i < runners.size(); ++i) {
      if (in_time[i]) continue;
      logger().error("Graceful stop of task {} failed.", runners[i]->id().to_string());
      runners[i]->abandon();
      statuses_.task_ended(runners[i]->id());
    }
    then();
  };
  const auto wait = [runners, deadline] {
    std::vector<bool> in_time;
    for (const auto& runner : runners) in_time.push_back(runner->await(deadline));
    return in_time;
  };
  if (!offload<std::vector<bool>>(wait, ended)) ended(std::vector<bool>(runners.size(), false));
}

std::vector<int> Lifecycle::tasks(const std::string& connector) const {
  std::vector<int> ids;
  if (const auto found = instances_.find(connector); found != instances_.end())
    for (const auto& [id, runner] : found->second.tasks) ids.push_back(id);
  return ids;
}

// ---- waits and the end

bool Lifecycle::take_wait(const std::string& connector, std::uint64_t number) {
  const auto wait = waits_.find(connector);
  if (wait == waits_.end() || wait->second.number != number) return false;
  waits_.erase(wait);
  return true;
}

void Lifecycle::interrupt(const std::string& connector) {
  const auto wait = waits_.find(connector);
  if (wait == waits_.end()) return;
  const auto fail = std::move(wait->second.fail);
  waits_.erase(wait);
  fail(interrupted(connector));
}

// `then`, and an end to a stop that is counted from now on.
Lifecycle::Finished Lifecycle::counted(Finished then) {
  ++stops_;
  return [this, then = std::move(then)] {
    then();
    if (--stops_ > 0) return;
    if (const auto all_stopped = std::exchange(all_stopped_, nullptr)) all_stopped();
  };
}

void Lifecycle::stop_all(Finished then) {
  closed_ = true;
  waits_.clear();
  std::vector<std::string> names;
  for (const auto& [name, instances] : instances_) names.push_back(name);
  for (const auto& name : names) {
    stop_tasks(name, tasks(name), [] {});
    stop_connector(name, [] {});
  }
  if (stops_ == 0) return then();
  all_stopped_ = std::move(then);
}

// ---- what the instances tell, on their own threads

void Lifecycle::tell(std::function<void()> event) {
  loop_->post([this, event = std::move(event)] {
    if (!closed_) event();
  });
}
void Lifecycle::on_connector_startup(std::string_view connector, std::string_view version) {
  metrics_.connector_started(true);
  if (!version.empty()) statuses_.set_connector_version(connector, std::string(version));
  statuses_.put_connector(connector, state::kRunning);
  tell([this, id = connector_id(connector)] { events_.running(id); });
}
void Lifecycle::on_connector_pause(std::string_view connector) {
  statuses_.put_connector(connector, state::kPaused);
  tell([this, id = connector_id(connector)] { events_.running(id); });
}
void Lifecycle::on_connector_stop(std::string_view connector) {
  statuses_.put_connector(connector, state::kStopped);
  tell([this, id = connector_id(connector)] { events_.running(id); });
}
void Lifecycle::on_connector_resume(std::string_view connector) {
  statuses_.put_connector(connector, state::kRunning);
  tell([this, id = connector_id(connector)] { events_.running(id); });
}
void Lifecycle::on_connector_failure(std::string_view connector, const base::Error& error) {
  statuses_.put_connector(connector, state::kFailed, error.trace());
  tell([this, id = connector_id(connector), error] { events_.failed(id, error); });
}
void Lifecycle::on_connector_shutdown(std::string_view connector) {
  statuses_.connector_ended(connector);
}
void Lifecycle::on_task_reconfiguration_requested(std::string_view connector) {
  tell([this, name = std::string(connector)] { events_.task_reconfiguration(name); });
}
void Lifecycle::on_task_startup(const base::TaskId& task, std::string_view version) {
  metrics_.task_started(true);
  if (!version.empty()) statuses_.set_task_version(task, std::string(version));
  statuses_.put_task(task, state::kRunning);
  tell([this, task] { events_.running(task); });
}
void Lifecycle::on_task_pause(const base::TaskId& task) {
  statuses_.put_task(task, state::kPaused);
  tell([this, task] { events_.running(task); });
}
void Lifecycle::on_task_resume(const base::TaskId& task) {
  statuses_.put_task(task, state::kRunning);
  tell([this, task] { events_.running(task); });
}
void Lifecycle::on_task_failure(const base::TaskId& task, const base::Error& error) {
  statuses_.put_task(task, state::kFailed, error.trace());
  tell([this, task, error] { events_.failed(task, error); });
}
void Lifecycle::on_task_shutdown(const base::TaskId& task) {
  statuses_.task_ended(task);
}
void Lifecycle::on_topic_active(const base::TaskId& task, std::string_view topic) {
  if (worker_.config->topic_tracking_enabled()) statuses_.add_topic(task, topic);
}

}  // namespace sluice::herder
