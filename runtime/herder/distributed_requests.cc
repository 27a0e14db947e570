// What the herder of a cluster answers: each request is taken to the herder thread once the group is settled enough to
// know who must answer it.

#include <utility>

#include "runtime/base/threads.h"
#include "runtime/herder/distributed_herder.h"
#include "runtime/herder/restart_plan.h"

namespace sluice::herder {
namespace {

base::Error rebalance_needed() {
  return {base::Code::kRetry, base::exceptions::kRebalanceNeeded,
          "Request cannot be completed because a rebalance is expected"};
}

}  // namespace

// ---- the ways of a request

// A request that needs to know who leads, or who owns what. `configs_settled`: and that no change of the configuration
// still waits for its rebalance.
template <typename T>
base::Result<T> DistributedHerder::ask_settled(Deadline deadline, std::string stage, bool configs_settled,
                                               std::function<void(Reply<T>)> command) {
  SLUICE_TRY(await_ready(deadline));
  return core_.ask<T>(deadline, std::move(stage),
                      [this, configs_settled, command = std::move(command)](const Reply<T>& reply) {
                        if (closing_) return reply.fail(worker_is_shutting_down());
                        when_settled(
                            configs_settled, [command, reply] { command(reply); },
                            [this, configs_settled, reply] {
                              // Who leads is known, then Connect tells of the configuration.
                              if (configs_settled && group_.may_start()) return reply.fail(rebalance_needed());
                              reply.fail(not_leader("Only the leader can answer this request."));
                            });
                      });
}

// Before the internal topics are read, requests wait for it.
base::Status DistributedHerder::await_ready(Deadline deadline) {
  constexpr std::chrono::milliseconds kLook{20};
  while (!ready_) {
    if (stopping_) return base::fail(worker_is_shutting_down());
    if (base::steady_now() >= deadline) return base::fail(request_timed_out(loop_->stages()));
    base::sleep_for(kLook);
  }
  return {};
}

base::Error DistributedHerder::not_leader(std::string_view text) const {
  return base::Error(base::Code::kRetry, base::exceptions::kNotLeader, std::string(text))
      .with_redirect(group_.may_start() ? group_.leader_url() : std::string());
}

// A request for the leader that writes: it takes its turn.
template <typename T>
base::Result<T> DistributedHerder::lead(std::string connector, Deadline deadline, std::string stage,
                                        std::string_view refusal, std::function<void(Reply<T>, Turn)> operation) {
  return ask_settled<T>(
      deadline, std::move(stage), false,
      [this, connector = std::move(connector), refusal, operation = std::move(operation)](Reply<T> reply) {
        if (!group_.leading()) return reply.fail(not_leader(refusal));
        const bool queued =
            writes_.enqueue(connector, [operation, reply](Turn turn) { operation(reply, std::move(turn)); });
        if (!queued) reply.fail(too_many_requests());
      });
}

template <typename T>
base::Result<T> DistributedHerder::read(std::string_view connector, Deadline deadline,
                                        std::function<T(const store::ConnectorConfigState&)> of) {
  SLUICE_TRY(await_ready(deadline));
  const auto snapshot = cluster_.configs->snapshot();
  if (const auto* state = snapshot->find(connector)) return of(*state);
  return base::fail(not_found(fmt::format("Connector {} not found", connector)));
}

// ---- reading

base::Result<std::vector<std::string>> DistributedHerder::connectors(Deadline deadline) {
  SLUICE_TRY(await_ready(deadline));
  std::vector<std::string> names;
  const auto snapshot = cluster_.configs->snapshot();
  for (const auto& [name, state] : snapshot->connectors) names.push_back(name);
  return names;
}

base::Result<ConnectorInfo> DistributedHerder::connector_info(std::string_view connector, Deadline deadline) {
  return read<ConnectorInfo>(connector, deadline, [&](const store::ConnectorConfigState& state) {
    return info_of(std::string(connector), state);
  });
}

base::Result<config::ConfigMap> DistributedHerder::connector_config(std::string_view connector, Deadline deadline) {
  return read<config::ConfigMap>(connector, deadline,
                                 [](const store::ConnectorConfigState& state) { return state.config; });
}

base::Result<std::vector<TaskInfo>> DistributedHerder::task_infos(std::string_view connector, Deadline deadline) {
  return read<std::vector<TaskInfo>>(connector, deadline, [&](const store::ConnectorConfigState& state) {
    std::vector<TaskInfo> infos;
    for (std::size_t i = 0; i < state.tasks.size(); ++i)
      infos.push_back({{std::string(connector), static_cast<int>(i)}, state.tasks[i]});
    return infos;
  });
}

base::Result<ConnectorStateInfo> DistributedHerder::connector_status(std::string_view connector) {
  return status_of(statuses_, connector);
}

base::Result<TaskStateInfo> DistributedHerder::task_status(const base::TaskId& task) {
  return status_of(statuses_, task);
}

base::Result<ConnectorHealth> DistributedHerder::connector_health(std::string_view connector) {
  return core_.connector_health(statuses_, connector);
}

base::Result<std::vector<HealthEvent>> DistributedHerder::connector_history(std::string_view connector) {
  return core_.connector_history(statuses_, connector);
}

base::Result<std::vector<std::string>> DistributedHerder::active_topics(std::string_view connector) {
  if (cluster_.configs->snapshot()->find(connector) == nullptr) return std::vector<std::string>();
  return statuses_.topics(connector);
}

base::Status DistributedHerder::reset_active_topics(std::string_view connector) {
  statuses_.reset_topics(connector);
  return {};
}

// ---- configuring

base::Result<config::ConfigInfos> DistributedHerder::validate_connector_config(const config::ConfigMap& config,
                                                                               Deadline deadline) {
  return core_.validate_config(config, deadline);
}

base::Result<task::TransformPreview> DistributedHerder::preview_transforms(task::PreviewRequest request) {
  return core_.preview_transforms(std::move(request));
}

base::Result<Created> DistributedHerder::put_after_validation(const std::string& connector,
                                                              const config::ConfigMap& config,
                                                              std::optional<TargetState> target, bool replace,
                                                              Deadline deadline) {
  SLUICE_TRY(await_ready(deadline));
  auto answer = core_.awaited<Created>();
  {
    const auto reply = answer.reply();
    core_.validated<Created>(config, reply, [=, this](const Validated&) {
      if (closing_) return reply.fail(worker_is_shutting_down());
      when_settled(
          false,
          [=, this] {
            if (!group_.leading()) return reply.fail(not_leader("Only the leader can set connector configs."));
            const bool queued = writes_.enqueue(connector, [=, this](const Turn& turn) {
              put_connector(connector, config, target, replace, reply, turn);
            });
            if (!queued) reply.fail(too_many_requests());
          },
          [=, this] { reply.fail(not_leader("Only the leader can set connector configs.")); });
    });
  }
  return answer.wait(deadline);
}

base::Result<ConnectorInfo> DistributedHerder::create_connector(const CreateRequest& request, Deadline deadline) {
  SLUICE_TRY_ASSIGN(auto created,
                    put_after_validation(request.name, request.config, request.initial_state, false, deadline));
  return std::move(created.info);
}

base::Result<Created> DistributedHerder::put_connector_config(std::string_view connector,
                                                              const config::ConfigMap& config, Deadline deadline) {
  return put_after_validation(std::string(connector), config, std::nullopt, true, deadline);
}

base::Result<ConnectorInfo> DistributedHerder::patch_connector_config(std::string_view connector,
                                                                      const config::ConfigMap& patch,
                                                                      Deadline deadline) {
  // Only the leader knows for certain what is to be patched.
  SLUICE_TRY_ASSIGN(auto config, ask_settled<config::ConfigMap>(
                                     deadline, fmt::format("reading connector {}", connector), false,
                                     [this, name = std::string(connector)](const Reply<config::ConfigMap>& reply) {
                                       const auto state = find(name);
                                       if (state == nullptr)
                                         return reply.fail(not_found(fmt::format("Connector {} not found", name)));
                                       if (!group_.leading())
                                         return reply.fail(not_leader("Only the leader can set connector configs."));
                                       reply.complete(state->config);
                                     }));
  apply_patch(config, patch);
  SLUICE_TRY_ASSIGN(auto updated, put_after_validation(std::string(connector), config, std::nullopt, true, deadline));
  return std::move(updated.info);
}

base::Status DistributedHerder::delete_connector(std::string_view connector, Deadline deadline) {
  const std::string name(connector);
  return lead<void>(name, deadline, fmt::format("removing the config for connector {} from the config topic", name),
                    "Only the leader can delete connector configs.", [this, name](Reply<void> reply, Turn turn) {
                      if (find(name) == nullptr)
                        return reply.fail(not_found(fmt::format("Connector {} not found", name)));
                      cluster_.configs->remove_connector(
                          name, on_herder([reply, turn](base::Status removed) { reply.complete(std::move(removed)); }));
                    });
}

// ---- running

base::Status DistributedHerder::restart_connector(std::string_view connector, Deadline deadline) {
  const std::string name(connector);
  return ask_settled<void>(deadline, fmt::format("restarting connector {}", name), true,
                           [this, name](const Reply<void>& reply) {
                             if (find(name) == nullptr)
                               return reply.fail(not_found(fmt::format("Unknown connector: {}", name)));
                             if (group_.held().connectors.contains(name)) {
                               LocalWork::Restart restart;
                               restart.connector = true;
                               return work_.restart(name, restart, [name, reply](LocalWork::Outcome outcome) {
                                 if (outcome.connector) return reply.complete({});
                                 reply.fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                                        fmt::format("Failed to start connector: {}", name))
                                                .with_cause(std::move(outcome.connector).error()));
                               });
                             }
                             if (!group_.leading())
                               return reply.fail(not_leader("Only the leader can process restart requests."));
                             reply.fail(base::Error(base::Code::kRetry, base::exceptions::kNotAssigned,
                                                    "Cannot restart connector since it is not assigned to this member")
                                            .with_redirect(group_.owner_url(name)));
                           });
}

base::Status DistributedHerder::restart_task(const base::TaskId& task, Deadline deadline) {
  return ask_settled<void>(
      deadline, fmt::format("restarting task {}", task.to_string()), true, [this, task](const Reply<void>& reply) {
        const auto state = find(task.connector);
        if (state == nullptr) return reply.fail(not_found(fmt::format("Unknown connector: {}", task.connector)));
        if (task.task < 0 || task.task >= state->tasks_known)
          return reply.fail(not_found(fmt::format("Unknown task: {}", task.to_string())));
        // Connect still knows tasks of former generations, only not who has them.
        if (static_cast<std::size_t>(task.task) >= state->tasks.size())
          return reply.fail(base::Error(base::Code::kRetry, base::exceptions::kConnectRest,
                                        "Cannot complete request momentarily due to no known leader URL, likely "
                                        "because a rebalance was underway.")
                                .with_rest_status(409));
        if (group_.held().tasks.contains(task)) {
          LocalWork::Restart restart;
          restart.tasks = {task.task};
          return work_.restart(task.connector, restart, [task, reply](LocalWork::Outcome outcome) {
            if (outcome.tasks) return reply.complete({});
            reply.fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                   fmt::format("Failed to start task: {}", task.to_string()))
                           .with_cause(std::move(outcome.tasks).error()));
          });
        }
        if (!group_.leading())
          return reply.fail(not_leader("Cannot restart task since it is not assigned to this member"));
        reply.fail(base::Error(base::Code::kRetry, base::exceptions::kNotAssigned,
                               "Cannot restart task since it is not assigned to this member")
                       .with_redirect(group_.owner_url(task)));
      });
}

base::Result<ConnectorStateInfo> DistributedHerder::restart_connector_and_tasks(const RestartRequest& request,
                                                                                Deadline deadline) {
  return ask_settled<ConnectorStateInfo>(
      deadline, fmt::format("writing restart request for connector {} to the config topic", request.connector), true,
      [this, request](const Reply<ConnectorStateInfo>& reply) {
        const std::string& name = request.connector;
        if (find(name) == nullptr) return reply.fail(not_found(fmt::format("Unknown connector: {}", name)));
        if (!group_.leading()) return reply.fail(not_leader("Only the leader can process restart requests."));
        cluster_.configs->put_restart_request(
            {name, request.include_tasks, request.only_failed}, on_herder([this, request, reply](base::Status written) {
              if (!written) return reply.fail(std::move(written).error());
              const auto status = statuses_.connector(request.connector);
              if (!status)
                return reply.fail(not_found(fmt::format("Status for connector {} not found", request.connector)));
              reply.complete(make_restart_plan(request, *status).outcome);
            }));
      });
}

// Any worker may write it; the instances follow when it is read.
base::Status DistributedHerder::set_target(std::string_view connector, TargetState target, Deadline deadline) {
  SLUICE_TRY(await_ready(deadline));
  return core_.ask<void>(deadline,
                         fmt::format("writing the target state of connector {} to the config topic", connector),
                         [this, name = std::string(connector), target](const Reply<void>& reply) {
                           if (closing_) return reply.fail(worker_is_shutting_down());
                           if (find(name) == nullptr)
                             return reply.fail(not_found(fmt::format("Unknown connector {}", name)));
                           cluster_.configs->put_target_state(
                               name, target, [reply](base::Status written) { reply.complete(std::move(written)); });
                         });
}

base::Status DistributedHerder::pause_connector(std::string_view connector, Deadline deadline) {
  return set_target(connector, TargetState::kPaused, deadline);
}

base::Status DistributedHerder::resume_connector(std::string_view connector, Deadline deadline) {
  return set_target(connector, TargetState::kStarted, deadline);
}

base::Status DistributedHerder::stop_connector(std::string_view connector, Deadline deadline) {
  const std::string name(connector);
  return lead<void>(name, deadline,
                    fmt::format("writing the STOPPED target stage for connector {} to the config topic", name),
                    "Only the leader can transition connectors to the STOPPED state.",
                    [this, name](const Reply<void>& reply, const Turn& turn) { stop_everywhere(name, reply, turn); });
}

// ---- offsets

base::Result<std::vector<OffsetInfo>> DistributedHerder::connector_offsets(std::string_view connector,
                                                                           Deadline deadline) {
  using Offsets = std::vector<OffsetInfo>;
  SLUICE_TRY(await_ready(deadline));
  return core_.ask<Offsets>(deadline, fmt::format("reading the offsets of connector {}", connector),
                            [this, name = std::string(connector), deadline](const Reply<Offsets>& reply) {
                              const auto state = find(name);
                              if (state == nullptr)
                                return reply.fail(not_found(fmt::format("Connector {} not found", name)));
                              std::optional<base::Error> unusable;
                              const auto spec = spec_of(name, *state, unusable);
                              if (unusable) return reply.fail(std::move(*unusable));
                              core_.read_offsets(spec, deadline, reply);
                            });
}

base::Result<std::string> DistributedHerder::modify_offsets(std::string_view connector,
                                                            std::optional<std::vector<OffsetInfo>> offsets,
                                                            Deadline deadline) {
  const std::string name(connector);
  return ask_settled<std::string>(
      deadline, fmt::format("modifying offsets for connector {}", name), true,
      [this, name, offsets = std::move(offsets), deadline](const Reply<std::string>& reply) {
        if (!group_.leading()) return reply.fail(not_leader("Only the leader can alter connector offsets."));
        const bool queued = writes_.enqueue(
            name, [=, this](const Turn& turn) { change_offsets(name, offsets, deadline, reply, turn); });
        if (!queued) reply.fail(too_many_requests());
      });
}

base::Result<std::string> DistributedHerder::alter_connector_offsets(std::string_view connector,
                                                                     const std::vector<OffsetInfo>& offsets,
                                                                     Deadline deadline) {
  if (offsets.empty())
    return base::fail(base::Code::kInvalidConfig, base::exceptions::kBadRequest,
                      "Partitions / offsets need to be provided for an alter offsets request");
  return modify_offsets(connector, offsets, deadline);
}

base::Result<std::string> DistributedHerder::reset_connector_offsets(std::string_view connector, Deadline deadline) {
  return modify_offsets(connector, std::nullopt, deadline);
}

// ---- worker to worker

base::Status DistributedHerder::put_task_configs(std::string_view connector,
                                                 const std::vector<config::ConfigMap>& configs,
                                                 const InternalRequest& request, Deadline deadline) {
  SLUICE_TRY(keys_.verify(request, protocol_ >= static_cast<int>(group::ConnectProtocol::kSessioned)));
  const std::string name(connector);
  return lead<void>(
      name, deadline, fmt::format("writing {} task configs for connector {} to the config topic", configs.size(), name),
      "Only the leader may write task configurations.", [this, name, configs](Reply<void> reply, Turn turn) {
        const auto state = find(name);
        if (state == nullptr) return reply.fail(not_found(fmt::format("Connector {} not found", name)));
        if (state->target == TargetState::kStopped && !configs.empty())
          return reply.fail(
              {base::Code::kInvalidConfig, base::exceptions::kBadRequest,
               fmt::format("Cannot submit non-empty set of task configs for stopped connector {}", name)});
        cluster_.configs->put_tasks(
            name, configs, on_herder([reply, turn](base::Status written) { reply.complete(std::move(written)); }));
      });
}

base::Status DistributedHerder::fence_zombies(std::string_view connector, const InternalRequest& request,
                                              Deadline deadline) {
  SLUICE_TRY(keys_.verify(request, protocol_ >= static_cast<int>(group::ConnectProtocol::kSessioned)));
  const std::string name(connector);
  return ask_settled<void>(deadline, fmt::format("initiating a round of zombie fencing for connector {}", name), false,
                           [this, name](const Reply<void>& reply) {
                             if (!group_.leading())
                               return reply.fail(not_leader("Only the leader may perform zombie fencing."));
                             fence(name, reply);
                           });
}

base::Status DistributedHerder::set_cluster_logger_level(std::string_view logger_name, std::string_view level) {
  SLUICE_TRY(await_ready(base::steady_now() + std::chrono::seconds(30)));
  auto written = core_.awaited<void>();
  cluster_.configs->put_logger_level(
      std::string(logger_name), std::string(level),
      [reply = written.reply()](base::Status status) { reply.complete(std::move(status)); });
  return written.wait(base::steady_now() + std::chrono::seconds(30));
}

}  // namespace sluice::herder
