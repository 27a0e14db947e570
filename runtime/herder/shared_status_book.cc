#include "runtime/herder/shared_status_book.h"

#include <utility>

namespace sluice::herder {
namespace {

constexpr int kConnectorItself = -1;  // among task numbers

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

// One's own words at once, others' when they are read.
void SharedStatusBook::set_observer(Observer observer) {
  store_.set_observer([this](const base::TaskId& id, const store::Status& status) {
    if (status.worker_id != worker_id_) observed(id, to_info(status));
  });
  StatusBook::set_observer(std::move(observer));
}

store::Status SharedStatusBook::make(std::string_view state, std::string trace,
                                     std::optional<std::string> version) const {
  return {std::string(state), std::move(trace), worker_id_, generation_.load(), std::move(version)};
}

void SharedStatusBook::put_connector(std::string_view connector, std::string_view state, std::string trace) {
  {
    std::lock_guard lock(mutex_);
    said_[{std::string(connector), kConnectorItself}] = {std::string(state), trace};
  }
  write_connector(connector, state, std::move(trace));
}

void SharedStatusBook::put_task(const base::TaskId& task, std::string_view state, std::string trace) {
  {
    std::lock_guard lock(mutex_);
    said_[task] = {std::string(state), trace};
  }
  write_task(task, state, std::move(trace));
}

void SharedStatusBook::write_connector(std::string_view connector, std::string_view state, std::string trace) {
  std::optional<std::string> version;
  {
    std::lock_guard lock(mutex_);
    if (const auto known = connector_versions_.find(connector); known != connector_versions_.end())
      version = known->second;
  }
  auto status = make(state, std::move(trace), std::move(version));
  observed({std::string(connector), kConnectorItself}, to_info(status));
  store_.put_connector(std::string(connector), std::move(status), mode_of(state));
}

void SharedStatusBook::write_task(const base::TaskId& task, std::string_view state, std::string trace) {
  std::optional<std::string> version;
  {
    std::lock_guard lock(mutex_);
    if (const auto known = task_versions_.find(task); known != task_versions_.end()) version = known->second;
  }
  auto status = make(state, std::move(trace), std::move(version));
  observed(task, to_info(status));
  store_.put_task(task, std::move(status), mode_of(state));
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
  if (configured_.has_connector(connector)) write_connector(connector, state::kUnassigned, {});
  std::lock_guard lock(mutex_);
  said_.erase({std::string(connector), kConnectorItself});
  if (const auto known = connector_versions_.find(connector); known != connector_versions_.end())
    connector_versions_.erase(known);
}

void SharedStatusBook::task_ended(const base::TaskId& task) {
  if (configured_.has_task(task)) write_task(task, state::kUnassigned, {});
  std::lock_guard lock(mutex_);
  said_.erase(task);
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

bool SharedStatusBook::shown(const base::TaskId& id, const Said& said) const {
  const auto status = id.task == kConnectorItself ? store_.connector(id.connector) : store_.task(id);
  if (!status) return false;
  // A newer owner's word stands, whatever it is.
  if (status->worker_id != worker_id_) return status->generation > generation_.load();
  return status->state == said.state;
}

void SharedStatusBook::repair(const std::function<bool(const base::TaskId& id)>& mine) {
  std::vector<std::pair<base::TaskId, Said>> again;
  {
    std::lock_guard lock(mutex_);
    for (auto at = said_.begin(); at != said_.end();) {
      auto& [id, said] = *at;
      const bool configured =
          id.task == kConnectorItself ? configured_.has_connector(id.connector) : configured_.has_task(id);
      if (!configured || !mine(id)) {
        at = said_.erase(at);
        continue;
      }
      if (!std::exchange(said.differed, !shown(id, said)) || !said.differed) {
        ++at;
        continue;
      }
      said.differed = false;
      again.push_back(*at++);
    }
  }
  for (auto& [id, said] : again) {
    if (id.task == kConnectorItself)
      write_connector(id.connector, said.state, std::move(said.trace));
    else
      write_task(id, said.state, std::move(said.trace));
  }
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
