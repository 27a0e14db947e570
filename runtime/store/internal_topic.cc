#include "runtime/store/internal_topic.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/kafka/embedded_broker.h"

namespace sluice::store {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kAttemptMax{5000};  // a stop waits that long
constexpr milliseconds kPauseMax{1000};
constexpr std::string_view kCompact = "compact";

const base::Logger kLog{"org.apache.kafka.connect.util.TopicAdmin"};

struct Kind {
  std::string_view prefix;   // of its worker keys
  std::string_view clients;  // end of its clients' ids
  std::string_view purpose;
};

const Kind& kind_of(InternalTopic topic) {
  static constexpr Kind kConfig{"config.storage.", "configs", "connector configurations"};
  static constexpr Kind kOffset{"offset.storage.", "offsets", "source connector offsets"};
  static constexpr Kind kStatus{"status.storage.", "statuses", "connector and task statuses"};
  return topic == InternalTopic::kConfig ? kConfig : topic == InternalTopic::kOffset ? kOffset : kStatus;
}

bool exactly_once_enabled(const config::WorkerConfig& worker) {
  return base::equals_ignore_case_ascii(worker.parsed().string("exactly.once.source.support"), "enabled");
}

kafka::ConfigMap worker_keys(const config::WorkerConfig& worker, const std::string& bootstrap_servers) {
  kafka::ConfigMap keys;
  for (const auto& [key, text] : worker.worker_client_config())
    if (text) keys[key] = *text;
  keys["bootstrap.servers"] = bootstrap_servers;
  return keys;
}

base::Result<kafka::ClientConfig> translate(const kafka::ConfigMap& keys, kafka::ClientKind kind) {
  SLUICE_TRY_ASSIGN(kafka::ClientConfig client, kafka::translate_client_config(keys, kind));
  // All internal clients take the same keys: once is enough.
  if (kind == kafka::ClientKind::kAdmin)
    for (const std::string& warning : client.warnings) kLog.warn("{}", warning);
  client.warnings.clear();
  return client;
}

base::Result<kafka::ClientConfig> producer_config(const config::WorkerConfig& worker, InternalTopic kind,
                                                  const std::string& bootstrap_servers) {
  kafka::ConfigMap keys = worker_keys(worker, bootstrap_servers);
  keys.erase("transactional.id");
  keys.try_emplace("linger.ms", "0");  // whoever writes waits for it
  keys["client.id"] = client_id_base(worker) + std::string(kind_of(kind).clients);
  keys["acks"] = "all";
  keys["enable.idempotence"] = "false";
  keys["max.in.flight.requests.per.connection"] = "1";
  if (kind == InternalTopic::kStatus) {
    keys["retries"] = "0";  // the store sends again itself, if it is still wanted
  } else {
    keys["delivery.timeout.ms"] = "2147483647";
  }
  SLUICE_TRY_ASSIGN(kafka::ClientConfig client, translate(keys, kafka::ClientKind::kProducer));
  return client;
}

base::Result<kafka::ClientConfig> consumer_config(const config::WorkerConfig& worker, InternalTopic kind,
                                                  const std::string& bootstrap_servers) {
  kafka::ConfigMap keys = worker_keys(worker, bootstrap_servers);
  keys["client.id"] = client_id_base(worker) + std::string(kind_of(kind).clients);
  keys["auto.offset.reset"] = "earliest";
  keys["enable.auto.commit"] = "false";
  if (kind != InternalTopic::kStatus && exactly_once_enabled(worker)) {
    keys["isolation.level"] = "read_committed";
  } else {
    keys.try_emplace("isolation.level", "read_uncommitted");
  }
  SLUICE_TRY_ASSIGN(kafka::ClientConfig client, translate(keys, kafka::ClientKind::kConsumer));
  keep_small(client);
  // The embedded broker answers a fetch without records only when its time is up, whatever comes meanwhile.
  if (worker.bootstrap_servers() == kafka::kEmbeddedBootstrap)
    client.librdkafka.emplace_back("fetch.wait.max.ms", "20");
  return client;
}

bool is_exception(const base::Error& error, std::string_view name) {
  return std::string_view(error.exception()).ends_with(name);
}

bool lacks_right(const base::Error& error) {
  return is_exception(error, ".ClusterAuthorizationException") || is_exception(error, ".TopicAuthorizationException");
}

bool may_pass(const base::Error& error) {
  return error.code() == base::Code::kRetry || error.code() == base::Code::kTimeout ||
         is_exception(error, ".InvalidReplicationFactorException");
}

base::Error creation_error(const base::Error& error, const std::string& name) {
  if (is_exception(error, ".InvalidConfigurationException"))
    return base::Error(base::Code::kFatal, base::exceptions::kConnect,
                       fmt::format("Unable to create topic(s) '{}': {}", name, error.message()))
        .with_cause(error);
  if (error.code() == base::Code::kTimeout || error.code() == base::Code::kRetry)
    return base::Error(base::Code::kFatal, base::exceptions::kConnect,
                       fmt::format("Timed out while checking for or creating topic(s) '{}'. This could indicate a "
                                   "connectivity issue, unavailable topic partitions, or if this is your first use of "
                                   "the topic it may have taken too long to create.",
                                   name))
        .with_cause(error);
  return base::Error(base::Code::kFatal, base::exceptions::kConnect,
                     fmt::format("Error while attempting to create/find topic(s) '{}'", name))
      .with_cause(error);
}

// True: created; false: it was there, or nobody may say.
base::Result<bool> create(kafka::Admin& admin, const kafka::NewTopic& topic, milliseconds timeout,
                          const Stopping& stopping) {
  const auto deadline = SteadyClock::now() + timeout;
  milliseconds wait{100};
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    const auto status = admin.create_topic(topic, std::clamp(left, milliseconds(1), kAttemptMax));
    if (status) {
      kLog.info("Created topic {} ({} partitions, replication factor {})", topic.name, topic.partitions,
                topic.replication_factor);
      return true;
    }
    const base::Error& error = status.error();
    if (error.code() == base::Code::kExists) return false;
    if (error.code() == base::Code::kUnsupported) return false;
    if (lacks_right(error)) {
      kLog.warn(
          "Not authorized to create topic(s) '{}'. Falling back to assume topic(s) exist or will be auto-created by "
          "the "
          "broker.",
          topic.name);
      return false;
    }
    if (!may_pass(error) || SteadyClock::now() + wait >= deadline) return base::fail(creation_error(error, topic.name));
    if (stopping && stopping())
      return base::fail(base::Code::kStopping, base::exceptions::kConnect, "stopped while creating topic {}",
                        topic.name);
    kLog.info("Topic {} cannot be created yet, trying again: {}", topic.name, error.message());
    std::this_thread::sleep_for(wait);
    wait = std::min(wait * 2, kPauseMax);
  }
}

// The items of a comma-separated list, sorted, without blanks.
std::vector<std::string> policies(std::string_view text) {
  std::vector<std::string> items;
  for (const std::string_view item : base::split(text, ','))
    if (const auto trimmed = base::java_trim(item); !trimmed.empty()) items.emplace_back(trimmed);
  std::sort(items.begin(), items.end());
  return items;
}

base::Status check_policy(kafka::Admin& admin, const std::string& topic, const TopicUse& use) {
  const auto configs = admin.topic_configs(topic, kAttemptMax);
  const auto policy = configs ? configs->find("cleanup.policy") : std::map<std::string, std::string>::const_iterator();
  if (!configs || policy == configs->end()) {
    if (configs || configs.error().code() != base::Code::kUnsupported)
      kLog.info(
          "Unable to use admin client to verify the cleanup policy of '{}' topic is '{}', either because the broker is "
          "an older version or because the Kafka principal used for Connect internal topics does not have the required "
          "permission to describe topic configurations.",
          topic, kCompact);
    return {};
  }
  const auto found = policies(policy->second);
  if (found == std::vector<std::string>{std::string(kCompact)}) return {};
  return base::config_error(
      "Topic '{}' supplied via the '{}' property is required to have 'cleanup.policy={}' to guarantee consistency and "
      "durability of {}, but found the topic currently has 'cleanup.policy={}'. Continuing would likely result in "
      "eventually losing {} and problems restarting this Connect cluster in the future. Change the '{}' property in "
      "the "
      "Connect worker configurations to use a topic with 'cleanup.policy={}'.",
      topic, use.property, kCompact, use.purpose, base::join(found, ","), use.purpose, use.property, kCompact);
}

}  // namespace

kafka::NewTopic internal_topic(const config::WorkerConfig& worker, InternalTopic kind) {
  const std::string prefix(kind_of(kind).prefix);
  kafka::NewTopic topic;
  topic.name = worker.parsed().string(prefix + "topic");
  topic.partitions = kind == InternalTopic::kConfig ? 1 : worker.parsed().int32(prefix + "partitions");
  topic.replication_factor = worker.parsed().int16(prefix + "replication.factor");
  for (const auto& [key, text] : worker.internal_topic_config(prefix)) {
    // A standalone worker's key: a properties file may serve both kinds.
    if (kind == InternalTopic::kOffset && key == "file.filename") continue;
    if (text) topic.configs[key] = *text;
  }
  return topic;
}

TopicUse topic_use(InternalTopic kind) {
  return {std::string(kind_of(kind).prefix) + "topic", std::string(kind_of(kind).purpose)};
}

std::string client_id_base(const config::WorkerConfig& worker) {
  std::string base = worker.group_id() + "-";
  if (const auto own = worker.originals().get("client.id"); own && !base::java_trim(*own).empty())
    base += std::string(*own) + "-";
  return base;
}

base::Result<kafka::ClientConfig> internal_admin_config(const config::WorkerConfig& worker,
                                                        const std::string& bootstrap_servers) {
  kafka::ConfigMap keys = worker_keys(worker, bootstrap_servers);
  keys["client.id"] = client_id_base(worker) + "shared-admin";
  return translate(keys, kafka::ClientKind::kAdmin);
}

base::Result<kafka::ClientConfig> leader_producer_config(const config::WorkerConfig& worker,
                                                         const std::string& bootstrap_servers) {
  kafka::ConfigMap keys = worker_keys(worker, bootstrap_servers);
  keys.try_emplace("linger.ms", "0");
  keys.erase("delivery.timeout.ms");
  keys["client.id"] = client_id_base(worker) + "configs-leader";
  keys["transactional.id"] = "connect-cluster-" + worker.group_id();
  keys["enable.idempotence"] = "true";
  keys["acks"] = "all";
  keys["max.in.flight.requests.per.connection"] = "5";
  return translate(keys, kafka::ClientKind::kProducer);
}

base::Status ensure_internal_topic(kafka::Admin& admin, const kafka::NewTopic& topic, const TopicUse& use,
                                   milliseconds timeout, const Stopping& stopping) {
  SLUICE_TRY_ASSIGN(const bool created, create(admin, topic, timeout, stopping));
  if (created) return {};
  return check_policy(admin, topic.name, use);
}

base::Result<kafka::KafkaLogOptions> internal_log_options(const config::WorkerConfig& worker, InternalTopic kind,
                                                          const std::string& bootstrap_servers, Stopping stopping) {
  kafka::KafkaLogOptions options;
  const kafka::NewTopic topic = internal_topic(worker, kind);
  options.topic = topic.name;
  SLUICE_TRY_ASSIGN(options.producer, producer_config(worker, kind, bootstrap_servers));
  SLUICE_TRY_ASSIGN(options.consumer, consumer_config(worker, kind, bootstrap_servers));
  SLUICE_TRY_ASSIGN(kafka::ClientConfig admin_config, internal_admin_config(worker, bootstrap_servers));
  options.initialize_topic = [=, use = topic_use(kind), stopping = std::move(stopping)]() -> base::Status {
    SLUICE_TRY_ASSIGN(auto admin, kafka::Admin::create(admin_config));
    return ensure_internal_topic(*admin, topic, use, admin_config.settings.default_api_timeout, stopping);
  };
  return options;
}

void keep_small(kafka::ClientConfig& client) {
  client.librdkafka.emplace_back("queued.max.messages.kbytes", "4096");
}

}  // namespace sluice::store
