#include "runtime/herder/health_book.h"

#include <algorithm>

#include "runtime/herder/status_book.h"

namespace sluice::herder {

std::string part_name(const base::TaskId& id) {
  return id.task < 0 ? fmt::format("connector {}", id.connector) : fmt::format("task {}", id.to_string());
}

void HealthBook::watch(const base::TaskId& id, Progress progress) {
  if (progress == nullptr) return unwatch(id);
  std::lock_guard lock(mutex_);
  watched_[id] = std::move(progress);
}

void HealthBook::unwatch(const base::TaskId& id) {
  std::lock_guard lock(mutex_);
  watched_.erase(id);
}

std::vector<std::pair<base::TaskId, HealthBook::Progress>> HealthBook::watched() const {
  std::lock_guard lock(mutex_);
  return {watched_.begin(), watched_.end()};
}

void HealthBook::note(const base::TaskId& id, std::string_view state, std::string_view worker_id,
                      std::string_view cause) {
  std::lock_guard lock(mutex_);
  auto found = history_.find(id.connector);
  if (found == history_.end()) found = history_.emplace(id.connector, std::deque<HealthEvent>()).first;
  auto& events = found->second;
  cause = cause.substr(0, kCauseBytesMax);
  const auto last =
      std::find_if(events.rbegin(), events.rend(), [&](const HealthEvent& event) { return event.task == id.task; });
  if (last != events.rend() && last->state == state && last->worker_id == worker_id && last->cause == cause) return;
  if (events.size() >= kEventsMax) events.pop_front();
  events.push_back({clock_.now_ms(), id.task, std::string(state), std::string(worker_id), std::string(cause)});
}

void HealthBook::set_restart(const base::TaskId& id, RestartState restart) {
  std::lock_guard lock(mutex_);
  restarts_[id] = std::move(restart);
}

void HealthBook::forget(std::string_view connector) {
  std::lock_guard lock(mutex_);
  if (const auto found = history_.find(connector); found != history_.end()) history_.erase(found);
  std::erase_if(restarts_, [&](const auto& entry) { return entry.first.connector == connector; });
}

PartHealth HealthBook::part_of(const base::TaskId& id, const StateInfo& state, std::int64_t now_ms) const {
  PartHealth part;
  part.task = id.task;
  part.state = state;
  if (const auto found = watched_.find(id); found != watched_.end()) part.progress = found->second->snapshot();
  if (const auto found = restarts_.find(id); found != restarts_.end()) part.restart = found->second;
  judge(part, now_ms);
  return part;
}

ConnectorHealth HealthBook::health(const ConnectorStateInfo& status) const {
  ConnectorHealth health;
  health.name = status.name;
  health.at_ms = clock_.monotonic_ns() / 1'000'000;
  std::lock_guard lock(mutex_);
  health.connector = part_of({status.name, -1}, status.connector, health.at_ms);
  std::map<int, StateInfo> tasks;
  for (const TaskStateInfo& task : status.tasks) tasks[task.id] = task.state;
  for (auto at = watched_.lower_bound({status.name, 0}); at != watched_.end() && at->first.connector == status.name;
       ++at)
    tasks.try_emplace(at->first.task, StateInfo{std::string(state::kUnassigned), {}, {}, {}});
  for (const auto& [id, state] : tasks) health.tasks.push_back(part_of({status.name, id}, state, health.at_ms));
  if (tasks.empty() && status.connector.state == state::kRunning) {
    health.connector.reasons.push_back(
        {HealthLevel::kDegraded, "NO_TASKS", "the connector runs and has no task: nothing is moved"});
    health.connector.level = std::max(health.connector.level, HealthLevel::kDegraded);
  }
  health.level = health.connector.level;
  for (const PartHealth& task : health.tasks) health.level = std::max(health.level, task.level);
  return health;
}

std::vector<HealthEvent> HealthBook::history(std::string_view connector) const {
  std::lock_guard lock(mutex_);
  const auto found = history_.find(connector);
  if (found == history_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

}  // namespace sluice::herder
