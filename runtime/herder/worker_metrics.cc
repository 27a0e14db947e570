#include "runtime/herder/worker_metrics.h"

#include <string>

namespace sluice::herder {

WorkerMetrics::WorkerMetrics(metrics::Registry* registry)
    : numbers_(std::make_shared<Numbers>()), connector_starts_(numbers_->connectors), task_starts_(numbers_->tasks) {
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

void WorkerMetrics::set_counts(std::size_t connectors, std::size_t tasks) {
  numbers_->connector_count = connectors;
  numbers_->task_count = tasks;
}

}  // namespace sluice::herder
