#include "runtime/herder/zombie_fencing.h"

#include <algorithm>

#include "runtime/kafka/producer.h"
#include "runtime/task/client_settings.h"

namespace sluice::herder {

base::Status fence_zombies(const task::WorkerContext& worker, const config::ConnectorConfig& connector, int tasks,
                           std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (int task = 0; task < tasks; ++task) {
    SLUICE_TRY_ASSIGN(auto config, task::source_producer_config(worker, connector, {connector.name(), task}, true));
    SLUICE_TRY_ASSIGN(auto producer, kafka::Producer::create(config));
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      auto fenced = producer->init_transactions(std::max(left, std::chrono::milliseconds(1)));
      if (fenced) break;
      if (fenced.error().code() != base::Code::kRetry || left.count() <= 0) return fenced;
    }
  }
  return {};
}

}  // namespace sluice::herder
