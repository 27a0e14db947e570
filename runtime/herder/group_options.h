#pragma once
// How a distributed worker's properties become the options of its group membership.

#include <string>

#include "runtime/base/status.h"
#include "runtime/config/worker_config.h"
#include "runtime/group/broker_membership.h"

namespace sluice::herder {

// `bootstrap_servers` joined by commas; "embedded" is this process's embedded broker, which must be running.
// `worker_id` gives the default client.id, connect-<worker_id>. Reads the named key and trust stores; no network.
// Error: kInvalidConfig, one problem a line, each with the key and what to write instead: also for settings that the
// group's connection cannot keep where ignoring them would weaken security. No secret is in it.
base::Result<group::MembershipOptions> group_options(const config::WorkerConfig& config,
                                                     const std::string& bootstrap_servers,
                                                     const std::string& worker_id);

}  // namespace sluice::herder
