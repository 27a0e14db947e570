#pragma once
// The id of the Kafka cluster, which is also the proof that a broker answers. Asked for on a thread of its own while
// the worker starts, so that only the broker's own time counts.

#include <future>
#include <string>

#include "runtime/base/status.h"
#include "runtime/config/worker_config.h"

namespace sluice::cmd {

// Error: Connect's "Failed to connect to and describe Kafka cluster. ...", after default.api.timeout.ms. Empty: the
// broker has none.
std::future<base::Result<std::string>> ask_cluster_id(const config::WorkerConfig& worker,
                                                      const std::string& bootstrap_servers);

}  // namespace sluice::cmd
