#include "runtime/task/client_settings.h"

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.Worker"};

// Kafka's defaults.
constexpr std::int64_t kFetchBytesMax = 52'428'800;
constexpr std::int64_t kPartitionFetchBytesMax = 1'048'576;
constexpr std::int64_t kQueueKibMax = 2'097'151;  // librdkafka takes no more

void merge(const config::ConfigMap& from, kafka::ConfigMap& into) {
  for (const auto& [key, value] : from)
    if (value) into[key] = *value;
}

// `forced` has the last word.
base::Result<kafka::ClientConfig> translate(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                            kafka::ConfigMap java, config::ClientKind worker_kind,
                                            kafka::ClientKind kind, const kafka::ConfigMap& forced = {}) {
  java["bootstrap.servers"] = worker.bootstrap_servers;
  merge(worker.config->client_config(worker_kind), java);
  // An embedded broker has one address only.
  if (worker.config->bootstrap_servers() == "embedded") java["bootstrap.servers"] = worker.bootstrap_servers;
  merge(connector.client_overrides(kafka::client_kind_name(kind)), java);
  for (const auto& [key, value] : forced) java[key] = value;
  SLUICE_TRY_ASSIGN(kafka::ClientConfig config, kafka::translate_client_config(java, kind));
  for (const std::string& warning : config.warnings) kLog.warn("{}", warning);
  return config;
}

// Connect's, but for enable.idempotence, which it switches off (ADR 12): on unless a user's keys contradict it.
kafka::ConfigMap producer_defaults() {
  return {{"acks", "all"},
          {"max.block.ms", "9223372036854775807"},
          {"max.in.flight.requests.per.connection", "1"},
          {"delivery.timeout.ms", "2147483647"}};
}

}  // namespace

std::string transactional_id(const WorkerContext& worker, const base::TaskId& task) {
  return fmt::format("{}-{}-{}", worker.config->group_id(), task.connector, task.task);
}

base::Result<kafka::ClientConfig> source_producer_config(const WorkerContext& worker,
                                                         const config::ConnectorConfig& connector,
                                                         const base::TaskId& task, bool transactional) {
  kafka::ConfigMap java = producer_defaults();
  java["client.id"] = "connector-producer-" + task.to_string();
  kafka::ConfigMap forced;
  if (transactional) forced = {{"transactional.id", transactional_id(worker, task)}, {"enable.idempotence", "true"}};
  return translate(worker, connector, std::move(java), config::ClientKind::kProducer, kafka::ClientKind::kProducer,
                   forced);
}

std::string offsets_topic(const WorkerContext& worker, const config::ConnectorConfig& connector) {
  return connector.offsets_topic().value_or(std::string(worker.config->parsed().string("offset.storage.topic")));
}

base::Result<kafka::ClientConfig> dlq_producer_config(const WorkerContext& worker,
                                                      const config::ConnectorConfig& connector,
                                                      const base::TaskId& task) {
  kafka::ConfigMap java = producer_defaults();
  java["client.id"] = "connector-dlq-producer-" + task.to_string();
  return translate(worker, connector, std::move(java), config::ClientKind::kProducer, kafka::ClientKind::kProducer);
}

base::Result<kafka::ClientConfig> sink_consumer_config(const WorkerContext& worker,
                                                       const config::ConnectorConfig& connector,
                                                       const base::TaskId& task) {
  kafka::ConfigMap java{{"group.id", "connect-" + task.connector},
                        {"client.id", "connector-consumer-" + task.to_string()},
                        {"enable.auto.commit", "false"},
                        {"auto.offset.reset", "earliest"},
                        // A slow put must not cost the membership: librdkafka's longest. A user's own value wins.
                        {"max.poll.interval.ms", "86400000"}};
  kafka::ConfigMap forced;
  if (const std::int64_t bytes = connector.queue_bytes_max(); bytes > 0) {
    // Half of it waits in librdkafka's queue, half is with the sink. A fetch may go over by one answer: it is small
    // then.
    forced = {
        {"librdkafka.queued.max.messages.kbytes",
         std::to_string(std::min<std::int64_t>(bytes / 2 / 1024, kQueueKibMax))},
        {"fetch.max.bytes", std::to_string(std::min<std::int64_t>(bytes / 2, kFetchBytesMax))},
        {"max.partition.fetch.bytes", std::to_string(std::min<std::int64_t>(bytes / 2, kPartitionFetchBytesMax))}};
  }
  return translate(worker, connector, std::move(java), config::ClientKind::kConsumer, kafka::ClientKind::kConsumer,
                   forced);
}

base::Result<kafka::ClientConfig> admin_config(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                               std::string_view client_id) {
  kafka::ConfigMap java{{"client.id", std::string(client_id)}};
  return translate(worker, connector, std::move(java), config::ClientKind::kAdmin, kafka::ClientKind::kAdmin);
}

base::Result<store::ConnectorOffsetTopic> connector_offset_topic(const WorkerContext& worker,
                                                                 const config::ConnectorConfig& connector,
                                                                 std::string_view topic, std::string_view client) {
  store::ConnectorOffsetTopic made{std::string(topic), {}, {}, {}};
  kafka::ConfigMap producer = producer_defaults();
  producer["client.id"] = fmt::format("connector-producer-{}", client);
  SLUICE_TRY_ASSIGN(made.producer, translate(worker, connector, std::move(producer), config::ClientKind::kProducer,
                                             kafka::ClientKind::kProducer));
  // Of an exactly-once worker that wrote here before, only what it has committed counts.
  kafka::ConfigMap consumer{{"client.id", fmt::format("connector-consumer-{}", client)},
                            {"isolation.level", "read_committed"},
                            {"enable.auto.commit", "false"}};
  SLUICE_TRY_ASSIGN(made.consumer, translate(worker, connector, std::move(consumer), config::ClientKind::kConsumer,
                                             kafka::ClientKind::kConsumer));
  SLUICE_TRY_ASSIGN(made.admin, admin_config(worker, connector, fmt::format("connector-adminclient-{}", client)));
  return made;
}

std::string producer_bootstrap_servers(const WorkerContext& worker, const config::ConnectorConfig& connector) {
  if (const auto own = connector.client_overrides("producer").get("bootstrap.servers")) return std::string(*own);
  const auto workers = worker.config->client_config(config::ClientKind::kProducer).get("bootstrap.servers");
  return workers ? std::string(*workers) : worker.config->bootstrap_servers();
}

std::string sink_group_id(const WorkerContext& worker, const config::ConnectorConfig& connector) {
  if (const auto own = connector.client_overrides("consumer").get("group.id")) return std::string(*own);
  if (const auto workers = worker.config->client_config(config::ClientKind::kConsumer).get("group.id"))
    return std::string(*workers);
  return "connect-" + connector.name();
}

}  // namespace sluice::task
