#include "runtime/herder/standalone_herder.h"

#include <utility>

#include "runtime/base/log.h"

namespace sluice::herder {
namespace {

// Threads that validation and offset requests may occupy, hung plugins included; what comes on top waits its turn.
constexpr std::size_t kPluginThreadsMax = 32;
constexpr std::size_t kPluginQueueMax = 256;
// How long a request waits behind one that waits for a plugin.
constexpr std::chrono::seconds kPatience{5};

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.standalone.StandaloneHerder"};
  return log;
}

base::Error not_found(std::string message) {
  return {base::Code::kNotFound, base::exceptions::kNotFound, std::move(message)};
}

base::Error too_many_requests() {
  return {base::Code::kRetry, base::exceptions::kConnect,
          "Too many requests wait for this worker already; try again later"};
}

}  // namespace

StandaloneHerder::StandaloneHerder(HerderParts parts)
    : parts_(std::move(parts)),
      plugin_probe_(*parts_.worker),
      probe_(parts_.probe != nullptr ? *parts_.probe : plugin_probe_),
      validation_{
          &probe_,     &parts_.worker->config->transformer(), parts_.catalog, parts_.converters, parts_.override_policy,
          std::nullopt},
      loop_(std::make_shared<CommandLoop>(*parts_.worker->clock)),
      lifecycle_(loop_, *parts_.worker, *parts_.catalog, parts_.runners, statuses_,
                 {.task_reconfiguration = [this](const std::string& connector) { reconfigure(connector); },
                  .reload = [this](const std::string& connector,
                                   std::chrono::milliseconds after) { reload(connector, after); }}),
      operations_(loop_, kPatience, [this](const std::string& connector) { lifecycle_.interrupt(connector); }),
      plugin_pool_("plugin-calls", kPluginThreadsMax, kPluginQueueMax),
      cluster_id_(parts_.worker->kafka_cluster_id) {}

StandaloneHerder::~StandaloneHerder() {
  stop();
}

// ---- life

base::Status StandaloneHerder::start() {
  logger().info("Herder starting");
  loop_->start();
  logger().info("Herder started");
  return {};
}

// Nothing to prepare: stop() is quick to begin.
void StandaloneHerder::request_stop() {}

void StandaloneHerder::stop() {
  if (loop_->stopped()) return;
  logger().info("Herder stopping");
  // Connectors and tasks have their own times to end in; the rest is ours.
  const auto deadline = std::chrono::steady_clock::now() + Lifecycle::kConnectorStopMax +
                        std::chrono::milliseconds(parts_.worker->config->task_shutdown_timeout_ms()) +
                        std::chrono::seconds(5);
  Awaited<void> ended(*parts_.worker->clock);
  loop_->post([this, reply = ended.reply()] { lifecycle_.stop_all([reply] { reply.complete({}); }); });
  if (!ended.wait(deadline)) logger().error("Connectors and tasks did not stop in time; going on without them");
  loop_->stop();
  closed_ = true;
  lifecycle_.stop_pool(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  plugin_pool_.stop(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  logger().info("Herder stopped");
}

// ---- the ways of a request

template <typename T>
base::Result<T> StandaloneHerder::ask(Deadline deadline, std::string stage, std::function<void(Reply<T>)> command) {
  Awaited<T> answer(*parts_.worker->clock, &closed_);
  {
    auto reply = answer.reply();
    reply.stage(stage);
    if (!loop_->request(std::move(stage), [command = std::move(command), reply] { command(reply); })) {
      if (loop_->stopped()) return base::fail(worker_is_shutting_down());
      return base::fail(too_many_requests());
    }
  }
  return answer.wait(deadline);
}

// A request that changes a connector: it takes its turn.
template <typename T>
base::Result<T> StandaloneHerder::change(const std::string& connector, Deadline deadline, std::string stage,
                                         std::function<void(Reply<T>, Turn)> operation) {
  const std::string waiting = fmt::format("waiting for its turn: {}", stage);
  return ask<T>(deadline, waiting, [this, connector, operation = std::move(operation)](Reply<T> reply) {
    const bool queued =
        operations_.enqueue(connector, [operation, reply](Turn turn) { operation(reply, std::move(turn)); });
    if (!queued) reply.fail(too_many_requests());
  });
}

template <typename T>
base::Result<T> StandaloneHerder::read(std::string_view connector, Deadline deadline,
                                       std::function<T(const Connector&)> of) {
  return ask<T>(deadline, fmt::format("reading connector {}", connector),
                [this, name = std::string(connector), of = std::move(of)](Reply<T> reply) {
                  if (const Connector* found = find(name)) return reply.complete(of(*found));
                  reply.fail(not_found(fmt::format("Connector {} not found", name)));
                });
}

// ---- the worker

void StandaloneHerder::set_kafka_cluster_id(std::string cluster_id) {
  std::lock_guard lock(cluster_id_mutex_);
  cluster_id_ = std::move(cluster_id);
}

ServerInfo StandaloneHerder::server_info() {
  std::lock_guard lock(cluster_id_mutex_);
  return {parts_.version, parts_.commit, cluster_id_.empty() ? std::nullopt : std::optional<std::string>(cluster_id_)};
}

Health StandaloneHerder::health(Deadline deadline) {
  const auto with_stage = [this](std::string text) {
    const auto summary = loop_->stages().summary();
    return summary ? text + " " + *summary : text;
  };
  if (!ready_) return {Health::Status::kStarting, with_stage("Worker is still starting up.")};
  if (ask<void>(deadline, "answering a health check", [](const Reply<void>& reply) { reply.complete({}); }))
    return {Health::Status::kHealthy, "Worker has completed startup and is ready to handle requests."};
  return {Health::Status::kUnhealthy,
          with_stage("Worker was unable to handle this request and may be unable to handle other requests.")};
}

// ---- reading

base::Result<std::vector<std::string>> StandaloneHerder::connectors(Deadline deadline) {
  return ask<std::vector<std::string>>(deadline, "listing connectors",
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
  if (auto status = statuses_.connector(connector)) return std::move(*status);
  return base::fail(not_found(fmt::format("No status found for connector {}", connector)));
}

base::Result<TaskStateInfo> StandaloneHerder::task_status(const base::TaskId& task) {
  if (auto status = statuses_.task(task)) return std::move(*status);
  return base::fail(not_found(fmt::format("No status found for task {}", task.to_string())));
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
  Awaited<config::ConfigInfos> answer(*parts_.worker->clock, &closed_);
  {
    const auto reply = answer.reply();
    reply.stage("waiting for a new thread to become available for connector validation");
    const bool accepted = plugin_pool_.submit([this, config, reply] {
      auto validated = validate(validation_, config, reply.stages());
      if (validated) return reply.complete(std::move(validated->infos));
      reply.fail(std::move(validated).error());
    });
    if (!accepted) return base::fail(too_many_requests());
  }
  return answer.wait(deadline);
}

void StandaloneHerder::put_after_validation(std::string connector, config::ConfigMap config,
                                            std::optional<TargetState> target, bool replace, Reply<Created> reply) {
  reply.stage("waiting for a new thread to become available for connector validation");
  const bool accepted = plugin_pool_.submit([=, this, loop = loop_] {
    auto validated = validate(validation_, config, reply.stages());
    if (!validated) return reply.fail(std::move(validated).error());
    if (auto good = refuse_if_invalid(validated->infos); !good) return reply.fail(std::move(good).error());
    loop->post([=, this, validated = std::move(*validated)] {
      const bool queued = operations_.enqueue(connector, [=, this](Turn turn) {
        put_connector(connector, config, target, replace, validated, reply, std::move(turn));
      });
      if (!queued) reply.fail(too_many_requests());
    });
  });
  if (!accepted) reply.fail(too_many_requests());
}

base::Result<ConnectorInfo> StandaloneHerder::create_connector(const CreateRequest& request, Deadline deadline) {
  Awaited<Created> answer(*parts_.worker->clock, &closed_);
  put_after_validation(request.name, request.config, request.initial_state, false, answer.reply());
  SLUICE_TRY_ASSIGN(auto created, answer.wait(deadline));
  return std::move(created.info);
}

base::Result<Created> StandaloneHerder::put_connector_config(std::string_view connector,
                                                             const config::ConfigMap& config, Deadline deadline) {
  Awaited<Created> answer(*parts_.worker->clock, &closed_);
  put_after_validation(std::string(connector), config, std::nullopt, true, answer.reply());
  return answer.wait(deadline);
}

base::Result<ConnectorInfo> StandaloneHerder::patch_connector_config(std::string_view connector,
                                                                     const config::ConfigMap& patch,
                                                                     Deadline deadline) {
  SLUICE_TRY_ASSIGN(auto config, connector_config(connector, deadline));
  for (const auto& [key, text] : patch) {
    if (text) {
      config.set(key, text);
    } else {
      config.erase(key);
    }
  }
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
  return ask<void>(deadline, fmt::format("changing the target state of connector {}", connector),
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
    base::set_logger_level(logger, *parsed, parts_.worker->clock->now_ms());
  return {};
}

// ---- offsets

OffsetTools StandaloneHerder::offset_tools() {
  return {parts_.worker->offsets, &probe_,
          [this](const config::ConnectorConfig& config) { return parts_.sink_admin(*parts_.worker, config); }};
}

std::function<base::Result<OffsetSubject>()> StandaloneHerder::subject_maker(const ConnectorSpec& spec) {
  return [this, spec]() -> base::Result<OffsetSubject> {
    SLUICE_TRY_ASSIGN(auto resolved, parts_.worker->config->transformer().transform(spec.config));
    const auto parse = [this, kind = spec.component.kind, config = resolved.config] {
      return config::ConnectorConfig::make(kind, config, *parts_.catalog);
    };
    return OffsetSubject{spec.component, spec.name, std::move(resolved.config), parse};
  };
}

base::Result<std::vector<OffsetInfo>> StandaloneHerder::connector_offsets(std::string_view connector,
                                                                          Deadline deadline) {
  using Offsets = std::vector<OffsetInfo>;
  return ask<Offsets>(deadline, fmt::format("reading the offsets of connector {}", connector),
                      [this, name = std::string(connector), deadline](Reply<Offsets> reply) {
                        const Connector* found = find(name);
                        if (found == nullptr) return reply.fail(not_found(fmt::format("Connector {} not found", name)));
                        const auto work = [tools = offset_tools(), subject_of = subject_maker(found->spec), deadline,
                                           reply] {
                          auto subject = subject_of();
                          if (!subject) return reply.fail(std::move(subject).error());
                          reply.complete(read_offsets(tools, *subject, deadline));
                        };
                        if (!plugin_pool_.submit(work)) reply.fail(too_many_requests());
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
