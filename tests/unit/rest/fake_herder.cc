#include "tests/unit/rest/fake_herder.h"

#include "runtime/base/log.h"

namespace sluice::rest {

using base::Code;
using base::fail;
using base::Result;
using base::Status;
namespace exceptions = base::exceptions;

void FakeHerder::fail_with(base::Error error, int times) {
  std::lock_guard lock(mutex_);
  next_error_ = std::move(error);
  errors_left_ = times;
}

int FakeHerder::calls() {
  std::lock_guard lock(mutex_);
  return calls_;
}

void FakeHerder::cork() {
  std::lock_guard lock(mutex_);
  corked_ = true;
}

void FakeHerder::release() {
  std::lock_guard lock(mutex_);
  corked_ = false;
  changed_.notify_all();
}

void FakeHerder::wait_for_hanging(int calls) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return hanging_ >= calls; });
}

void FakeHerder::set_trace(const std::string& connector, std::string trace) {
  traces_[connector] = std::move(trace);
}

Status FakeHerder::enter(Deadline deadline) {
  std::unique_lock lock(mutex_);
  last_budget = deadline - std::chrono::steady_clock::now();
  if (corked_) {
    ++hanging_;
    changed_.notify_all();
    const bool released = changed_.wait_until(lock, deadline, [&] { return !corked_; });
    --hanging_;
    if (!released) return fail(Code::kTimeout, exceptions::kTimeout, "Request timed out");
  }
  ++calls_;
  if (errors_left_ == 0) return {};
  --errors_left_;
  return fail(*next_error_);
}

Status FakeHerder::known(std::string_view connector, std::string_view text) {
  std::lock_guard lock(mutex_);
  if (configs_.contains(connector)) return {};
  return fail(Code::kNotFound, exceptions::kNotFound, "{}", text);
}

herder::ConnectorInfo FakeHerder::info_of(const std::string& connector) const {
  return {connector, configs_.at(connector), {{connector, 0}}, herder::ConnectorType::kSource};
}

herder::Health FakeHerder::health(Deadline deadline) {
  last_budget = deadline - std::chrono::steady_clock::now();
  return health_answer;
}

Result<std::vector<std::string>> FakeHerder::connectors(Deadline) {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, config] : configs_) names.push_back(name);
  return names;
}

Result<herder::ConnectorInfo> FakeHerder::connector_info(std::string_view connector, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  SLUICE_TRY(known(connector, fmt::format("Connector {} not found", connector)));
  std::lock_guard lock(mutex_);
  return info_of(std::string(connector));
}

Result<config::ConfigMap> FakeHerder::connector_config(std::string_view connector, Deadline deadline) {
  SLUICE_TRY_ASSIGN(herder::ConnectorInfo info, connector_info(connector, deadline));
  return info.config;
}

Result<herder::ConnectorStateInfo> FakeHerder::connector_status(std::string_view connector) {
  SLUICE_TRY(known(connector, fmt::format("No status found for connector {}", connector)));
  herder::ConnectorStateInfo info;
  info.name = connector;
  info.connector = {"RUNNING", "127.0.0.1:8083", "1.0", ""};
  if (const auto trace = traces_.find(connector); trace != traces_.end()) {
    info.connector = {"FAILED", "127.0.0.1:8083", std::nullopt, trace->second};
  }
  info.tasks.push_back({0, {"RUNNING", "127.0.0.1:8083", "1.0", ""}});
  info.type = herder::ConnectorType::kSource;
  return info;
}

Result<herder::TaskStateInfo> FakeHerder::task_status(const base::TaskId& task) {
  SLUICE_TRY(known(task.connector, fmt::format("No status found for task {}", task.to_string())));
  return herder::TaskStateInfo{task.task, {"RUNNING", "127.0.0.1:8083", "1.0", ""}};
}

Result<herder::ConnectorHealth> FakeHerder::connector_health(std::string_view connector) {
  SLUICE_TRY_ASSIGN(const auto status, connector_status(connector));
  herder::ConnectorHealth health;
  health.name = status.name;
  health.connector.state = status.connector;
  health.at_ms = 9000;
  herder::PartHealth task;
  task.task = 0;
  task.state = {"RUNNING", "127.0.0.1:8083", "1.0", ""};
  task.progress.emplace();
  task.progress->phase = task::Phase::kRunning;
  task.progress->callback = plugin::Callback::kPut;
  task.progress->callback_since_ms = 2000;
  task.restart = herder::RestartState{3, 1700000000000, ""};
  herder::judge(task, health.at_ms);
  health.level = task.level;
  health.tasks.push_back(std::move(task));
  return health;
}

Result<std::vector<herder::HealthEvent>> FakeHerder::connector_history(std::string_view connector) {
  SLUICE_TRY(connector_status(connector));
  return std::vector<herder::HealthEvent>{{1700000000000, -1, "RUNNING", "w:1", ""},
                                          {1700000000001, 0, "FAILED", "w:1", "a cause"}};
}

Result<std::vector<herder::TaskInfo>> FakeHerder::task_infos(std::string_view connector, Deadline deadline) {
  SLUICE_TRY_ASSIGN(herder::ConnectorInfo info, connector_info(connector, deadline));
  return std::vector<herder::TaskInfo>{{info.tasks[0], info.config}};
}

Result<herder::ConnectorInfo> FakeHerder::create_connector(const herder::CreateRequest& request, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  std::lock_guard lock(mutex_);
  if (configs_.contains(request.name)) {
    return fail(Code::kExists, exceptions::kAlreadyExists, "Connector {} already exists", request.name);
  }
  configs_[request.name] = request.config;
  last_initial_state = request.initial_state;
  return info_of(request.name);
}

Result<herder::Created> FakeHerder::put_connector_config(std::string_view connector, const config::ConfigMap& config,
                                                         Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  std::lock_guard lock(mutex_);
  const bool created = !configs_.contains(connector);
  configs_[std::string(connector)] = config;
  return herder::Created{created, info_of(std::string(connector))};
}

Result<herder::ConnectorInfo> FakeHerder::patch_connector_config(std::string_view connector,
                                                                 const config::ConfigMap& patch, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  SLUICE_TRY(known(connector, fmt::format("Connector {} not found", connector)));
  std::lock_guard lock(mutex_);
  config::ConfigMap& config = configs_.find(connector)->second;
  for (const auto& [key, value] : patch) {
    if (value) {
      config.set(key, value);
    } else {
      config.erase(key);
    }
  }
  return info_of(std::string(connector));
}

Status FakeHerder::delete_connector(std::string_view connector, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  SLUICE_TRY(known(connector, fmt::format("Connector {} not found", connector)));
  std::lock_guard lock(mutex_);
  configs_.erase(configs_.find(connector));
  return {};
}

Status FakeHerder::restart_connector(std::string_view connector, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  last_restart = {std::string(connector), false, false};
  return known(connector, fmt::format("Unknown connector: {}", connector));
}

Result<herder::ConnectorStateInfo> FakeHerder::restart_connector_and_tasks(const herder::RestartRequest& request,
                                                                           Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  last_restart = request;
  return connector_status(request.connector);
}

Status FakeHerder::restart_task(const base::TaskId& task, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  return known(task.connector, fmt::format("Unknown task: {}", task.to_string()));
}

Status FakeHerder::pause_connector(std::string_view connector, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  return known(connector, fmt::format("Unknown connector {}", connector));
}

Status FakeHerder::resume_connector(std::string_view connector, Deadline deadline) {
  return pause_connector(connector, deadline);
}

Status FakeHerder::stop_connector(std::string_view connector, Deadline deadline) {
  return pause_connector(connector, deadline);
}

Result<std::vector<std::string>> FakeHerder::active_topics(std::string_view) {
  return std::vector<std::string>{"topic-1", "topic-2"};
}

Status FakeHerder::reset_active_topics(std::string_view) {
  return {};
}

Result<std::vector<herder::OffsetInfo>> FakeHerder::connector_offsets(std::string_view connector, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  SLUICE_TRY(known(connector, fmt::format("Connector {} not found", connector)));
  return offsets;
}

Result<std::string> FakeHerder::alter_connector_offsets(std::string_view,
                                                        const std::vector<herder::OffsetInfo>& changes,
                                                        Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  offsets = changes;
  return std::string("The offsets for this connector have been altered successfully");
}

Result<std::string> FakeHerder::reset_connector_offsets(std::string_view, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  offsets.clear();
  return std::string("The offsets for this connector have been reset successfully");
}

Result<config::ConfigInfos> FakeHerder::validate_connector_config(const config::ConfigMap& config, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  last_config = config;
  config::ConfigInfos infos;
  infos.name = config.get_or("connector.class", "");
  return infos;
}

Result<task::TransformPreview> FakeHerder::preview_transforms(task::PreviewRequest request) {
  SLUICE_TRY(enter(request.deadline));
  last_preview = std::move(request);
  return preview;
}

base::Status FakeHerder::put_task_configs(std::string_view connector, const std::vector<config::ConfigMap>& configs,
                                          const herder::InternalRequest& request, Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  last_task_configs = configs;
  last_internal = request;
  return known(connector, fmt::format("Connector {} not found", connector));
}

base::Status FakeHerder::fence_zombies(std::string_view connector, const herder::InternalRequest& request,
                                       Deadline deadline) {
  SLUICE_TRY(enter(deadline));
  last_internal = request;
  return known(connector, fmt::format("Connector {} not found", connector));
}

base::Status FakeHerder::set_cluster_logger_level(std::string_view logger, std::string_view level) {
  last_cluster_logger = fmt::format("{}={}", logger, level);
  if (const auto parsed = base::parse_log_level(level)) base::set_logger_level(logger, *parsed, 0);
  return {};
}

}  // namespace sluice::rest
