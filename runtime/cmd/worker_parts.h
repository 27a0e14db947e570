#pragma once
// What a worker of either kind is made of, in the order in which it starts: configuration, log, broker, plugins,
// metrics.

#include <future>
#include <memory>
#include <string>

#include "runtime/base/status.h"
#include "runtime/config/worker_config.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/metrics/registry.h"
#include "runtime/plugin/registry.h"
#include "runtime/task/worker_context.h"

namespace sluice::cmd {

struct WorkerParts {
  std::unique_ptr<config::WorkerConfig> config;
  std::unique_ptr<kafka::EmbeddedBroker> broker;  // null: a real one
  std::unique_ptr<plugin::Registry> plugins;
  std::unique_ptr<metrics::Registry> metrics;
  std::shared_ptr<metrics::Group> app_info;
  config::WorkerConverters converters;
  std::shared_ptr<const config::ClientOverridePolicy> override_policy;
  std::future<base::Result<std::string>> cluster_id;
  task::WorkerContext context;  // its offset store is the caller's to set
};

// Sets up logging too, as soon as the configuration is read. Errors say what to change.
base::Result<std::unique_ptr<WorkerParts>> make_worker_parts(config::WorkerMode mode,
                                                             const std::string& properties_file);

}  // namespace sluice::cmd
