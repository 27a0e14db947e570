#include "runtime/herder/zombie_fencing.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/config/worker_config.h"
#include "runtime/kafka/producer.h"
#include "runtime/task/client_settings.h"

namespace sluice::herder {
namespace {

// A task's producer, made transactional: what the framework's defaults say against it goes.
kafka::ClientConfig transactional(kafka::ClientConfig config, std::string id) {
  std::erase_if(config.librdkafka, [](const auto& entry) {
    return entry.first == "transactional.id" || entry.first == "enable.idempotence";
  });
  config.librdkafka.emplace_back("transactional.id", std::move(id));
  config.settings.transactional = true;
  return config;
}

}  // namespace

std::string transactional_id(std::string_view group_id, std::string_view connector, int task) {
  return fmt::format("{}-{}-{}", group_id, connector, task);
}

base::Status fence_zombies(const task::WorkerContext& worker, const config::ConnectorConfig& connector, int tasks,
                           std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (int task = 0; task < tasks; ++task) {
    SLUICE_TRY_ASSIGN(auto config, task::source_producer_config(worker, connector, {connector.name(), task}));
    auto id = transactional_id(worker.config->group_id(), connector.name(), task);
    SLUICE_TRY_ASSIGN(auto producer, kafka::Producer::create(transactional(std::move(config), std::move(id))));
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
