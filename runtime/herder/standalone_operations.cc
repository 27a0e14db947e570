// The operations of the standalone herder on its connectors, step by step on the herder thread. Each runs alone on its
// connector.

#include <utility>

#include "runtime/base/log.h"
#include "runtime/config/connector_extensions.h"
#include "runtime/herder/standalone_herder.h"

namespace sluice::herder {
namespace {

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.standalone.StandaloneHerder"};
  return log;
}

std::vector<std::pair<int, config::ConfigMap>> numbered(const std::vector<config::ConfigMap>& configs) {
  std::vector<std::pair<int, config::ConfigMap>> tasks;
  for (std::size_t i = 0; i < configs.size(); ++i) tasks.emplace_back(static_cast<int>(i), configs[i]);
  return tasks;
}

}  // namespace

StandaloneHerder::Connector* StandaloneHerder::find(const std::string& name) {
  const auto found = connectors_.find(name);
  return found != connectors_.end() ? &found->second : nullptr;
}

ConnectorInfo StandaloneHerder::info_of(const Connector& connector) const {
  ConnectorInfo info{connector.spec.name, connector.spec.config, {}, ConnectorType::kSource};
  if (connector.spec.component.kind == config::ConnectorKind::kSink) info.type = ConnectorType::kSink;
  for (std::size_t i = 0; i < connector.task_configs.size(); ++i)
    info.tasks.push_back({connector.spec.name, static_cast<int>(i)});
  return info;
}

void StandaloneHerder::put_connector(const std::string& name, config::ConfigMap config,
                                     std::optional<TargetState> target, bool replace, Validated validated,
                                     Reply<Created> reply, Turn turn) {
  Connector* existing = find(name);
  if (existing != nullptr && !replace)
    return reply.fail(
        {base::Code::kExists, base::exceptions::kAlreadyExists, fmt::format("Connector {} already exists", name)});
  const bool created = existing == nullptr;
  const auto store_and_start = [=, this] {
    Connector& connector = connectors_[name];
    connector.spec.name = name;
    connector.spec.config = config;
    connector.spec.component = validated.connector;
    if (target || created) connector.spec.target = target.value_or(TargetState::kStarted);
    reply.stage("starting the connector");
    start_stored(name, turn, [=, this](base::Status started) {
      if (!started) return reply.fail(std::move(started).error());
      reply.stage(fmt::format("generating task configs for connector {}", name));
      update_tasks(name, turn, [=, this](base::Status updated) {
        if (!updated) return reply.fail(std::move(updated).error());
        if (const Connector* stored = find(name)) reply.complete(Created{created, info_of(*stored)});
      });
    });
  };
  if (created) return store_and_start();
  // New limits are told to what runs; everything else is a new start.
  const bool same_otherwise = config::same_but_live_keys(existing->spec.config, config);
  if (same_otherwise && !(existing->spec.config == config) && !target && lifecycle_.connector_running(name)) {
    existing->spec.config = existing->applied = config;
    lifecycle_.set_limits(existing->spec);
    return reply.complete(Created{false, info_of(*existing)});
  }
  reply.stage(fmt::format("stopping connector {}", name));
  lifecycle_.stop_connector(name, store_and_start);
}

void StandaloneHerder::start_stored(const std::string& name, Turn turn, Lifecycle::Then then) {
  lifecycle_.start_connector(connectors_.at(name).spec,
                             [turn, then = std::move(then)](base::Status status) { then(std::move(status)); });
}

void StandaloneHerder::remove_connector(const std::string& name, Reply<void> reply, Turn turn) {
  if (find(name) == nullptr) return reply.fail(not_found(fmt::format("Connector {} not found", name)));
  reply.stage(fmt::format("stopping connector {}", name));
  drop_tasks(name, [=, this] {
    lifecycle_.stop_connector(name, [=, this] {
      connectors_.erase(name);
      statuses_.remove_connector(name);
      healing_.forget(name);
      core_.health_book().forget(name);
      static_cast<void>(turn);
      reply.complete({});
    });
  });
}

void StandaloneHerder::restart_instance(const std::string& name, Reply<void> reply, Turn turn) {
  // Connect finds out too late that there is no such connector: clients see its null pointer.
  if (find(name) == nullptr)
    return reply.fail({base::Code::kFatal, base::exceptions::kNullPointer,
                       "Cannot invoke \"java.util.Map.get(Object)\" because \"connProps\" is null"});
  reply.stage(fmt::format("stopping connector {}", name));
  lifecycle_.stop_connector(name, [=, this] {
    reply.stage("starting the connector");
    start_stored(name, turn, [=](base::Status started) { reply.complete(std::move(started)); });
  });
}

void StandaloneHerder::restart_parts(const RestartRequest& request, std::optional<Reply<ConnectorStateInfo>> reply,
                                     Turn turn) {
  const std::string& name = request.connector;
  const auto refuse = [&](std::string message) {
    if (reply) reply->fail(not_found(std::move(message)));
  };
  if (find(name) == nullptr) return refuse(fmt::format("Unknown connector: {}", name));
  const auto status = statuses_.connector(name);
  if (!status) return refuse(fmt::format("Status for connector {} not found", name));
  run_plan(make_restart_plan(request, *status), std::move(reply), std::move(turn));
}

void StandaloneHerder::run_plan(const RestartPlan& plan, std::optional<Reply<ConnectorStateInfo>> reply, Turn turn) {
  const std::string name = plan.outcome.name;
  const auto start_again = [=, this] {
    for (const auto& task : plan.tasks) statuses_.put_task(task, state::kRestarting);
    if (reply) reply->complete(plan.outcome);
    Connector* connector = find(name);
    if (connector == nullptr) return;
    std::vector<std::pair<int, config::ConfigMap>> configs;
    for (const auto& task : plan.tasks)
      if (static_cast<std::size_t>(task.task) < connector->task_configs.size())
        configs.emplace_back(task.task, connector->task_configs[static_cast<std::size_t>(task.task)]);
    const ConnectorSpec spec = connector->spec;
    const auto start_tasks = [=, this](const base::Status&) {
      lifecycle_.start_tasks(spec, configs, [turn](const base::Status&) {});
    };
    if (!plan.connector) return start_tasks({});
    start_stored(name, turn, start_tasks);
  };
  const auto stop_tasks = [=, this] {
    if (plan.connector) statuses_.put_connector(name, state::kRestarting);
    std::vector<int> ids;
    for (const auto& task : plan.tasks) ids.push_back(task.task);
    if (reply) reply->stage(fmt::format("stopping {} to-be-restarted tasks for connector {}", ids.size(), name));
    lifecycle_.stop_tasks(name, ids, start_again);
  };
  if (!plan.connector) return stop_tasks();
  if (reply) reply->stage(fmt::format("stopping to-be-restarted connector {}", name));
  lifecycle_.stop_connector(name, stop_tasks);
}

bool StandaloneHerder::heal(const base::TaskId& id) {
  const Connector* connector = find(id.connector);
  if (connector == nullptr || connector->spec.target == TargetState::kStopped) return false;
  if (id.task >= 0 && static_cast<std::size_t>(id.task) >= connector->task_configs.size()) return false;
  return operations_.enqueue(id.connector, [this, id](Turn turn) {
    if (find(id.connector) == nullptr) return;
    if (id.task < 0) return heal_connector(id.connector, std::move(turn));
    const auto status = statuses_.connector(id.connector);
    if (status) run_plan({false, {id}, *status}, std::nullopt, std::move(turn));
  });
}

// It may have failed before it could say what its tasks are.
void StandaloneHerder::heal_connector(const std::string& name, Turn turn) {
  lifecycle_.stop_connector(name, [=, this] {
    if (find(name) == nullptr) return;
    statuses_.put_connector(name, state::kRestarting);
    start_stored(name, turn, [=, this](const base::Status& started) {
      if (started) update_tasks(name, turn, [](const base::Status&) {});
    });
  });
}

void StandaloneHerder::restart_one_task(const base::TaskId& task, Reply<void> reply, Turn turn) {
  Connector* connector = find(task.connector);
  if (connector == nullptr)
    return reply.fail({base::Code::kFatal, base::exceptions::kConnect,
                       fmt::format("Failed to start task {} since it is not a recognizable type (source or sink)",
                                   task.to_string())});
  if (task.task < 0 || static_cast<std::size_t>(task.task) >= connector->task_configs.size())
    return reply.fail(not_found(fmt::format("Task {} not found", task.to_string())));
  reply.stage(fmt::format("restarting task {}", task.to_string()));
  lifecycle_.stop_tasks(task.connector, {task.task}, [=, this] {
    Connector* current = find(task.connector);
    if (current == nullptr) return;
    lifecycle_.start_tasks(
        current->spec, {{task.task, current->task_configs[static_cast<std::size_t>(task.task)]}},
        [=](base::Status started) {
          static_cast<void>(turn);
          if (started) return reply.complete({});
          reply.complete(base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                                fmt::format("Failed to start task: {}", task.to_string()))
                                        .with_cause(std::move(started).error())));
        });
  });
}

// Brings the instances to the target state that was set when this operation was queued, or since.
void StandaloneHerder::apply_target(const std::string& name, Turn turn) {
  Connector* connector = find(name);
  if (connector == nullptr) return;
  const TargetState target = connector->spec.target;
  lifecycle_.change_state(name, target, [=, this](base::Status changed) {
    if (!changed) {
      logger().error("Failed to change the state of connector {}: {}", name, changed.error().to_string());
    } else if (target == TargetState::kStarted && find(name) != nullptr) {
      update_tasks(name, turn, [](const base::Status&) {});
    }
  });
}

void StandaloneHerder::stop_running(const std::string& name, Reply<void> reply, Turn turn) {
  if (find(name) == nullptr)
    return reply.fail(
        {base::Code::kFatal, base::exceptions::kIllegalArgument, fmt::format("No connector `{}` configured", name)});
  reply.stage(fmt::format("stopping connector {}", name));
  drop_tasks(name, [=, this] {
    if (Connector* connector = find(name)) connector->spec.target = TargetState::kStopped;
    reply.complete({});
    apply_target(name, turn);
  });
}

void StandaloneHerder::drop_tasks(const std::string& name, Lifecycle::Finished then) {
  lifecycle_.stop_tasks(name, lifecycle_.tasks(name), [=, this] {
    if (Connector* connector = find(name)) {
      for (std::size_t i = 0; i < connector->task_configs.size(); ++i)
        statuses_.remove_task({name, static_cast<int>(i)});
      connector->task_configs.clear();
    }
    then();
  });
}

void StandaloneHerder::update_tasks(const std::string& name, Turn turn, Lifecycle::Then then) {
  if (!lifecycle_.connector_running(name)) {
    logger().info("Skipping update of connector {} since it is not running", name);
    return then({});
  }
  lifecycle_.task_configs(name, [=, this](base::Result<std::vector<config::ConfigMap>> configs) {
    Connector* connector = find(name);
    if (connector == nullptr) return;
    if (!configs) {
      // Connect goes on showing RUNNING for a connector that cannot say what its tasks are.
      logger().error("Failed to generate task configs for connector {}\n{}", name, configs.error().trace());
      statuses_.put_connector(name, state::kFailed, configs.error().trace());
      healing_.failed({name, -1}, configs.error());
      return then(base::fail(std::move(configs).error()));
    }
    auto raw = config::reverse_transform(connector->spec.config, std::move(*configs));
    if (config::same_but_live_keys(raw, connector->task_configs) &&
        config::same_but_live_keys(connector->applied, connector->spec.config)) {
      if (!(connector->applied == connector->spec.config)) lifecycle_.set_limits(connector->spec);
      connector->applied = connector->spec.config;
      return then({});
    }
    replace_tasks(name, std::move(raw), turn, then);
  });
}

void StandaloneHerder::replace_tasks(const std::string& name, std::vector<config::ConfigMap> raw, Turn turn,
                                     Lifecycle::Then then) {
  drop_tasks(name, [=, this] {
    Connector* connector = find(name);
    if (connector == nullptr) return;
    connector->task_configs = raw;
    connector->spec.task_count = raw.size();
    connector->applied = connector->spec.config;
    // A task that cannot be made is FAILED; that is no failure of the connector.
    lifecycle_.start_tasks(connector->spec, numbered(raw), [turn, then](const base::Status&) { then({}); });
  });
}

void StandaloneHerder::change_offsets(const std::string& name, std::optional<std::vector<OffsetInfo>> offsets,
                                      Deadline deadline, Reply<std::string> reply, Turn turn) {
  Connector* connector = find(name);
  if (connector == nullptr) return reply.fail(not_found(fmt::format("Connector {} not found", name)));
  if (connector->spec.target != TargetState::kStopped || !connector->task_configs.empty())
    return reply.fail(must_be_stopped(name));
  reply.stage(fmt::format("modifying offsets for connector {}", name));
  const auto done = lifecycle_.interruptible<std::string>(
      name, [reply, turn](base::Result<std::string> result) { reply.complete(std::move(result)); });
  if (!core_.change_offsets(connector->spec, std::move(offsets), deadline, done)) lifecycle_.interrupt(name);
}

void StandaloneHerder::reconfigure(const std::string& name) {
  Connector* connector = find(name);
  if (connector == nullptr || connector->reconfiguring) return;
  connector->reconfiguring = operations_.enqueue(name, [=, this](Turn turn) {
    Connector* current = find(name);
    if (current == nullptr) return;
    current->reconfiguring = false;
    update_tasks(name, turn, [](const base::Status&) {});
  });
}

void StandaloneHerder::reload(const std::string& name, std::chrono::milliseconds after) {
  Connector* connector = find(name);
  if (connector == nullptr) return;
  const std::uint64_t number = ++connector->reload_number;
  loop_->after(after, [=, this] {
    const Connector* current = find(name);
    if (current == nullptr || current->reload_number != number) return;
    logger().info("Restarting connector {} and its tasks: a secret in its configuration has expired", name);
    operations_.enqueue(name, [=, this](Turn turn) { restart_parts({name, true, false}, std::nullopt, turn); });
  });
}

}  // namespace sluice::herder
