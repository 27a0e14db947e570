#pragma once
// ConfigStore on a compacted topic with one partition.

#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/config/worker_config.h"
#include "runtime/store/config_store.h"

namespace sluice::store {

// `bootstrap_servers`: of the embedded broker where there is one. Error: a client key that cannot be honoured.
base::Result<std::unique_ptr<ConfigStore>> make_kafka_config_store(const config::WorkerConfig& worker,
                                                                   const std::string& bootstrap_servers,
                                                                   const base::Clock& clock);

}  // namespace sluice::store
