#pragma once
// What a worker asks the leader for by HTTP (spec connect-runtime.md section 1.5, 5.10, 5.12): requests are signed with
// the session key where the group's protocol has one. Implemented in rest/, on its client; tests have their own.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/store/config_snapshot.h"

namespace sluice::herder {

class LeaderClient {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  virtual ~LeaderClient() = default;

  // [any] Both block up to the deadline. `leader_url` as in the assignment. Error: kConnectRest with the leader's
  // status and text; kTimeout; anything else for a leader that cannot be reached.
  virtual base::Status put_task_configs(const std::string& leader_url, const std::string& connector,
                                        const std::vector<config::ConfigMap>& configs,
                                        const std::optional<store::SessionKey>& key, Deadline deadline) = 0;
  virtual base::Status fence_zombies(const std::string& leader_url, const std::string& connector,
                                     const std::optional<store::SessionKey>& key, Deadline deadline) = 0;
};

}  // namespace sluice::herder
