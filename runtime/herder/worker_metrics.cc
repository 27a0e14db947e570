#include "runtime/herder/worker_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/base/strings.h"

namespace sluice::herder {

WorkerMetrics::WorkerMetrics(metrics::Registry* registry, const StatusBook& statuses)
    : numbers_(std::make_shared<Numbers>()),
      connector_starts_(numbers_->connectors),
      task_starts_(numbers_->tasks),
      registry_(registry),
      statuses_(statuses) {
  if (registry == nullptr) return;
  group_ = registry->group("connect-worker-metrics", {});
  const auto numbers = numbers_;
  const auto add = [&](const std::string& what, Starts Numbers::*member) {
    const auto starts = [numbers, member]() -> Starts& { return (*numbers).*member; };
    const auto total = [starts] { return static_cast<double>(starts().success + starts().failure); };
    group_->value(what + "-startup-attempts-total", total);
    group_->value(what + "-startup-success-total", [starts] { return static_cast<double>(starts().success); });
    group_->value(what + "-startup-failure-total", [starts] { return static_cast<double>(starts().failure); });
    group_->value(what + "-startup-success-percentage",
                  [=] { return total() > 0 ? static_cast<double>(starts().success) / total() : 0.0; });
    group_->value(what + "-startup-failure-percentage",
                  [=] { return total() > 0 ? static_cast<double>(starts().failure) / total() : 0.0; });
  };
  add("connector", &Numbers::connectors);
  add("task", &Numbers::tasks);
  group_->value("connector-count", [numbers] { return static_cast<double>(numbers->connector_count); });
  group_->value("task-count", [numbers] { return static_cast<double>(numbers->task_count); });
}

// ---- the tasks of each connector

WorkerMetrics::Connector& WorkerMetrics::connector(const std::string& name) {
  constexpr std::size_t kConnectorsMax = 10'000;  // that ever were here
  if (connectors_.size() >= kConnectorsMax)
    std::erase_if(connectors_, [](const auto& entry) { return entry.second.states == nullptr; });
  Connector& found = connectors_[name];
  if (found.tasks == nullptr) found.tasks = std::make_shared<Tasks>();
  if (found.states == nullptr) publish(name, found);
  return found;
}

void WorkerMetrics::publish(const std::string& name, Connector& connector) {
  if (registry_ == nullptr) return;
  const auto& tasks = connector.tasks;
  connector.states = registry_->group("connect-worker-metrics", {{"connector", name}});
  // Counted by what REST shows, so that the two never disagree.
  const auto is = [name, &book = statuses_](int task, std::string_view wanted) {
    const auto status = book.task({name, task});
    return wanted.empty() || (status ? status->state.state : state::kUnassigned) == wanted;
  };
  const auto count = [tasks, is](std::string_view wanted) {
    std::set<int> here;
    {
      std::lock_guard lock(tasks->mutex);
      here = tasks->here;
    }
    return static_cast<double>(std::count_if(here.begin(), here.end(), [&](int task) { return is(task, wanted); }));
  };
  connector.states->value("connector-total-task-count", [count] { return count({}); });
  for (const std::string_view state : {"running", "paused", "failed", "unassigned", "destroyed", "restarting"})
    connector.states->value(fmt::format("connector-{}-task-count", state),
                            [count, wanted = base::to_upper_ascii(state)] { return count(wanted); });
  if (connector.restarts != nullptr) return;
  connector.restarts = registry_->group("connector-restart-metrics", {{"connector", name}});
  connector.restarts->value("task-restart-total", [tasks] {
    std::lock_guard lock(tasks->mutex);
    return tasks->restarts;
  });
}

void WorkerMetrics::task_starts(const base::TaskId& task) {
  std::lock_guard lock(mutex_);
  const auto tasks = connector(task.connector).tasks;
  std::lock_guard tasks_lock(tasks->mutex);
  if (!tasks->started.insert(task.task).second) tasks->restarts += 1;
  if (tasks->here.insert(task.task).second) ++numbers_->task_count;
}

void WorkerMetrics::connector_starts(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!std::exchange(connector(name).here, true)) ++numbers_->connector_count;
}

void WorkerMetrics::connector_gone(const std::string& connector, bool tasks) {
  forget(connector, [&](Connector& found) {
    if (std::exchange(found.here, false)) --numbers_->connector_count;
    if (!tasks) return;
    numbers_->task_count -= found.tasks->here.size();
    found.tasks->here.clear();
  });
}

void WorkerMetrics::task_gone(const base::TaskId& task) {
  forget(task.connector, [&](Connector& found) { numbers_->task_count -= found.tasks->here.erase(task.task); });
}

void WorkerMetrics::forget(const std::string& connector, const std::function<void(Connector&)>& drop) {
  // Let go without the locks: a look at the metrics may hold the group, and wait for them.
  std::shared_ptr<metrics::Group> over;
  std::lock_guard lock(mutex_);
  const auto found = connectors_.find(connector);
  if (found == connectors_.end()) return;
  std::lock_guard tasks_lock(found->second.tasks->mutex);
  drop(found->second);
  if (!found->second.here && found->second.tasks->here.empty()) over = std::move(found->second.states);
}

}  // namespace sluice::herder
