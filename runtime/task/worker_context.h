#pragma once
// What the tasks and connectors of one worker share. Built once in runtime/cmd; everything in it outlives every task.

#include <functional>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/config/config_map.h"
#include "runtime/config/worker_config.h"

namespace sluice::plugin {
class Registry;
}
namespace sluice::store {
class OffsetStore;
}
namespace sluice::metrics {
class Registry;
}

namespace sluice::task {

struct WorkerContext {
  const config::WorkerConfig* config = nullptr;
  plugin::Registry* plugins = nullptr;
  store::OffsetStore* offsets = nullptr;
  metrics::Registry* metrics = nullptr;
  const base::Clock* clock = &base::system_clock();
  std::string bootstrap_servers;  // of the embedded broker, where bootstrap.servers=embedded
  std::string kafka_cluster_id;   // may be empty: not known
};

}  // namespace sluice::task
