#include "runtime/herder/herder_core.h"

namespace sluice::herder {
namespace {

// Threads that validation and offset requests may occupy, hung plugins included; what comes on top waits its turn.
constexpr std::size_t kPluginThreadsMax = 32;
constexpr std::size_t kPluginQueueMax = 256;

}  // namespace

base::Error not_found(std::string message) {
  return {base::Code::kNotFound, base::exceptions::kNotFound, std::move(message)};
}

base::Error too_many_requests() {
  return {base::Code::kRetry, base::exceptions::kConnect,
          "Too many requests wait for this worker already; try again later"};
}

base::Result<ConnectorStateInfo> status_of(const StatusBook& statuses, std::string_view connector) {
  if (auto status = statuses.connector(connector)) return std::move(*status);
  return base::fail(not_found(fmt::format("No status found for connector {}", connector)));
}

base::Result<TaskStateInfo> status_of(const StatusBook& statuses, const base::TaskId& task) {
  if (auto status = statuses.task(task)) return std::move(*status);
  return base::fail(not_found(fmt::format("No status found for task {}", task.to_string())));
}

void apply_patch(config::ConfigMap& config, const config::ConfigMap& patch) {
  for (const auto& [key, text] : patch) {
    if (text) {
      config.set(key, text);
    } else {
      config.erase(key);
    }
  }
}

HerderCore::HerderCore(HerderParts parts, std::shared_ptr<CommandLoop> loop, std::optional<std::string> worker_group_id)
    : parts_(std::move(parts)),
      plugin_probe_(*parts_.worker),
      probe_(parts_.probe != nullptr ? *parts_.probe : plugin_probe_),
      validation_{&probe_,
                  &parts_.worker->config->transformer(),
                  parts_.catalog,
                  parts_.converters,
                  parts_.override_policy,
                  std::move(worker_group_id),
                  parts_.worker->config->exactly_once_enabled()},
      loop_(std::move(loop)),
      health_book_(*parts_.worker->clock),
      plugin_pool_("plugin-calls", kPluginThreadsMax, kPluginQueueMax),
      cluster_id_(parts_.worker->kafka_cluster_id) {}

void HerderCore::set_kafka_cluster_id(std::string cluster_id) {
  std::lock_guard lock(cluster_id_mutex_);
  cluster_id_ = std::move(cluster_id);
}

ServerInfo HerderCore::server_info() {
  std::lock_guard lock(cluster_id_mutex_);
  return {parts_.version, parts_.commit, cluster_id_.empty() ? std::nullopt : std::optional<std::string>(cluster_id_)};
}

base::Result<ConnectorHealth> HerderCore::connector_health(const StatusBook& statuses,
                                                           std::string_view connector) const {
  SLUICE_TRY_ASSIGN(const auto status, status_of(statuses, connector));
  return health_book_.health(status);
}

base::Result<std::vector<HealthEvent>> HerderCore::connector_history(const StatusBook& statuses,
                                                                     std::string_view connector) const {
  SLUICE_TRY(status_of(statuses, connector));
  return health_book_.history(connector);
}

Health HerderCore::health(bool ready, Deadline deadline) {
  const auto with_stage = [this](std::string text) {
    const auto summary = loop_->stages().summary();
    return summary ? text + " " + *summary : text;
  };
  if (!ready) return {Health::Status::kStarting, with_stage("Worker is still starting up.")};
  if (ask<void>(deadline, "answering a health check", [](const Reply<void>& reply) { reply.complete({}); }))
    return {Health::Status::kHealthy, "Worker has completed startup and is ready to handle requests."};
  return {Health::Status::kUnhealthy,
          with_stage("Worker was unable to handle this request and may be unable to handle other requests.")};
}

base::Result<config::ConfigInfos> HerderCore::validate_config(const config::ConfigMap& config, Deadline deadline) {
  return ask_pool<config::ConfigInfos>(deadline,
                                       "waiting for a new thread to become available for connector validation",
                                       [this, config](StageTracker& stage) -> base::Result<config::ConfigInfos> {
                                         SLUICE_TRY_ASSIGN(auto outcome, validate(validation_, config, stage));
                                         return std::move(outcome.infos);
                                       });
}

base::Result<task::TransformPreview> HerderCore::preview_transforms(task::PreviewRequest request) {
  const Deadline deadline = request.deadline;
  return ask_pool<task::TransformPreview>(deadline, "waiting for a new thread to become available for a preview",
                                          [this, request = std::move(request)](StageTracker& stage) {
                                            stage.begin("applying transforms to sample records");
                                            return task::preview_transforms(*parts_.worker, request);
                                          });
}

OffsetTools HerderCore::offset_tools() {
  return {parts_.worker->offsets,
          [this](const config::ConnectorConfig& config) {
            return std::make_unique<task::ConnectorOffsets>(*parts_.worker, config, config.name());
          },
          &probe_, [this](const config::ConnectorConfig& config) { return parts_.sink_admin(*parts_.worker, config); }};
}

std::function<base::Result<OffsetSubject>()> HerderCore::subject_maker(const ConnectorSpec& spec) {
  return [this, spec]() -> base::Result<OffsetSubject> {
    SLUICE_TRY_ASSIGN(auto resolved, parts_.worker->config->transformer().transform(spec.config));
    const auto parse = [this, kind = spec.component.kind, config = resolved.config] {
      return config::ConnectorConfig::make(kind, config, *parts_.catalog);
    };
    return OffsetSubject{spec.component, spec.name, std::move(resolved.config), parse};
  };
}

void HerderCore::read_offsets(const ConnectorSpec& spec, Deadline deadline,
                              const Reply<std::vector<OffsetInfo>>& reply) {
  const auto work = [tools = offset_tools(), subject_of = subject_maker(spec), deadline, reply] {
    auto subject = subject_of();
    if (!subject) return reply.fail(std::move(subject).error());
    reply.complete(herder::read_offsets(tools, *subject, deadline));
  };
  if (!plugin_pool_.submit(work)) reply.fail(too_many_requests());
}

bool HerderCore::change_offsets(const ConnectorSpec& spec, std::optional<std::vector<OffsetInfo>> offsets,
                                Deadline deadline, std::function<void(base::Result<std::string>)> done) {
  return plugin_pool_.submit([tools = offset_tools(), subject_of = subject_maker(spec), offsets = std::move(offsets),
                              deadline, done = std::move(done)] {
    auto subject = subject_of();
    if (!subject) return done(base::fail(std::move(subject).error()));
    done(offsets ? alter_offsets(tools, *subject, *offsets, deadline) : reset_offsets(tools, *subject, deadline));
  });
}

}  // namespace sluice::herder
