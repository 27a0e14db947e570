#include "runtime/herder/restart_plan.h"

#include "runtime/herder/status_book.h"

namespace sluice::herder {

RestartPlan make_restart_plan(const RestartRequest& request, const ConnectorStateInfo& status) {
  const auto concerns = [&](const StateInfo& part) { return !request.only_failed || part.state == state::kFailed; };
  RestartPlan plan{concerns(status.connector), {}, status};
  if (plan.connector) plan.outcome.connector.state = state::kRestarting;
  if (!request.include_tasks) return plan;
  for (auto& task : plan.outcome.tasks) {
    if (!concerns(task.state)) continue;
    task.state.state = state::kRestarting;
    plan.tasks.push_back({status.name, task.id});
  }
  return plan;
}

}  // namespace sluice::herder
