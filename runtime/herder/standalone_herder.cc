#include "runtime/herder/standalone_herder.h"

#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/threads.h"

namespace sluice::herder {
namespace {

// How long a request waits behind one that waits for a plugin.
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::seconds kWatchEvery{1};

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.standalone.StandaloneHerder"};
  return log;
}

}  // namespace

StandaloneHerder::StandaloneHerder(HerderParts parts)
    : core_(std::move(parts), std::make_shared<CommandLoop>(*parts.worker->clock), std::nullopt),
      loop_(core_.loop()),
      healing_(restart_options(*core_.worker().config), loop_, *core_.worker().clock, core_.health_book(),
               core_.worker().metrics, [this](const base::TaskId& id) { return heal(id); }),
      lifecycle_(loop_, core_.worker(), *core_.parts().catalog, core_.parts().runners, statuses_, core_.health_book(),
                 {.task_reconfiguration = [this](const std::string& connector) { reconfigure(connector); },
                  .reload = [this](const std::string& connector,
                                   std::chrono::milliseconds after) { reload(connector, after); },
                  .failed = [this](const base::TaskId& id, const base::Error& error) { healing_.failed(id, error); },
                  .running = [this](const base::TaskId& id) { healing_.running(id); }}),
      operations_(loop_, kPatience, [this](const std::string& connector) { lifecycle_.interrupt(connector); }) {
  statuses_.set_observer([this](const base::TaskId& id, const StateInfo& state) {
    core_.health_book().note(id, state.state, state.worker_id, state.trace);
  });
}

StandaloneHerder::~StandaloneHerder() {
  stop();
}

// ---- life

base::Status StandaloneHerder::start() {
  logger().info("Herder starting");
  loop_->start();
  watch();
  logger().info("Herder started");
  return {};
}

void StandaloneHerder::watch() {
  loop_->after(kWatchEvery, [this] {
    lifecycle_.check_progress();
    watch();
  });
}

// Nothing to prepare: stop() is quick to begin.
void StandaloneHerder::request_stop() {}

void StandaloneHerder::stop() {
  if (loop_->stopped()) return;
  logger().info("Herder stopping");
  // Connectors and tasks have their own times to end in; the rest is ours.
  const auto deadline = base::steady_now() + Lifecycle::kConnectorStopMax +
                        std::chrono::milliseconds(core_.worker().config->task_shutdown_timeout_ms()) +
                        std::chrono::seconds(5);
  Awaited<void> ended(*core_.worker().clock);
  loop_->post([this, reply = ended.reply()] { lifecycle_.stop_all([reply] { reply.complete({}); }); });
  if (!ended.wait(deadline)) logger().error("Connectors and tasks did not stop in time; going on without them");
  loop_->stop();
  core_.close();
  lifecycle_.stop_pool(base::steady_now() + std::chrono::seconds(1));
  core_.stop_pool(base::steady_now() + std::chrono::seconds(1));
  logger().info("Herder stopped");
}

// ---- the ways of a request

// A request that changes a connector: it takes its turn.
template <typename T>
base::Result<T> StandaloneHerder::change(const std::string& connector, Deadline deadline, std::string stage,
                                         std::function<void(Reply<T>, Turn)> operation) {
  const std::string waiting = fmt::format("waiting for its turn: {}", stage);
  return core_.ask<T>(deadline, waiting, [this, connector, operation = std::move(operation)](Reply<T> reply) {
    const bool queued =
        operations_.enqueue(connector, [operation, reply](Turn turn) { operation(reply, std::move(turn)); });
    if (!queued) reply.fail(too_many_requests());
  });
}

template <typename T>
base::Result<T> StandaloneHerder::read(std::string_view connector, Deadline deadline,
                                       std::function<T(const Connector&)> of) {
  return core_.ask<T>(deadline, fmt::format("reading connector {}", connector),
                      [this, name = std::string(connector), of = std::move(of)](Reply<T> reply) {
                        if (const Connector* found = find(name)) return reply.complete(of(*found));
                        reply.fail(not_found(fmt::format("Connector {} not found", name)));
                      });
}

// ---- the worker

ServerInfo StandaloneHerder::server_info() {
  return core_.server_info();
}

Health StandaloneHerder::health(Deadline deadline) {
  return core_.health(ready_, deadline);
}

// ---- reading

base::Result<std::vector<std::string>> StandaloneHerder::connectors(Deadline deadline) {
  return core_.ask<std::vector<std::string>>(deadline, "listing connectors",
                                             [this](const Reply<std::vector<std::string>>& reply) {
                                               std::vector<std::string> names;
                                               for (const auto& [name, connector] : connectors_) names.push_back(name);
                                               reply.complete(std::move(names));
                                             });
}

base::Result<ConnectorInfo> StandaloneHerder::connector_info(std::string_view connector, Deadline deadline) {
  return read<ConnectorInfo>(connector, deadline, [this](const Connector& found) { return info_of(found); });
}

base::Result<config::ConfigMap> StandaloneHerder::connector_config(std::string_view connector, Deadline deadline) {
  return read<config::ConfigMap>(connector, deadline, [](const Connector& found) { return found.spec.config; });
}

base::Result<std::vector<TaskInfo>> StandaloneHerder::task_infos(std::string_view connector, Deadline deadline) {
  return read<std::vector<TaskInfo>>(connector, deadline, [](const Connector& found) {
    std::vector<TaskInfo> infos;
    for (std::size_t i = 0; i < found.task_configs.size(); ++i)
      infos.push_back({{found.spec.name, static_cast<int>(i)}, found.task_configs[i]});
    return infos;
  });
}

base::Result<ConnectorStateInfo> StandaloneHerder::connector_status(std::string_view connector) {
  return status_of(statuses_, connector);
}

base::Result<TaskStateInfo> StandaloneHerder::task_status(const base::TaskId& task) {
  return status_of(statuses_, task);
}

base::Result<ConnectorHealth> StandaloneHerder::connector_health(std::string_view connector) {
  return core_.connector_health(statuses_, connector);
}

base::Result<std::vector<HealthEvent>> StandaloneHerder::connector_history(std::string_view connector) {
  return core_.connector_history(statuses_, connector);
}

base::Result<std::vector<std::string>> StandaloneHerder::active_topics(std::string_view connector) {
  return statuses_.topics(connector);
}

base::Status StandaloneHerder::reset_active_topics(std::string_view connector) {
  statuses_.reset_topics(connector);
  return {};
}

// ---- configuring

base::Result<config::ConfigInfos> StandaloneHerder::validate_connector_config(const config::ConfigMap& config,
                                                                              Deadline deadline) {
  return core_.validate_config(config, deadline);
}

base::Result<task::TransformPreview> StandaloneHerder::preview_transforms(task::PreviewRequest request) {
  return core_.preview_transforms(std::move(request));
}

base::Result<Created> StandaloneHerder::put_after_validation(const std::string& connector,
                                                             const config::ConfigMap& config,
                                                             std::optional<TargetState> target, bool replace,
                                                             Deadline deadline) {
  auto answer = core_.awaited<Created>();
  {
    const auto reply = answer.reply();
    core_.validated<Created>(config, reply, [=, this](const Validated& validated) {
      const bool queued = operations_.enqueue(connector, [=, this](Turn turn) {
        put_connector(connector, config, target, replace, validated, reply, std::move(turn));
      });
      if (!queued) reply.fail(too_many_requests());
    });
  }
  return answer.wait(deadline);
}

base::Result<ConnectorInfo> StandaloneHerder::create_connector(const CreateRequest& request, Deadline deadline) {
  SLUICE_TRY_ASSIGN(auto created,
                    put_after_validation(request.name, request.config, request.initial_state, false, deadline));
  return std::move(created.info);
}

base::Result<Created> StandaloneHerder::put_connector_config(std::string_view connector,
                                                             const config::ConfigMap& config, Deadline deadline) {
  return put_after_validation(std::string(connector), config, std::nullopt, true, deadline);
}

base::Result<ConnectorInfo> StandaloneHerder::patch_connector_config(std::string_view connector,
                                                                     const config::ConfigMap& patch,
                                                                     Deadline deadline) {
  SLUICE_TRY_ASSIGN(auto config, connector_config(connector, deadline));
  apply_patch(config, patch);
  SLUICE_TRY_ASSIGN(auto updated, put_connector_config(connector, config, deadline));
  return std::move(updated.info);
}

base::Status StandaloneHerder::delete_connector(std::string_view connector, Deadline deadline) {
  const std::string name(connector);
  return change<void>(
      name, deadline, fmt::format("removing connector {}", name),
      [this, name](Reply<void> reply, Turn turn) { remove_connector(name, std::move(reply), std::move(turn)); });
}

// ---- running

base::Status StandaloneHerder::restart_connector(std::string_view connector, Deadline deadline) {
  const std::string name(connector);
  return change<void>(
      name, deadline, fmt::format("restarting connector {}", name),
      [this, name](Reply<void> reply, Turn turn) { restart_instance(name, std::move(reply), std::move(turn)); });
}

base::Result<ConnectorStateInfo> StandaloneHerder::restart_connector_and_tasks(const RestartRequest& request,
                                                                               Deadline deadline) {
  return change<ConnectorStateInfo>(request.connector, deadline,
                                    fmt::format("handling restart request for connector {}", request.connector),
                                    [this, request](Reply<ConnectorStateInfo> reply, Turn turn) {
                                      restart_parts(request, std::move(reply), std::move(turn));
                                    });
}

base::Status StandaloneHerder::restart_task(const base::TaskId& task, Deadline deadline) {
  return change<void>(
      task.connector, deadline, fmt::format("restarting task {}", task.to_string()),
      [this, task](Reply<void> reply, Turn turn) { restart_one_task(task, std::move(reply), std::move(turn)); });
}

// Answers as soon as the wish is noted; the instances follow.
base::Status StandaloneHerder::set_target(std::string_view connector, TargetState target, Deadline deadline) {
  return core_.ask<void>(
      deadline, fmt::format("changing the target state of connector {}", connector),
      [this, name = std::string(connector), target](Reply<void> reply) {
        Connector* found = find(name);
        if (found == nullptr) return reply.fail(not_found(fmt::format("Unknown connector {}", name)));
        found->spec.target = target;
        if (!operations_.enqueue(name, [this, name](Turn turn) { apply_target(name, std::move(turn)); }))
          return reply.fail(too_many_requests());
        reply.complete({});
      });
}

base::Status StandaloneHerder::pause_connector(std::string_view connector, Deadline deadline) {
  return set_target(connector, TargetState::kPaused, deadline);
}

base::Status StandaloneHerder::resume_connector(std::string_view connector, Deadline deadline) {
  return set_target(connector, TargetState::kStarted, deadline);
}

base::Status StandaloneHerder::stop_connector(std::string_view connector, Deadline deadline) {
  const std::string name(connector);
  return change<void>(
      name, deadline, fmt::format("stopping connector {}", name),
      [this, name](Reply<void> reply, Turn turn) { stop_running(name, std::move(reply), std::move(turn)); });
}

// ---- what only a cluster has

base::Status StandaloneHerder::put_task_configs(std::string_view, const std::vector<config::ConfigMap>&,
                                                const InternalRequest&, Deadline) {
  return base::connect_error(
      "Kafka Connect in standalone mode does not support externally setting task configurations.");
}

base::Status StandaloneHerder::fence_zombies(std::string_view, const InternalRequest&, Deadline) {
  return base::connect_error("Kafka Connect in standalone mode does not support exactly-once source connectors.");
}

base::Status StandaloneHerder::set_cluster_logger_level(std::string_view logger, std::string_view level) {
  if (const auto parsed = base::parse_log_level(level))
    base::set_logger_level(logger, *parsed, core_.worker().clock->now_ms());
  return {};
}

// ---- offsets

base::Result<std::vector<OffsetInfo>> StandaloneHerder::connector_offsets(std::string_view connector,
                                                                          Deadline deadline) {
  using Offsets = std::vector<OffsetInfo>;
  return core_.ask<Offsets>(deadline, fmt::format("reading the offsets of connector {}", connector),
                            [this, name = std::string(connector), deadline](Reply<Offsets> reply) {
                              const Connector* found = find(name);
                              if (found == nullptr)
                                return reply.fail(not_found(fmt::format("Connector {} not found", name)));
                              core_.read_offsets(found->spec, deadline, reply);
                            });
}

base::Result<std::string> StandaloneHerder::modify_offsets(std::string_view connector,
                                                           std::optional<std::vector<OffsetInfo>> offsets,
                                                           Deadline deadline) {
  const std::string name(connector);
  return change<std::string>(name, deadline, fmt::format("modifying offsets for connector {}", name),
                             [this, name, offsets = std::move(offsets), deadline](Reply<std::string> reply, Turn turn) {
                               change_offsets(name, offsets, deadline, std::move(reply), std::move(turn));
                             });
}

base::Result<std::string> StandaloneHerder::alter_connector_offsets(std::string_view connector,
                                                                    const std::vector<OffsetInfo>& offsets,
                                                                    Deadline deadline) {
  if (offsets.empty())
    return base::fail(base::Code::kInvalidConfig, base::exceptions::kBadRequest,
                      "Partitions / offsets need to be provided for an alter offsets request");
  return modify_offsets(connector, offsets, deadline);
}

base::Result<std::string> StandaloneHerder::reset_connector_offsets(std::string_view connector, Deadline deadline) {
  return modify_offsets(connector, std::nullopt, deadline);
}

}  // namespace sluice::herder
