#include "rest/entities.h"

#include "runtime/base/secrets.h"

namespace sluice::rest {
namespace {

std::string_view type_name(herder::ConnectorType type) {
  switch (type) {
    case herder::ConnectorType::kSource:
      return "source";
    case herder::ConnectorType::kSink:
      return "sink";
    case herder::ConnectorType::kUnknown:
      break;
  }
  return "unknown";
}

void write_config(JsonWriter& json, const config::ConfigMap& config) {
  json.begin_object();
  for (const auto& [key, value] : config) json.key(key).text_or_null(value);
  json.end_object();
}

void write_task_id(JsonWriter& json, const base::TaskId& id) {
  json.begin_object().key("connector").text(id.connector).key("task").number(id.task).end_object();
}

void write_state_members(JsonWriter& json, const herder::StateInfo& state) {
  json.key("state").text(state.state).key("worker_id").text(state.worker_id);
  json.key("version").text_or_null(state.version);
  if (!state.trace.empty()) json.key("trace").text(base::without_secrets(state.trace));
}

void write_task_state(JsonWriter& json, const herder::TaskStateInfo& info) {
  json.begin_object().key("id").number(info.id);
  write_state_members(json, info.state);
  json.end_object();
}

}  // namespace

std::string to_json(const herder::ServerInfo& info) {
  JsonWriter json;
  json.begin_object().key("version").text(info.version).key("commit").text(info.commit);
  json.key("kafka_cluster_id").text_or_null(info.kafka_cluster_id).end_object();
  return std::move(json).take();
}

std::string to_json(const herder::Health& health) {
  using Status = herder::Health::Status;
  const char* status = health.status == Status::kHealthy    ? "healthy"
                       : health.status == Status::kStarting ? "starting"
                                                            : "unhealthy";
  JsonWriter json;
  json.begin_object().key("status").text(status).key("message").text(health.message).end_object();
  return std::move(json).take();
}

std::string to_json(const herder::ConnectorInfo& info) {
  JsonWriter json;
  json.begin_object().key("name").text(info.name).key("config");
  write_config(json, info.config);
  json.key("tasks").begin_array();
  for (const base::TaskId& id : info.tasks) write_task_id(json, id);
  json.end_array().key("type").text(type_name(info.type)).end_object();
  return std::move(json).take();
}

std::string to_json(const herder::CreateRequest& request) {
  JsonWriter json;
  json.begin_object().key("name").text(request.name).key("config");
  write_config(json, request.config);
  if (request.initial_state) {
    using herder::TargetState;
    json.key("initial_state")
        .text(*request.initial_state == TargetState::kStarted  ? "RUNNING"
              : *request.initial_state == TargetState::kPaused ? "PAUSED"
                                                               : "STOPPED");
  }
  json.end_object();
  return std::move(json).take();
}

std::string to_json(const herder::ConnectorStateInfo& info) {
  JsonWriter json;
  json.begin_object().key("name").text(info.name).key("connector").begin_object();
  write_state_members(json, info.connector);
  json.end_object().key("tasks").begin_array();
  for (const herder::TaskStateInfo& task : info.tasks) write_task_state(json, task);
  json.end_array().key("type").text(type_name(info.type)).end_object();
  return std::move(json).take();
}

std::string to_json(const herder::TaskStateInfo& info) {
  JsonWriter json;
  write_task_state(json, info);
  return std::move(json).take();
}

std::string to_json(const config::ConfigMap& config) {
  JsonWriter json;
  write_config(json, config);
  return std::move(json).take();
}

std::string to_json(const std::vector<herder::TaskInfo>& tasks) {
  JsonWriter json;
  json.begin_array();
  for (const herder::TaskInfo& task : tasks) {
    json.begin_object().key("id");
    write_task_id(json, task.id);
    json.key("config");
    write_config(json, task.config);
    json.end_object();
  }
  json.end_array();
  return std::move(json).take();
}

std::string to_json(const std::vector<config::ConfigMap>& task_configs) {
  JsonWriter json;
  json.begin_array();
  for (const config::ConfigMap& config : task_configs) write_config(json, config);
  json.end_array();
  return std::move(json).take();
}

std::string offsets_json(const std::vector<herder::OffsetInfo>& offsets) {
  JsonWriter json;
  json.begin_object().key("offsets").begin_array();
  for (const herder::OffsetInfo& info : offsets) {
    json.begin_object().key("partition").raw(info.partition_json).key("offset").raw(info.offset_json).end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

std::string message_json(std::string_view message) {
  JsonWriter json;
  json.begin_object().key("message").text(message).end_object();
  return std::move(json).take();
}

std::string names_json(const std::vector<std::string>& names) {
  JsonWriter json;
  json.begin_array();
  for (const std::string& name : names) json.text(name);
  json.end_array();
  return std::move(json).take();
}

}  // namespace sluice::rest
