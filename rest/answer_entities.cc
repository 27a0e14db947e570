#include "rest/answer_entities.h"

#include "rest/router.h"

namespace sluice::rest {
namespace {

using base::Result;
using Kind = JsonValue::Kind;

tl::unexpected<base::Error> mismatch(std::string_view member, std::string_view wanted) {
  return base::fail(base::Code::kRetry, "com.fasterxml.jackson.databind.exc.MismatchedInputException",
                    "Cannot deserialize the answer: '{}' is not {}", member, wanted);
}

// Nothing for an absent or null member.
Result<std::optional<std::string>> text_member(const JsonValue& object, std::string_view name) {
  const JsonValue* const member = object.find(name);
  if (member == nullptr || member->is_null()) return std::optional<std::string>();
  if (!member->is_scalar()) return mismatch(name, "a text");
  return std::optional(member->text);
}

Result<int> int_member(const JsonValue& object, std::string_view name) {
  const JsonValue* const member = object.find(name);
  int value = 0;
  if (member == nullptr || !member->is_scalar() || !parse_java_int(member->text, value))
    return mismatch(name, "a number");
  return value;
}

Result<const JsonValue*> array_member(const JsonValue& object, std::string_view name) {
  const JsonValue* const member = object.find(name);
  if (member == nullptr || member->is_null()) return static_cast<const JsonValue*>(nullptr);
  if (member->kind != Kind::kArray) return mismatch(name, "an array");
  return member;
}

base::Status check_object(const JsonValue& value, std::string_view name) {
  if (value.kind == Kind::kObject) return {};
  return mismatch(name, "an object");
}

Result<herder::ConnectorType> read_type(const JsonValue& object) {
  SLUICE_TRY_ASSIGN(const auto type, text_member(object, "type"));
  if (type == "source") return herder::ConnectorType::kSource;
  if (type == "sink") return herder::ConnectorType::kSink;
  return herder::ConnectorType::kUnknown;
}

Result<herder::StateInfo> read_state(const JsonValue& value) {
  SLUICE_TRY(check_object(value, "state"));
  herder::StateInfo state;
  SLUICE_TRY_ASSIGN(const auto name, text_member(value, "state"));
  SLUICE_TRY_ASSIGN(const auto worker, text_member(value, "worker_id"));
  SLUICE_TRY_ASSIGN(state.version, text_member(value, "version"));
  SLUICE_TRY_ASSIGN(const auto trace, text_member(value, "trace"));
  state.state = name.value_or("");
  state.worker_id = worker.value_or("");
  state.trace = trace.value_or("");
  return state;
}

Result<config::ConfigMap> read_config(const JsonValue& object) {
  config::ConfigMap config;
  const JsonValue* const map = object.find("config");
  if (map == nullptr || map->is_null()) return config;
  SLUICE_TRY(check_object(*map, "config"));
  for (const auto& [key, text] : map->members) {
    if (!text.is_scalar()) return mismatch(key, "a text");
    config.set(key, text.is_null() ? config::ConfigMap::Text() : config::ConfigMap::Text(text.text));
  }
  return config;
}

}  // namespace

Result<herder::ConnectorInfo> read_connector_info(const JsonValue& value) {
  SLUICE_TRY(check_object(value, "connector"));
  herder::ConnectorInfo info;
  SLUICE_TRY_ASSIGN(const auto name, text_member(value, "name"));
  info.name = name.value_or("");
  SLUICE_TRY_ASSIGN(info.config, read_config(value));
  SLUICE_TRY_ASSIGN(info.type, read_type(value));
  SLUICE_TRY_ASSIGN(const JsonValue* const tasks, array_member(value, "tasks"));
  if (tasks == nullptr) return info;
  for (const JsonValue& task : tasks->items) {
    SLUICE_TRY(check_object(task, "task"));
    SLUICE_TRY_ASSIGN(const auto connector, text_member(task, "connector"));
    SLUICE_TRY_ASSIGN(const int number, int_member(task, "task"));
    info.tasks.push_back({connector.value_or(""), number});
  }
  return info;
}

Result<herder::ConnectorStateInfo> read_connector_state(const JsonValue& value) {
  SLUICE_TRY(check_object(value, "status"));
  herder::ConnectorStateInfo info;
  SLUICE_TRY_ASSIGN(const auto name, text_member(value, "name"));
  info.name = name.value_or("");
  if (const JsonValue* const connector = value.find("connector")) {
    SLUICE_TRY_ASSIGN(info.connector, read_state(*connector));
  }
  SLUICE_TRY_ASSIGN(info.type, read_type(value));
  SLUICE_TRY_ASSIGN(const JsonValue* const tasks, array_member(value, "tasks"));
  if (tasks == nullptr) return info;
  for (const JsonValue& task : tasks->items) {
    SLUICE_TRY_ASSIGN(herder::StateInfo state, read_state(task));
    SLUICE_TRY_ASSIGN(const int id, int_member(task, "id"));
    info.tasks.push_back({id, std::move(state)});
  }
  return info;
}

Result<std::string> read_message(const JsonValue& value) {
  SLUICE_TRY(check_object(value, "message"));
  SLUICE_TRY_ASSIGN(const auto message, text_member(value, "message"));
  return message.value_or("");
}

Result<std::string> read_error_message(const JsonValue& value) {
  SLUICE_TRY(check_object(value, "error"));
  SLUICE_TRY_ASSIGN(const auto message, text_member(value, "message"));
  return message.value_or("null");
}

}  // namespace sluice::rest
