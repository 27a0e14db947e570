#pragma once
// StatusStore on a compacted topic.

#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/config/worker_config.h"
#include "runtime/store/status_store.h"

namespace sluice::store {

// `bootstrap_servers`: of the embedded broker where there is one. Error: a client key that cannot be honoured.
base::Result<std::unique_ptr<StatusStore>> make_kafka_status_store(const config::WorkerConfig& worker,
                                                                   const std::string& bootstrap_servers,
                                                                   const base::Clock& clock);

}  // namespace sluice::store
