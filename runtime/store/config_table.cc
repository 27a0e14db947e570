#include "runtime/store/config_table.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "runtime/base/strings.h"
#include "runtime/store/config_records.h"

namespace sluice::store {
namespace {

using convert::json::Node;
using convert::json::NodeKind;

constexpr std::size_t kMissingNamed = 10;
constexpr std::size_t kNameShown = 200;

bool is_object(const Node& node) {
  return node.kind == NodeKind::kObject;
}

// For texts: keys of foreign records may be anything.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kNameShown)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  if (text.size() > kNameShown) out += "...";
  return out;
}

std::optional<int> int_member(const Node& object, std::string_view name) {
  const auto value = integer_member(object, name);
  if (!value || *value < std::numeric_limits<int>::min() || *value > std::numeric_limits<int>::max())
    return std::nullopt;
  return static_cast<int>(*value);
}

// "0, 2": those of 0..tasks-1 that are not staged.
std::string missing_tasks(const std::map<int, config::ConfigMap>& staged, int tasks) {
  std::string text;
  std::size_t named = 0;
  auto next = staged.lower_bound(0);
  for (int task = 0; task < tasks; ++task) {
    if (next != staged.end() && next->first == task) {
      ++next;
      continue;
    }
    if (named == kMissingNamed) return text + ", ...";
    text += fmt::format("{}{}", named++ == 0 ? "" : ", ", task);
  }
  return text;
}

}  // namespace

void ConfigEvent::tell(ConfigListener& listener) const {
  switch (kind) {
    case Kind::kConnectorUpdated:
      return listener.on_connector_updated(name);
    case Kind::kConnectorRemoved:
      return listener.on_connector_removed(name);
    case Kind::kTasksUpdated:
      return listener.on_tasks_updated(name);
    case Kind::kTargetStateChanged:
      return listener.on_target_state_changed(name);
    case Kind::kSessionKey:
      return listener.on_session_key(key);
    case Kind::kRestartRequest:
      return listener.on_restart_request(restart);
    case Kind::kLoggerLevel:
      return listener.on_logger_level(name, text);
    case Kind::kAnomaly:
      return listener.on_anomaly(text);
  }
}

void ConfigTable::anomaly(std::string text, Events& events) {
  if (live_) {
    events.push_back({.kind = ConfigEvent::Kind::kAnomaly, .text = std::move(text)});
  } else if (anomalies_.size() < kAnomaliesMax) {
    anomalies_.push_back(std::move(text));
  } else {
    ++anomalies_left_out_;
  }
}

std::shared_ptr<ConnectorConfigState> ConfigTable::copy_of(const Entry& entry) {
  return entry.state ? std::make_shared<ConnectorConfigState>(*entry.state) : std::make_shared<ConnectorConfigState>();
}

// What is kept beside the state is shown in it.
void ConfigTable::put(Entry& entry, std::shared_ptr<ConnectorConfigState> state) {
  state->target = entry.target.value_or(TargetState::kStarted);
  state->task_generation = entry.generation;
  state->fenced_task_count = entry.fenced_task_count;
  state->pending_fencing = entry.pending_fencing;
  entry.state = std::move(state);
}

void ConfigTable::apply(std::int64_t offset, std::string_view key, std::string_view value, Events& events) {
  const auto root = json_.parse(value);
  if (!root) {
    anomaly(fmt::format("The record at offset {} of the config topic, key '{}', is ignored: its value is not JSON",
                        offset, shown(key)),
            events);
    return;
  }
  offset_ = offset + 1;
  snapshot_.reset();
  const auto name_behind = [&](std::string_view prefix) -> std::optional<std::string> {
    if (!key.starts_with(prefix)) return std::nullopt;
    return std::string(key.substr(prefix.size()));
  };
  if (const auto name = name_behind(config_keys::kTargetState)) {
    read_target_state(*name, *root, events);
  } else if (const auto connector = name_behind(config_keys::kConnector)) {
    read_connector(*connector, *root, events);
  } else if (const auto task = name_behind(config_keys::kTask)) {
    read_task(*task, *root, events);
  } else if (const auto committed = name_behind(config_keys::kCommit)) {
    read_commit(*committed, *root, events);
  } else if (const auto restarted = name_behind(config_keys::kRestart)) {
    read_restart(*restarted, *root, events);
  } else if (const auto fenced = name_behind(config_keys::kFencing)) {
    read_fencing(*fenced, *root, events);
  } else if (key == config_keys::kSessionKey) {
    read_session_key(*root, events);
  } else if (const auto logger = name_behind(config_keys::kLogger)) {
    read_logger(*logger, *root, events);
  } else {
    anomaly(fmt::format("The record at offset {} of the config topic is ignored: nobody knows its key '{}'", offset,
                        shown(key)),
            events);
  }
}

void ConfigTable::read_target_state(const std::string& name, const Node& value, Events& events) {
  Entry& entry = entries_[name];
  if (value.is_null()) {
    // The removal of the connector itself tells the listener.
    entry.target.reset();
    if (entry.state) put(entry, copy_of(entry));
    return;
  }
  auto text = text_member(value, "state.v2");
  if (!text) text = text_member(value, "state");
  const auto state = text ? parse_target_state(*text) : std::nullopt;
  if (!state) {
    anomaly(fmt::format("The target state of connector '{}' in the config topic is ignored: it is none of STARTED, "
                        "PAUSED, STOPPED",
                        shown(name)),
            events);
    return;
  }
  const bool changed = entry.target.value_or(TargetState::kStarted) != *state;
  entry.target = state;
  if (!entry.state) return;
  put(entry, copy_of(entry));
  if (live_ && changed) events.push_back({.kind = ConfigEvent::Kind::kTargetStateChanged, .name = name});
}

void ConfigTable::read_connector(const std::string& name, const Node& value, Events& events) {
  Entry& entry = entries_[name];
  if (value.is_null()) {
    const bool known = entry.state != nullptr;
    entry.state.reset();
    entry.staged.clear();
    entry.committed = false;
    entry.early_commit.reset();
    if (live_ && known) events.push_back({.kind = ConfigEvent::Kind::kConnectorRemoved, .name = name});
    return;
  }
  const Node* properties = value.get("properties");
  auto config = properties != nullptr && is_object(*properties) ? config_of(*properties) : std::nullopt;
  if (!config) {
    anomaly(fmt::format("The configuration of connector '{}' in the config topic is ignored: it is not of the form "
                        "{{\"properties\":{{...}}}}",
                        shown(name)),
            events);
    return;
  }
  auto state = copy_of(entry);
  state->config = std::move(*config);
  put(entry, std::move(state));
  if (live_) events.push_back({.kind = ConfigEvent::Kind::kConnectorUpdated, .name = name});
}

void ConfigTable::read_task(std::string_view id, const Node& value, Events& events) {
  const auto dash = id.rfind('-');
  int task = -1;
  if (dash != std::string_view::npos) {
    const auto digits = id.substr(dash + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), task);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) task = -1;
  }
  if (task < 0) {
    anomaly(fmt::format("A task configuration in the config topic is ignored: its key 'task-{}' does not end in the "
                        "number of a task",
                        shown(id)),
            events);
    return;
  }
  const Node* properties = value.get("properties");
  auto config = properties != nullptr && is_object(*properties) ? config_of(*properties) : std::nullopt;
  if (!config) {
    anomaly(fmt::format("The configuration of task '{}' in the config topic is ignored: it is not of the form "
                        "{{\"properties\":{{...}}}}",
                        shown(id)),
            events);
    return;
  }
  entries_[std::string(id.substr(0, dash))].staged.insert_or_assign(task, std::move(*config));
}

void ConfigTable::read_commit(const std::string& name, const Node& value, Events& events) {
  const auto tasks = int_member(value, "tasks");
  if (!tasks || *tasks < 0) {
    anomaly(fmt::format("The commit of the tasks of connector '{}' in the config topic is ignored: it has no number of "
                        "tasks",
                        shown(name)),
            events);
    return;
  }
  Entry& entry = entries_[name];
  if (!entry.state) {
    // Of a connector that is deleted, or whose configuration comes later in a compacted topic.
    entry.staged.clear();
    entry.early_commit = tasks;
    return;
  }
  commit(name, entry, *tasks, events);
}

void ConfigTable::commit(const std::string& name, Entry& entry, int tasks, Events& events) {
  const auto staged = std::exchange(entry.staged, {});
  const auto wanted = static_cast<std::size_t>(tasks);
  // All of 0..tasks-1; more may be there.
  const bool complete = staged.size() >= wanted && missing_tasks(staged, tasks).empty();
  auto state = copy_of(entry);
  state->tasks.clear();
  state->inconsistent = !complete;
  state->commit_offset = offset_ - 1;
  if (complete && !staged.empty()) state->tasks_known = std::max(state->tasks_known, staged.rbegin()->first + 1);
  entry.committed = true;
  entry.early_commit.reset();
  entry.pending_fencing = true;
  if (complete) {
    for (const auto& [task, config] : staged)
      if (task >= 0 && task < tasks) state->tasks.push_back(config);
    state->applied = state->config;
    entry.generation = entry.generation.value_or(-1) + 1;
  } else {
    entry.missing = missing_tasks(staged, tasks);
    entry.expected = tasks;
  }
  put(entry, std::move(state));
  if (!live_) return;
  if (!complete) check_connector(name, entry, events);
  events.push_back({.kind = ConfigEvent::Kind::kTasksUpdated, .name = name});
}

void ConfigTable::read_fencing(const std::string& name, const Node& value, Events& events) {
  const auto count = int_member(value, "task-count");
  if (!count || *count < 0) {
    anomaly(fmt::format("The task count record of connector '{}' in the config topic is ignored: it has no number of "
                        "tasks",
                        shown(name)),
            events);
    return;
  }
  Entry& entry = entries_[name];
  entry.fenced_task_count = count;
  entry.pending_fencing = false;
  if (entry.state) put(entry, copy_of(entry));
}

void ConfigTable::read_session_key(const Node& value, Events& events) {
  const auto encoded = text_member(value, "key");
  const auto algorithm = text_member(value, "algorithm");
  const auto created = integer_member(value, "creation-timestamp");
  auto bytes = encoded ? base::decode_base64(*encoded) : std::nullopt;
  if (!bytes || bytes->empty() || !algorithm || algorithm->empty() || !created) {
    anomaly(
        "The session key in the config topic is ignored: key, algorithm or creation-timestamp is missing or of the "
        "wrong type",
        events);
    return;
  }
  session_key_ = SessionKey{std::move(*bytes), std::string(*algorithm), *created};
  if (live_) events.push_back({.kind = ConfigEvent::Kind::kSessionKey, .key = *session_key_});
}

void ConfigTable::read_restart(const std::string& name, const Node& value, Events& events) {
  if (!live_) return;  // of the past
  if (!is_object(value)) {
    anomaly(fmt::format("The restart request for connector '{}' in the config topic is ignored: it is no object",
                        shown(name)),
            events);
    return;
  }
  ConfigEvent event{.kind = ConfigEvent::Kind::kRestartRequest, .name = name};
  event.restart = {name, boolean_member(value, "include-tasks").value_or(false),
                   boolean_member(value, "only-failed").value_or(false)};
  events.push_back(std::move(event));
}

void ConfigTable::read_logger(const std::string& name, const Node& value, Events& events) {
  if (!live_) return;  // of workers that ran then
  const auto level = text_member(value, "level");
  if (!level || name.empty()) {
    anomaly(fmt::format("The level of logger '{}' in the config topic is ignored: it is no text", shown(name)), events);
    return;
  }
  events.push_back({.kind = ConfigEvent::Kind::kLoggerLevel, .name = name, .text = std::string(*level)});
}

// Tells what is missing of an inconsistent connector, and marks those that only the end of the topic shows to be so.
void ConfigTable::check_connector(const std::string& name, Entry& entry, Events& events) {
  static constexpr std::string_view kReason = "compaction of the topic has removed them, or a write was cut short";
  static constexpr std::string_view kCure =
      "The connector runs no tasks until the leader has asked it for its task configurations again and stored them.";
  const auto mark = [&] {
    auto state = copy_of(entry);
    state->inconsistent = true;
    state->tasks.clear();
    put(entry, std::move(state));
    snapshot_.reset();
  };
  if (entry.state && entry.state->inconsistent) {
    anomaly(
        fmt::format("Connector '{}' has committed {} tasks, but the configurations of tasks {} are missing from the "
                    "config topic: {}. {}",
                    shown(name), entry.expected, entry.missing, kReason, kCure),
        events);
  } else if (entry.state && entry.early_commit && !entry.committed) {
    mark();
    anomaly(fmt::format("The {} task configurations of connector '{}' stand before its configuration in the config "
                        "topic, as compaction leaves them behind: they may belong to a deleted connector of that name "
                        "and are not used. {}",
                        *entry.early_commit, shown(name), kCure),
            events);
  } else if (entry.state && !entry.committed && !entry.staged.empty()) {
    mark();
    anomaly(
        fmt::format("Connector '{}' has {} task configurations in the config topic, but no record commits them: {}. "
                    "{}",
                    shown(name), entry.staged.size(), kReason, kCure),
        events);
  } else if (!entry.state && entry.target && (entry.early_commit || !entry.staged.empty())) {
    anomaly(
        fmt::format("Connector '{}' has a target state and task configurations in the config topic, but no "
                    "configuration: compaction has removed it, or a write was cut short. It does not run; create it "
                    "again if it is still wanted.",
                    shown(name)),
        events);
  }
}

void ConfigTable::finish_catch_up(Events& events) {
  for (auto& [name, entry] : entries_) {
    check_connector(name, entry, events);
    // What a deleted connector leaves behind: nobody writes tombstones for it.
    if (!entry.state && !entry.target && (entry.early_commit || !entry.staged.empty())) ++leftovers_;
  }
  live_ = true;
  if (anomalies_left_out_ > 0)
    anomalies_.push_back(fmt::format("{} more records of the config topic are ignored", anomalies_left_out_));
  for (std::string& text : std::exchange(anomalies_, {})) anomaly(std::move(text), events);
}

std::shared_ptr<const ConfigSnapshot> ConfigTable::snapshot() const {
  if (snapshot_) return snapshot_;
  auto made = std::make_shared<ConfigSnapshot>();
  made->offset = offset_;
  made->session_key = session_key_;
  for (const auto& [name, entry] : entries_)
    if (entry.state) made->connectors.emplace_hint(made->connectors.end(), name, entry.state);
  snapshot_ = made;
  return made;
}

}  // namespace sluice::store
