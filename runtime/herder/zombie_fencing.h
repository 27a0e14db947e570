#pragma once
// Keeps tasks of an older generation from committing transactions (KIP-618; spec connect-runtime.md section 5.12):
// their transactional ids are initialized once more, which fences whoever still uses them.

#include <chrono>
#include <functional>
#include <string>

#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/task/worker_context.h"

namespace sluice::herder {

// Blocks up to `timeout`. `tasks`: how many the fenced generation had. An interface, so that the herder's rules can be
// tested without a broker.
using ZombieFencer =
    std::function<base::Status(const task::WorkerContext& worker, const config::ConnectorConfig& connector, int tasks,
                               std::chrono::milliseconds timeout)>;
base::Status fence_zombies(const task::WorkerContext& worker, const config::ConnectorConfig& connector, int tasks,
                           std::chrono::milliseconds timeout);

}  // namespace sluice::herder
