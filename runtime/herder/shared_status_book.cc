#include "runtime/herder/shared_status_book.h"

#include <utility>

namespace sluice::herder {
namespace {

StateInfo to_info(store::Status status) {
  return {std::move(status.state), std::move(status.worker_id), std::move(status.version), std::move(status.trace)};
}

store::StatusWrite mode_of(std::string_view state) {
  return state == state::kFailed || state == state::kUnassigned ? store::StatusWrite::kSafe
                                                                : store::StatusWrite::kAlways;
}

}  // namespace

SharedStatusBook::SharedStatusBook(store::StatusStore& store, std::string worker_id, Configured configured,
                                   const base::Clock& clock)
    : store_(store), worker_id_(std::move(worker_id)), configured_(std::move(configured)), clock_(clock) {}

store::Status SharedStatusBook::make(std::string_view state, std::string trace,
                                     std::optional<std::string> version) const {
  return {std::string(state), std::move(trace), worker_id_, generation_.load(), std::move(version)};
}

void SharedStatusBook::put_connector(std::string_view connector, std::string_view state, std::string trace) {
  std::optional<std::string> version;
  {
    std::lock_guard lock(mutex_);
    if (const auto known = connector_versions_.find(connector); known != connector_versions_.end())
      version = known->second;
  }
  store_.put_connector(std::string(connector), make(state, std::move(trace), std::move(version)), mode_of(state));
}

void SharedStatusBook::put_task(const base::TaskId& task, std::string_view state, std::string trace) {
  std::optional<std::string> version;
  {
    std::lock_guard lock(mutex_);
    if (const auto known = task_versions_.find(task); known != task_versions_.end()) version = known->second;
  }
  store_.put_task(task, make(state, std::move(trace), std::move(version)), mode_of(state));
}

void SharedStatusBook::set_connector_version(std::string_view connector, std::optional<std::string> version) {
  std::lock_guard lock(mutex_);
  connector_versions_[std::string(connector)] = std::move(version);
}

void SharedStatusBook::set_task_version(const base::TaskId& task, std::optional<std::string> version) {
  std::lock_guard lock(mutex_);
  task_versions_[task] = std::move(version);
}

// What is configured no more gets no last word: the leader's tombstone may have been written already.
void SharedStatusBook::connector_ended(std::string_view connector) {
  if (configured_.has_connector(connector)) put_connector(connector, state::kUnassigned);
  std::lock_guard lock(mutex_);
  if (const auto known = connector_versions_.find(connector); known != connector_versions_.end())
    connector_versions_.erase(known);
}

void SharedStatusBook::task_ended(const base::TaskId& task) {
  if (configured_.has_task(task)) put_task(task, state::kUnassigned);
  std::lock_guard lock(mutex_);
  task_versions_.erase(task);
}

std::optional<ConnectorStateInfo> SharedStatusBook::connector(std::string_view connector) const {
  auto status = store_.connector(connector);
  if (!status) return std::nullopt;
  ConnectorStateInfo info{std::string(connector), to_info(std::move(*status)), {}, configured_.type(connector)};
  for (auto& [id, task] : store_.tasks(connector)) info.tasks.push_back({id, to_info(task)});
  return info;
}

std::optional<TaskStateInfo> SharedStatusBook::task(const base::TaskId& task) const {
  auto status = store_.task(task);
  if (!status) return std::nullopt;
  return TaskStateInfo{task.task, to_info(std::move(*status))};
}

void SharedStatusBook::add_topic(const base::TaskId& task, std::string_view topic) {
  if (!store_.has_topic(task.connector, topic))
    store_.put_topic({std::string(topic), task.connector, task.task, clock_.now_ms()});
}

void SharedStatusBook::forget_unconfigured() {
  for (const auto& connector : store_.connectors()) {
    if (!configured_.has_connector(connector)) {
      store_.remove_connector(connector);
      continue;
    }
    for (const auto& [id, status] : store_.tasks(connector))
      if (!configured_.has_task({connector, id})) store_.remove_task({connector, id});
  }
}

}  // namespace sluice::herder
