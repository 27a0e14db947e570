#pragma once
// Which parts of a connector a restart request concerns (KIP-745). A pure function of the request and the known status.

#include <vector>

#include "runtime/herder/types.h"

namespace sluice::herder {

struct RestartPlan {
  bool connector = false;
  std::vector<base::TaskId> tasks;
  ConnectorStateInfo outcome;  // the status with RESTARTING for what will be restarted: the answer to the request
};

RestartPlan make_restart_plan(const RestartRequest& request, const ConnectorStateInfo& status);

}  // namespace sluice::herder
