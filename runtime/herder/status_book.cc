#include "runtime/herder/status_book.h"

#include <utility>

namespace sluice::herder {

void MemoryStatusBook::set_worker_id(std::string worker_id) {
  std::lock_guard lock(mutex_);
  worker_id_ = std::move(worker_id);
}

StateInfo MemoryStatusBook::make(std::string_view state, std::optional<std::string> version, std::string trace) const {
  return {std::string(state), worker_id_, std::move(version), std::move(trace)};
}

void MemoryStatusBook::put_connector(std::string_view connector, std::string_view state, std::string trace) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[std::string(connector)];
  entry.state = make(state, entry.version, std::move(trace));
  observed({std::string(connector), -1}, *entry.state);
}

void MemoryStatusBook::put_task(const base::TaskId& task, std::string_view state, std::string trace) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[task.connector];
  const auto version = entry.task_versions.find(task.task);
  StateInfo& status = entry.tasks[task.task];
  status = make(state, version != entry.task_versions.end() ? version->second : std::nullopt, std::move(trace));
  observed(task, status);
}

void MemoryStatusBook::set_connector_version(std::string_view connector, std::optional<std::string> version) {
  std::lock_guard lock(mutex_);
  entries_[std::string(connector)].version = std::move(version);
}

void MemoryStatusBook::set_task_version(const base::TaskId& task, std::optional<std::string> version) {
  std::lock_guard lock(mutex_);
  entries_[task.connector].task_versions[task.task] = std::move(version);
}

void MemoryStatusBook::connector_ended(std::string_view connector) {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(connector);
  if (entry == entries_.end() || !entry->second.state) return;
  entry->second.state = make(state::kUnassigned, entry->second.version, {});
  observed({std::string(connector), -1}, *entry->second.state);
}

void MemoryStatusBook::task_ended(const base::TaskId& task) {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(task.connector);
  if (entry == entries_.end()) return;
  const auto status = entry->second.tasks.find(task.task);
  if (status == entry->second.tasks.end()) return;
  status->second = make(state::kUnassigned, status->second.version, {});
  observed(task, status->second);
}

void MemoryStatusBook::set_type(std::string_view connector, ConnectorType type) {
  std::lock_guard lock(mutex_);
  entries_[std::string(connector)].type = type;
}

void MemoryStatusBook::remove_connector(std::string_view connector) {
  std::lock_guard lock(mutex_);
  if (const auto entry = entries_.find(connector); entry != entries_.end()) entries_.erase(entry);
}

void MemoryStatusBook::remove_task(const base::TaskId& task) {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(task.connector);
  if (entry == entries_.end()) return;
  entry->second.tasks.erase(task.task);
  entry->second.task_versions.erase(task.task);
}

std::optional<ConnectorStateInfo> MemoryStatusBook::connector(std::string_view connector) const {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(connector);
  if (entry == entries_.end() || !entry->second.state) return std::nullopt;
  ConnectorStateInfo info{std::string(connector), *entry->second.state, {}, entry->second.type};
  for (const auto& [task, status] : entry->second.tasks) info.tasks.push_back({task, status});
  return info;
}

std::optional<TaskStateInfo> MemoryStatusBook::task(const base::TaskId& task) const {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(task.connector);
  if (entry == entries_.end()) return std::nullopt;
  const auto status = entry->second.tasks.find(task.task);
  if (status == entry->second.tasks.end()) return std::nullopt;
  return TaskStateInfo{task.task, status->second};
}

void MemoryStatusBook::add_topic(const base::TaskId& task, std::string_view topic) {
  std::lock_guard lock(mutex_);
  topics_[task.connector].emplace(topic);
}

std::vector<std::string> MemoryStatusBook::topics(std::string_view connector) const {
  std::lock_guard lock(mutex_);
  const auto found = topics_.find(connector);
  if (found == topics_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

void MemoryStatusBook::reset_topics(std::string_view connector) {
  std::lock_guard lock(mutex_);
  if (const auto found = topics_.find(connector); found != topics_.end()) topics_.erase(found);
  topics_generation_.fetch_add(1, std::memory_order_release);
}

}  // namespace sluice::herder
