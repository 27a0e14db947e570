#include "runtime/store/status_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "runtime/base/json_text.h"

namespace sluice::store {
namespace {

constexpr std::string_view kConnectorPrefix = "status-connector-";
constexpr std::string_view kTaskPrefix = "status-task-";
constexpr std::string_view kTopicPrefix = "status-topic-";
constexpr std::string_view kTopicSeparator = ":connector-";

// Those that Connect knows.
constexpr auto kStates = std::to_array<std::string_view>(
    {"UNASSIGNED", "RUNNING", "PAUSED", "FAILED", "DESTROYED", "RESTARTING", "STOPPED"});

void append_text(std::string_view name, const std::optional<std::string_view>& text, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  if (text) {
    base::append_json_string(*text, out);
  } else {
    out += "null";
  }
}

std::optional<int> int_member(const convert::json::Node& object, std::string_view name) {
  const auto value = integer_member(object, name);
  if (!value || *value < std::numeric_limits<int>::min() || *value > std::numeric_limits<int>::max())
    return std::nullopt;
  return static_cast<int>(*value);
}

}  // namespace

std::string connector_status_key(std::string_view connector) {
  return fmt::format("{}{}", kConnectorPrefix, connector);
}

std::string task_status_key(const base::TaskId& task) {
  return fmt::format("{}{}-{}", kTaskPrefix, task.connector, task.task);
}

std::string topic_status_key(std::string_view topic, std::string_view connector) {
  return fmt::format("{}{}{}{}", kTopicPrefix, topic, kTopicSeparator, connector);
}

std::string status_value(const Status& status) {
  const auto optional = [](const std::string& text) {
    return text.empty() ? std::optional<std::string_view>() : std::string_view(text);
  };
  std::string out = R"({"state":)";
  base::append_json_string(status.state, out);
  append_text("trace", optional(status.trace), out);
  append_text("worker_id", status.worker_id, out);
  out += fmt::format(R"(,"generation":{})", status.generation);
  append_text("version", status.version ? std::optional<std::string_view>(*status.version) : std::nullopt, out);
  out += '}';
  return out;
}

std::string topic_status_value(const TopicStatus& topic) {
  std::string out = R"({"topic":{"name":)";
  base::append_json_string(topic.topic, out);
  append_text("connector", topic.connector, out);
  out += fmt::format(R"(,"task":{},"discoverTimestamp":{}}}}})", topic.task, topic.discovered_ms);
  return out;
}

base::Status StatusTable::apply(std::string_view key, std::string_view value) {
  if (key.starts_with(kConnectorPrefix)) return apply_connector(key.substr(kConnectorPrefix.size()), value);
  if (key.starts_with(kTaskPrefix)) return apply_task(key.substr(kTaskPrefix.size()), value);
  if (key.starts_with(kTopicPrefix)) return apply_topic(key.substr(kTopicPrefix.size()), value);
  return base::data_error("Discarding record with invalid key {}", key);
}

base::Result<Status> StatusTable::read_status(std::string_view value) {
  SLUICE_TRY_ASSIGN(const auto root, json_.parse(value));
  const auto state = text_member(root, "state");
  const auto worker = text_member(root, "worker_id");
  const auto generation = int_member(root, "generation");
  if (!state || std::find(kStates.begin(), kStates.end(), *state) == kStates.end() || !worker || !generation)
    return base::data_error("state, worker_id or generation is missing or not understood");
  Status status;
  status.state = *state;
  status.trace = text_member(root, "trace").value_or("");
  status.worker_id = *worker;
  status.generation = *generation;
  if (const auto version = text_member(root, "version")) status.version = *version;
  return status;
}

base::Status StatusTable::apply_connector(std::string_view name, std::string_view value) {
  if (name.empty()) return base::data_error("Discarding record with invalid connector status key {}", kConnectorPrefix);
  if (value.data() == nullptr) {
    if (const auto found = connectors_.find(name); found != connectors_.end()) connectors_.erase(found);
    if (const auto found = tasks_.find(name); found != tasks_.end()) tasks_.erase(found);
    return {};
  }
  auto status = read_status(value);
  if (!status) return base::data_error("Failed to read the status of connector {}: {}", name, status.error().message());
  if (observer_) observer_({std::string(name), -1}, *status);
  connectors_.insert_or_assign(std::string(name), std::move(*status));
  return {};
}

base::Status StatusTable::apply_task(std::string_view id, std::string_view value) {
  const auto dash = id.rfind('-');
  int task = -1;
  if (dash != std::string_view::npos && dash > 0) {
    const auto digits = id.substr(dash + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), task);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) task = -1;
  }
  if (task < 0) return base::data_error("Discarding record with invalid task status key {}{}", kTaskPrefix, id);
  const auto connector = id.substr(0, dash);
  const auto known = tasks_.find(connector);
  if (value.data() == nullptr) {
    if (known == tasks_.end()) return {};
    known->second.erase(task);
    if (known->second.empty()) tasks_.erase(known);
    return {};
  }
  auto status = read_status(value);
  if (!status) return base::data_error("Failed to read the status of task {}: {}", id, status.error().message());
  if (status->state == "UNASSIGNED" && known != tasks_.end()) {
    // The worker that lost the task says so late: another runs it since. (Connect ignores it of the worker that ran it,
    // too, and then shows a task as running that nobody runs.)
    const auto cached = known->second.find(task);
    if (cached != known->second.end() && cached->second.state == "RUNNING" &&
        cached->second.worker_id != status->worker_id && cached->second.generation >= status->generation)
      return {};
  }
  if (observer_) observer_({std::string(connector), task}, *status);
  tasks_[std::string(connector)].insert_or_assign(task, std::move(*status));
  return {};
}

base::Status StatusTable::apply_topic(std::string_view rest, std::string_view value) {
  // Connector names may hold anything; names of topics hold no colon.
  const auto colon = rest.find(':');
  const auto topic = rest.substr(0, colon);
  const auto connector = colon == std::string_view::npos || !rest.substr(colon).starts_with(kTopicSeparator)
                             ? std::string_view()
                             : rest.substr(colon + kTopicSeparator.size());
  if (topic.empty() || connector.empty())
    return base::data_error("Discarding record with invalid topic status key {}{}", kTopicPrefix, rest);
  if (value.data() == nullptr) {
    const auto found = topics_.find(connector);
    if (found == topics_.end()) return {};
    if (const auto known = found->second.find(topic); known != found->second.end()) {
      found->second.erase(known);
      ++topics_forgotten_;
    }
    if (found->second.empty()) topics_.erase(found);
    return {};
  }
  SLUICE_TRY_ASSIGN(const auto root, json_.parse(value));
  const auto* inner = root.get("topic");
  if (inner == nullptr || !text_member(*inner, "name") || !text_member(*inner, "connector"))
    return base::data_error("Failed to parse topic status with key {}{}", kTopicPrefix, rest);
  topics_[std::string(connector)].emplace(topic);
  return {};
}

std::vector<std::string> StatusTable::connectors() const {
  std::vector<std::string> names;
  for (const auto& [name, status] : connectors_) names.push_back(name);
  return names;
}

const Status* StatusTable::connector(std::string_view connector) const {
  const auto found = connectors_.find(connector);
  return found == connectors_.end() ? nullptr : &found->second;
}

const Status* StatusTable::task(const base::TaskId& task) const {
  const auto found = tasks_.find(task.connector);
  if (found == tasks_.end()) return nullptr;
  const auto status = found->second.find(task.task);
  return status == found->second.end() ? nullptr : &status->second;
}

std::map<int, Status> StatusTable::tasks(std::string_view connector) const {
  const auto found = tasks_.find(connector);
  return found == tasks_.end() ? std::map<int, Status>() : found->second;
}

std::vector<std::string> StatusTable::topics(std::string_view connector) const {
  const auto found = topics_.find(connector);
  if (found == topics_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

bool StatusTable::has_topic(std::string_view connector, std::string_view topic) const {
  const auto found = topics_.find(connector);
  return found != topics_.end() && found->second.contains(topic);
}

}  // namespace sluice::store
