#pragma once
// The offsets of a sink connector, which are those of its consumer group. An interface, so that the herder's rules can
// be tested without a broker. Calls block up to their timeout.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/config/connector_config.h"
#include "runtime/kafka/producer.h"
#include "runtime/task/worker_context.h"

namespace sluice::herder {

class SinkOffsetAdmin {
 public:
  using Timeout = std::chrono::milliseconds;
  virtual ~SinkOffsetAdmin() = default;
  virtual base::Result<std::vector<kafka::PartitionOffset>> list(Timeout timeout) = 0;
  virtual bool refused() = 0;  // a connection has failed since the last call
  virtual base::Status alter(std::span<const kafka::PartitionOffset> offsets, Timeout timeout) = 0;
  virtual base::Status forget(std::span<const base::TopicPartition> partitions, Timeout timeout) = 0;
  virtual base::Status forget_all(Timeout timeout) = 0;  // a group that does not exist is fine
};

using SinkOffsetAdminFactory = std::function<base::Result<std::unique_ptr<SinkOffsetAdmin>>(
    const task::WorkerContext& worker, const config::ConnectorConfig& connector)>;

// Through the connector's admin client, for its group (worker and connector may name another than "connect-<name>").
base::Result<std::unique_ptr<SinkOffsetAdmin>> make_kafka_sink_offset_admin(const task::WorkerContext& worker,
                                                                            const config::ConnectorConfig& connector);

}  // namespace sluice::herder
