#pragma once
// The Kafka clients of a task: Connect's own defaults, beneath the worker's `producer.*`/`consumer.*`/`admin.*`,
// beneath the connector's overrides (spec connect-runtime.md sections 2.4 and 6.1), translated for librdkafka.

#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/kafka/client_config.h"
#include "runtime/store/connector_offset_store.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

// `transactional`: for exactly-once delivery; whoever used the task's transactional id before is fenced by init.
base::Result<kafka::ClientConfig> source_producer_config(const WorkerContext& worker,
                                                         const config::ConnectorConfig& connector,
                                                         const base::TaskId& task, bool transactional);
// "<group.id>-<connector>-<task>", as Connect names them.
std::string transactional_id(const WorkerContext& worker, const base::TaskId& task);
// Where the offsets of a source connector of a distributed worker are.
std::string offsets_topic(const WorkerContext& worker, const config::ConnectorConfig& connector);
base::Result<kafka::ClientConfig> sink_consumer_config(const WorkerContext& worker,
                                                       const config::ConnectorConfig& connector,
                                                       const base::TaskId& task);
base::Result<kafka::ClientConfig> dlq_producer_config(const WorkerContext& worker,
                                                      const config::ConnectorConfig& connector,
                                                      const base::TaskId& task);
base::Result<kafka::ClientConfig> admin_config(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                               std::string_view client_id);

// The clients of a source connector's own offsets topic; `client` ends their ids.
base::Result<store::ConnectorOffsetTopic> connector_offset_topic(const WorkerContext& worker,
                                                                 const config::ConnectorConfig& connector,
                                                                 std::string_view topic, std::string_view client);
// What the connector's producers connect to first.
std::string producer_bootstrap_servers(const WorkerContext& worker, const config::ConnectorConfig& connector);

// The consumer group of a sink connector: "connect-<name>", unless the worker or the connector sets group.id.
std::string sink_group_id(const WorkerContext& worker, const config::ConnectorConfig& connector);

}  // namespace sluice::task
