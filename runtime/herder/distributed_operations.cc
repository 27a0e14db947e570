// What the herder of a cluster does on its thread: what follows from the configuration and from the group, and the
// longer operations.

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/threads.h"
#include "runtime/config/config_transformer.h"
#include "runtime/config/connector_extensions.h"
#include "runtime/herder/distributed_herder.h"
#include "runtime/herder/restart_plan.h"

namespace sluice::herder {
namespace {

// Spec 6.11: task-config publication.
constexpr std::chrono::milliseconds kPublishBackoffMin{250};
constexpr std::chrono::milliseconds kPublishBackoffMax{60'000};
constexpr std::chrono::seconds kPublishTimeout{30};
constexpr std::chrono::seconds kFencingTimeout{90};
// A leader's answer of 403 is put down to a key that was just rotated for so long.
constexpr int kStatusForbidden = 403;

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.distributed.DistributedHerder"};
  return log;
}

}  // namespace

// ---- what the configuration says

std::shared_ptr<const store::ConnectorConfigState> DistributedHerder::find(const std::string& name) const {
  const auto snapshot = cluster_.configs->snapshot();
  const auto found = snapshot->connectors.find(name);
  return found != snapshot->connectors.end() ? found->second : nullptr;
}

ConnectorType DistributedHerder::type_of(const config::ConfigMap& config) const {
  // Asked for every status that is shown: the lookup is one of names only.
  const auto found = core_.probe().find(config.get_or("connector.class", ""));
  if (!found) return ConnectorType::kUnknown;
  return found->kind == config::ConnectorKind::kSink ? ConnectorType::kSink : ConnectorType::kSource;
}

ConnectorInfo DistributedHerder::info_of(const std::string& name, const store::ConnectorConfigState& state) const {
  ConnectorInfo info{name, state.config, {}, type_of(state.config)};
  for (std::size_t i = 0; i < state.tasks.size(); ++i) info.tasks.push_back({name, static_cast<int>(i)});
  return info;
}

ConnectorSpec DistributedHerder::spec_of(const std::string& name, const store::ConnectorConfigState& state,
                                         std::optional<base::Error>& unusable) const {
  ConnectorSpec spec{name, state.config, {}, state.target, state.tasks.size()};
  auto found = core_.probe().find(state.config.get_or("connector.class", ""));
  if (found) {
    spec.component = std::move(*found);
  } else {
    unusable = std::move(found).error();
  }
  return spec;
}

std::optional<Wanted> DistributedHerder::wanted(const std::string& name) const {
  const auto state = find(name);
  if (!state) return std::nullopt;
  const auto& held = group_.held();
  Wanted wanted;
  wanted.spec = spec_of(name, *state, wanted.unusable);
  wanted.instance = held.connectors.contains(name);
  wanted.may_start = group_.may_start();
  wanted.task_generation = state->task_generation.value_or(-1);
  for (std::size_t i = 0; i < state->tasks.size(); ++i)
    if (held.tasks.contains({name, static_cast<int>(i)})) wanted.tasks[static_cast<int>(i)] = state->tasks[i];
  wanted.tasks_may_start = group_.may_start() && state->commit_offset < group_.covered_offset();
  return wanted;
}

// ---- changes of the configuration, on the store's thread

void DistributedHerder::on_connector_updated(const std::string& connector) {
  post([this, connector] {
    const bool added = known_.insert(connector).second;
    work_.reconcile(connector);
    if (added) group_.request_rebalance(fmt::format("connector {} is new", connector));
  });
}

void DistributedHerder::on_connector_removed(const std::string& connector) {
  post([this, connector] {
    known_.erase(connector);
    healing_.forget(connector);
    core_.health_book().forget(connector);
    reconfigurations_.erase(connector);
    reloads_.erase(connector);
    work_.reconcile(connector);
    if (group_.leading()) statuses_.reset_topics(connector);
    group_.request_rebalance(fmt::format("connector {} is removed", connector));
  });
}

void DistributedHerder::on_tasks_updated(const std::string& connector) {
  post([this, connector] {
    logger().info("Handling task config update by stopping tasks of connector {} that are of an older generation",
                  connector);
    work_.reconcile(connector);
    group_.request_rebalance(fmt::format("connector {} has new tasks", connector));
    // Compaction may have taken a part of them, or the leader's writing was cut off.
    if (const auto state = find(connector); state && state->inconsistent) reconfigure(connector);
  });
}

void DistributedHerder::on_target_state_changed(const std::string& connector) {
  post([this, connector] { work_.reconcile(connector); });
}

void DistributedHerder::on_session_key(const store::SessionKey& key) {
  keys_.set(key);
}

void DistributedHerder::on_restart_request(const store::StoredRestartRequest& request) {
  post([this, request] { restart_here({request.connector, request.include_tasks, request.only_failed}); });
}

void DistributedHerder::on_logger_level(const std::string& logger_name, const std::string& level) {
  if (const auto parsed = base::parse_log_level(level))
    base::set_logger_level(logger_name, *parsed, core_.worker().clock->now_ms());
}

void DistributedHerder::on_anomaly(const std::string& text) {
  logger().warn("{}", text);
}

// ---- the group

std::int64_t DistributedHerder::config_offset() const {
  return cluster_.configs->snapshot()->offset;
}

ConfiguredWork DistributedHerder::configured() const {
  ConfiguredWork work;
  const auto snapshot = cluster_.configs->snapshot();
  for (const auto& [name, state] : snapshot->connectors) work.connectors[name] = static_cast<int>(state->tasks.size());
  return work;
}

void DistributedHerder::refresh_configs(std::chrono::milliseconds timeout, std::function<void(base::Status)> done) {
  cluster_.configs->refresh(timeout, on_herder(std::move(done)));
}

void DistributedHerder::release(std::function<void()> done) {
  const auto last = std::shared_ptr<void>(nullptr, [loop = loop_, done = std::move(done)](void*) { loop->post(done); });
  for (const auto& connector : work_.connectors()) work_.reconcile(connector, [last] {});
}

void DistributedHerder::settled() {
  protocol_ = static_cast<int>(group_.protocol());
  statuses_.set_generation(group_.generation());
  if (group_.leading()) {
    statuses_.forget_unconfigured();
    if (!std::exchange(writes_claimed_, true))
      cluster_.configs->claim_write_privileges(on_herder([this](const base::Status& claimed) {
        if (claimed) return;
        writes_claimed_ = false;
        logger().error("The right to write to the config topic could not be claimed: {}", claimed.error().to_string());
      }));
    rotate_session_key();
  } else {
    writes_claimed_ = false;
  }
  std::set<std::string> connectors = group_.held().connectors;
  for (const auto& task : group_.held().tasks) connectors.insert(task.connector);
  for (const auto& connector : work_.connectors()) connectors.insert(connector);
  for (const auto& connector : connectors) work_.reconcile(connector);
  logger().info("Finished starting connectors and tasks");
  started_ = true;
  run_waiting();
}

void DistributedHerder::unsettled(const base::Error&) {
  statuses_.set_generation(-1);
  writes_claimed_ = false;
}

void DistributedHerder::rotate_session_key() {
  if (group_.protocol() != group::ConnectProtocol::kSessioned) return;
  const std::int64_t now = core_.worker().clock->now_ms();
  if (key_being_written_ || !keys_.due(now)) return;
  auto key = keys_.generate(now);
  if (!key) {
    logger().error("No session key can be generated: {}", key.error().to_string());
    return;
  }
  logger().debug("Writing a new session key to the config topic");
  key_being_written_ = true;
  cluster_.configs->put_session_key(std::move(*key), on_herder([this](const base::Status& written) {
                                      key_being_written_ = false;
                                      if (!written)
                                        logger().error("Failed to write a new session key: {}",
                                                       written.error().to_string());
                                    }));
}

// ---- the leader's operations

void DistributedHerder::put_connector(const std::string& name, const config::ConfigMap& config,
                                      std::optional<TargetState> target, bool replace, const Reply<Created>& reply,
                                      const Turn& turn) {
  const bool exists = find(name) != nullptr;
  if (exists && !replace)
    return reply.fail(
        {base::Code::kExists, base::exceptions::kAlreadyExists, fmt::format("Connector {} already exists", name)});
  reply.stage(fmt::format("writing a config for connector {} to the config topic", name));
  cluster_.configs->put_connector(name, config, target, on_herder([=, this](base::Status written) {
                                    static_cast<void>(turn);
                                    if (!written) return reply.fail(std::move(written).error());
                                    const auto state = find(name);
                                    if (!state)
                                      return reply.fail(not_found(fmt::format("Connector {} not found", name)));
                                    reply.complete(Created{!exists, info_of(name, *state)});
                                  }));
}

void DistributedHerder::stop_everywhere(const std::string& name, const Reply<void>& reply, const Turn& turn) {
  if (find(name) == nullptr) return reply.fail(not_found(fmt::format("Unknown connector {}", name)));
  cluster_.configs->put_tasks(name, {}, on_herder([=, this](base::Status emptied) {
                                if (!emptied) return reply.fail(std::move(emptied).error());
                                cluster_.configs->put_target_state(
                                    name, TargetState::kStopped, on_herder([=, this](base::Status written) {
                                      if (!written) return reply.fail(std::move(written).error());
                                      cluster_.configs->refresh(kPublishTimeout, [reply, turn](base::Status read) {
                                        reply.complete(std::move(read));
                                      });
                                    }));
                              }));
}

void DistributedHerder::change_offsets(const std::string& name, std::optional<std::vector<OffsetInfo>> offsets,
                                       Deadline deadline, const Reply<std::string>& reply, const Turn& turn) {
  const auto state = find(name);
  if (!state) return reply.fail(not_found(fmt::format("Connector {} not found", name)));
  if (state->target != TargetState::kStopped || !state->tasks.empty()) return reply.fail(must_be_stopped(name));
  std::optional<base::Error> unusable;
  const auto spec = spec_of(name, *state, unusable);
  if (unusable) return reply.fail(std::move(*unusable));
  reply.stage(fmt::format("modifying offsets for connector {}", name));
  // The turn is let go when the plugin has answered, or nobody waits any more.
  const auto slot = std::make_shared<Turn>(turn);
  loop_->after(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - base::steady_now()),
               [slot] { slot->reset(); });
  const auto done = [loop = loop_, reply, slot](base::Result<std::string> result) {
    reply.complete(std::move(result));
    loop->post([slot] { slot->reset(); });
  };
  if (!core_.change_offsets(spec, std::move(offsets), deadline, done)) reply.fail(too_many_requests());
}

// ---- fencing the tasks of an older generation (spec 5.12)

void DistributedHerder::fence(const std::string& name, const Reply<void>& reply) {
  const auto state = find(name);
  if (!state) return reply.fail(not_found(fmt::format("Connector {} not found", name)));
  if (type_of(state->config) != ConnectorType::kSource)
    return reply.fail({base::Code::kInvalidConfig, base::exceptions::kBadRequest,
                       fmt::format("Connector {} is not a source connector", name)});
  auto& waiting = fencing_[name];
  waiting.push_back(reply);
  if (waiting.size() > 1) return;
  cluster_.configs->refresh(
      kPublishTimeout, on_herder([this, name](base::Status read) {
        if (read) return fence_old_tasks(name);
        fenced(name, base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                            "Failed to read to end of config topic before performing zombie fencing")
                                    .with_cause(std::move(read).error())));
      }));
}

void DistributedHerder::fence_old_tasks(const std::string& name) {
  const auto state = find(name);
  if (!state) return fenced(name, base::fail(not_found(fmt::format("Connector {} not found", name))));
  if (!state->pending_fencing) return fenced(name, {});
  const int tasks = static_cast<int>(state->tasks.size());
  const int old_tasks = state->fenced_task_count.value_or(0);
  const auto write_count = [this, name, tasks] {
    cluster_.configs->put_task_count(name, tasks,
                                     on_herder([this, name](const base::Status& written) { fenced(name, written); }));
  };
  // One task fences the one before it by starting.
  if (old_tasks == 0 || (old_tasks == 1 && tasks == 1)) return write_count();

  const auto done = on_herder([this, name, generation = state->task_generation, write_count](base::Status outcome) {
    if (!outcome)
      return fenced(name, base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                                 "Failed to perform zombie fencing")
                                         .with_cause(std::move(outcome).error())));
    const auto current = find(name);
    if (!current || current->task_generation != generation)
      return fenced(name, base::fail(base::Error(base::Code::kRetry, base::exceptions::kConnectRest,
                                                 "Fencing failed because new task configurations were generated for "
                                                 "the connector")
                                         .with_rest_status(409)));
    write_count();
  });
  logger().info("Fencing the producers of {} former tasks of connector {}", old_tasks, name);
  const bool accepted = core_.submit([this, raw = state->config, old_tasks, done] {
    const auto fence = [&]() -> base::Status {
      SLUICE_TRY_ASSIGN(auto resolved, core_.worker().config->transformer().transform(raw));
      SLUICE_TRY_ASSIGN(const auto connector,
                        config::ConnectorConfig::make(config::ConnectorKind::kSource, std::move(resolved.config),
                                                      *core_.parts().catalog));
      return core_.parts().fence(core_.worker(), connector, old_tasks, kFencingTimeout);
    };
    done(fence());
  });
  if (!accepted) fenced(name, base::fail(too_many_requests()));
}

void DistributedHerder::fenced(const std::string& name, const base::Status& outcome) {
  const auto round = fencing_.extract(name);
  if (round.empty()) return;
  for (const auto& reply : round.mapped()) reply.complete(outcome);
}

// What a task of this worker asks before it begins, on its own thread.
std::shared_ptr<const task::ExactlyOnceGate> DistributedHerder::gate_of(const base::TaskId& task) {
  if (!core_.worker().config->exactly_once_enabled()) return nullptr;
  const auto state = find(task.connector);
  const std::int64_t generation = state ? state->task_generation.value_or(-1) : -1;
  auto gate = std::make_shared<task::ExactlyOnceGate>();
  gate->fence = [this, name = task.connector](Deadline deadline) -> base::Status {
    return ask_settled<void>(
        deadline, fmt::format("fencing former tasks of connector {}", name), false,
        [this, name, deadline](const Reply<void>& reply) { fence_by_leader(name, deadline, reply); });
  };
  gate->verify = [this, task, generation](Deadline deadline) -> base::Status {
    return core_.ask<void>(deadline, fmt::format("verifying that task {} may start", task.to_string()),
                           [this, task, generation](const Reply<void>& reply) { verify(task, generation, reply); });
  };
  return gate;
}

void DistributedHerder::fence_by_leader(const std::string& name, Deadline deadline, const Reply<void>& reply) {
  if (group_.leading()) return fence(name, reply);
  const auto key = group_.protocol() == group::ConnectProtocol::kSessioned ? keys_.current() : std::nullopt;
  const bool accepted = core_.submit([leader = cluster_.leader, url = group_.leader_url(), name, key, deadline, reply] {
    reply.complete(leader->fence_zombies(url, name, key, deadline));
  });
  if (!accepted) reply.fail(too_many_requests());
}

void DistributedHerder::verify(const base::TaskId& task, std::int64_t generation, const Reply<void>& reply) {
  const auto check = [this, task, generation]() -> base::Status {
    const auto state = find(task.connector);
    if (!state || state->task_generation.value_or(-1) != generation)
      return base::connect_error(
          "Cannot start source task {} with exactly-once support as the connector has already generated a new set of "
          "task configs",
          task.to_string());
    if (!group_.held().tasks.contains(task))
      return base::connect_error("Cannot start source task {} as it has already been revoked from this worker",
                                 task.to_string());
    return {};
  };
  cluster_.configs->refresh(
      kPublishTimeout, on_herder([check, reply](const base::Status& read) { reply.complete(read ? check() : read); }));
}

// ---- restarts that everyone reads from the config topic

void DistributedHerder::restart_here(const RestartRequest& request) {
  const std::string& name = request.connector;
  const auto status = statuses_.connector(name);
  if (find(name) == nullptr || !status) return;
  const RestartPlan plan = make_restart_plan(request, *status);
  LocalWork::Restart restart;
  restart.announce = true;
  restart.connector = plan.connector && group_.held().connectors.contains(name);
  for (const auto& task : plan.tasks)
    if (group_.held().tasks.contains(task)) restart.tasks.insert(task.task);
  if (!restart.connector && restart.tasks.empty()) return;
  logger().info("Executing plan to restart connector {} and {} of its tasks here", name, restart.tasks.size());
  work_.restart(name, std::move(restart), [](const LocalWork::Outcome&) {});
}

bool DistributedHerder::heal(const base::TaskId& id) {
  const auto state = find(id.connector);
  if (closing_ || !state || state->target == TargetState::kStopped) return false;
  LocalWork::Restart restart;
  restart.announce = true;
  restart.connector = id.task < 0;
  if (id.task >= 0) restart.tasks.insert(id.task);
  const bool held = id.task < 0 ? group_.held().connectors.contains(id.connector) : group_.held().tasks.contains(id);
  if (held) work_.restart(id.connector, std::move(restart), [](const LocalWork::Outcome&) {});
  return held;
}

void DistributedHerder::reload(const std::string& name, std::chrono::milliseconds after) {
  post([this, name, after] {
    const std::uint64_t number = ++reloads_[name];
    loop_->after(after, [this, name, number] {
      const auto current = reloads_.find(name);
      if (closing_ || current == reloads_.end() || current->second != number) return;
      if (!group_.held().connectors.contains(name)) return;
      logger().info("Restarting connector {} and its tasks: a secret in its configuration has expired", name);
      reconfigurations_[name].force = true;
      LocalWork::Restart restart;
      restart.connector = true;
      work_.restart(name, std::move(restart), [](const LocalWork::Outcome&) {});
    });
  });
}

// ---- the tasks of a connector (spec 5.10): the connector says what they are, the leader writes it down

void DistributedHerder::reconfigure(const std::string& name) {
  if (closing_ || !group_.held().connectors.contains(name)) return;
  Reconfiguration& wish = reconfigurations_[name];
  if (wish.queued) {
    wish.again = true;
    return;
  }
  wish.queued = true;  // before: its turn may come, and be over, at once
  if (work_.in_turn(name, [this, name](const Turn& turn) { generate_tasks(name, turn); })) return;
  wish.queued = false;
  retry_reconfiguration(name, base::Error(base::Code::kRetry, base::exceptions::kConnect, "too much waits already"));
}

void DistributedHerder::generate_tasks(const std::string& name, const Turn& turn) {
  const auto wish = reconfigurations_.find(name);
  const auto state = find(name);
  if (wish == reconfigurations_.end()) return;
  wish->second.again = false;
  const bool running = lifecycle_.connector_running(name);
  if (closing_ || !state || state->target != TargetState::kStarted || !running) {
    logger().info("Skipping reconfiguration of connector {} since it is not running", name);
    wish->second.queued = false;
    return;
  }
  lifecycle_.task_configs(name, [this, name, turn](base::Result<std::vector<config::ConfigMap>> configs) {
    if (configs) {
      const auto current = find(name);
      if (current) return publish_tasks(name, config::reverse_transform(current->config, std::move(*configs)));
    } else {
      // Connect goes on showing RUNNING for a connector that cannot say what its tasks are.
      statuses_.put_connector(name, state::kFailed, configs.error().trace());
      task_configs_failed_.insert(name);
    }
    published(name, configs ? base::Status() : base::fail(std::move(configs).error()));
  });
}

void DistributedHerder::publish_tasks(const std::string& name, std::vector<config::ConfigMap> raw) {
  if (task_configs_failed_.erase(name) > 0) statuses_.put_connector(name, state::kRunning);
  const auto write = [this, name, raw] {
    const auto state = find(name);
    const auto wish = reconfigurations_.find(name);
    if (!state || wish == reconfigurations_.end()) return;
    const bool same = !state->inconsistent && state->commit_offset >= 0 &&
                      config::same_but_live_keys(state->tasks, raw) && state->applied &&
                      config::same_but_live_keys(*state->applied, state->config) && !wish->second.force;
    if (same) wish->second.tasks = state->tasks;
    if (same || state->target != TargetState::kStarted) return published(name, {});
    const std::uint64_t number = wish->second.publication = ++last_publication_;
    const auto done = on_herder([this, name, raw, number](base::Status written) {
      const auto current = reconfigurations_.find(name);
      // The answer may come when the connector has been deleted, and created again.
      if (current == reconfigurations_.end() || current->second.publication != number) return;
      if (written) current->second.tasks = raw;
      published(name, written);
    });
    if (group_.leading()) {
      // In turn: between the two records of a stop, say, they would be the tasks of a stopped connector.
      const bool queued = writes_.enqueue(name, [this, name, raw, done](const Turn& turn) {
        const auto current = find(name);
        if (!current || current->target != TargetState::kStarted) return done({});
        cluster_.configs->put_tasks(name, raw, [done, turn](base::Status written) { done(std::move(written)); });
      });
      if (!queued) published(name, base::fail(too_many_requests()));
      return;
    }
    const auto key = group_.protocol() == group::ConnectProtocol::kSessioned ? keys_.current() : std::nullopt;
    const bool accepted = core_.submit([leader = cluster_.leader, url = group_.leader_url(), name, raw, key, done] {
      done(leader->put_task_configs(url, name, raw, key, base::steady_now() + kPublishTimeout));
    });
    if (!accepted) published(name, base::fail(too_many_requests()));
  };
  when_settled(false, write, [this, name] {
    published(name, base::fail(base::Error(base::Code::kRetry, base::exceptions::kConnect, "no leader is known")));
  });
}

void DistributedHerder::published(const std::string& name, const base::Status& outcome) {
  const auto wish = reconfigurations_.find(name);
  if (wish == reconfigurations_.end()) return;
  wish->second.queued = false;
  if (!outcome) return retry_reconfiguration(name, outcome.error());
  wish->second.failures = 0;
  wish->second.force = false;
  if (wish->second.again) reconfigure(name);
}

void DistributedHerder::check_tasks() {
  const auto snapshot = cluster_.configs->snapshot();
  for (const std::string& name : group_.held().connectors) {
    const auto wish = reconfigurations_.find(name);
    const auto* state = snapshot->find(name);
    if (wish == reconfigurations_.end() || state == nullptr || wish->second.queued || !wish->second.tasks) continue;
    const bool differs =
        state->target == TargetState::kStarted && (state->inconsistent || state->tasks != *wish->second.tasks);
    if (!std::exchange(wish->second.differed, differs) || !differs) continue;
    logger().warn("The tasks of connector {} in the config topic are not what it has said they are: asking it again",
                  name);
    wish->second.differed = false;
    reconfigure(name);
  }

  std::set<std::string> stopped_with_tasks;
  if (group_.leading())
    for (const auto& [name, state] : snapshot->connectors)
      if (state->target == TargetState::kStopped && (state->inconsistent || !state->tasks.empty()))
        stopped_with_tasks.insert(name);
  for (const std::string& name : stopped_with_tasks)
    if (stopped_with_tasks_.contains(name)) empty_stopped(name);
  stopped_with_tasks_ = std::move(stopped_with_tasks);
}

void DistributedHerder::empty_stopped(const std::string& name) {
  logger().warn("Connector {} is stopped and has tasks in the config topic: removing them", name);
  writes_.enqueue(name, [this, name](const Turn& turn) {
    const auto state = find(name);
    if (!state || state->target != TargetState::kStopped || !group_.leading()) return;
    cluster_.configs->put_tasks(name, {}, [turn](const base::Status&) {});
  });
}

void DistributedHerder::retry_reconfiguration(const std::string& name, const base::Error& why) {
  Reconfiguration& wish = reconfigurations_[name];
  if (std::string_view(why.exception()) == kTooManyTasksException) return;  // nothing changes by itself
  const auto delay = std::min(kPublishBackoffMax, kPublishBackoffMin * (1 << std::min(wish.failures, 8)));
  ++wish.failures;
  if (why.rest_status() == kStatusForbidden && wish.failures < 3) {
    logger().debug("The leader did not accept the tasks of connector {}; its key may just have changed", name);
  } else {
    logger().error("Failed to reconfigure connector {}'s tasks, retrying after {} ms\n{}", name, delay.count(),
                   why.trace());
  }
  const std::uint64_t number = ++wish.number;
  loop_->after(delay, [this, name, number] {
    const auto current = reconfigurations_.find(name);
    if (current != reconfigurations_.end() && current->second.number == number) reconfigure(name);
  });
}

}  // namespace sluice::herder
