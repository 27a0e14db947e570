#include "runtime/store/kafka_config_store.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/kafka/kafka_log.h"
#include "runtime/store/config_records.h"
#include "runtime/store/config_table.h"
#include "runtime/store/config_writer.h"
#include "runtime/store/internal_topic.h"

namespace sluice::store {
namespace {

using SteadyClock = std::chrono::steady_clock;

const base::Logger kLog{"org.apache.kafka.connect.storage.KafkaConfigBackingStore"};

// Two threads: the log's reads records into the table and tells the listener, the writer's writes.
class KafkaConfigStore final : public ConfigStore {
 public:
  static base::Result<std::unique_ptr<ConfigStore>> make(const config::WorkerConfig& worker,
                                                         const std::string& bootstrap_servers) {
    auto store = std::make_unique<KafkaConfigStore>();
    SLUICE_TRY_ASSIGN(auto options, internal_log_options(worker, InternalTopic::kConfig, bootstrap_servers,
                                                         [raw = store.get()] { return raw->stopping_.load(); }));
    store->topic_ = options.topic;
    std::optional<kafka::ClientConfig> transactional;
    if (!base::equals_ignore_case_ascii(worker.parsed().string("exactly.once.source.support"), "disabled")) {
      SLUICE_TRY_ASSIGN(transactional, leader_producer_config(worker, bootstrap_servers));
    }
    store->log_ = std::make_unique<kafka::KafkaLog>(
        std::move(options), [raw = store.get()](const kafka::Message& message) { raw->on_record(message); },
        [raw = store.get()](const base::Error& error) { raw->on_error(error); });
    store->writer_ = std::make_unique<ConfigWriter>(*store->log_, store->topic_, std::move(transactional));
    return store;
  }

  ~KafkaConfigStore() override { stop(); }

  base::Status start(ConfigListener& listener) override;
  void stop() override;
  std::shared_ptr<const ConfigSnapshot> snapshot() const override;
  void refresh(std::chrono::milliseconds timeout, Done done) override;

  void put_connector(std::string connector, config::ConfigMap config, std::optional<TargetState> target,
                     Done done) override;
  void remove_connector(std::string connector, Done done) override;
  void put_tasks(std::string connector, std::vector<config::ConfigMap> tasks, Done done) override;
  void put_task_count(std::string connector, int count, Done done) override;
  void put_session_key(SessionKey key, Done done) override;
  void put_restart_request(StoredRestartRequest request, Done done) override;
  void put_target_state(std::string connector, TargetState state, Done done) override;
  void put_logger_level(std::string logger, std::string level, Done done) override;
  void claim_write_privileges(Done done) override { writer_->claim(std::move(done)); }

 private:
  void on_record(const kafka::Message& message);
  void on_error(const base::Error& error);

  std::string topic_;
  std::unique_ptr<kafka::KafkaLog> log_;
  std::unique_ptr<ConfigWriter> writer_;
  std::atomic<bool> stopping_{false};
  std::atomic<ConfigListener*> listener_{nullptr};  // null: start() has not returned yet

  mutable std::mutex mutex_;
  ConfigTable table_;                // guarded by mutex_
  std::vector<ConfigEvent> events_;  // [log] reused
};

base::Status KafkaConfigStore::start(ConfigListener& listener) {
  SLUICE_TRY(log_->start());
  if (const auto partitions = log_->partition_count(); partitions != 1) {
    log_->stop();
    return base::config_error(
        "Topic '{}' supplied via the 'config.storage.topic' property is required to have a single partition in order "
        "to "
        "guarantee consistency of connector configurations, but found {} partitions.",
        topic_, partitions);
  }
  writer_->start();
  std::vector<ConfigEvent> anomalies;
  {
    std::lock_guard lock(mutex_);
    table_.finish_catch_up(anomalies);
    if (table_.leftovers() > 0)
      kLog.info("Topic '{}' holds task configurations of {} connectors that do not exist any more", topic_,
                table_.leftovers());
    listener_ = &listener;
  }
  if (!anomalies.empty())
    writer_->post([&listener, anomalies = std::move(anomalies)] {
      for (const ConfigEvent& event : anomalies) event.tell(listener);
    });
  return {};
}

void KafkaConfigStore::stop() {
  stopping_ = true;
  writer_->request_stop();
  log_->stop();
  writer_->stop();
}

void KafkaConfigStore::on_record(const kafka::Message& message) {
  events_.clear();
  {
    std::lock_guard lock(mutex_);
    table_.apply(message.offset, message.key, message.value, events_);
  }
  if (events_.empty()) return;
  ConfigListener& listener = *listener_.load();
  for (const ConfigEvent& event : events_) event.tell(listener);
}

void KafkaConfigStore::on_error(const base::Error& error) {
  kLog.error("Reading the config topic '{}': {}", topic_, error.to_string());
}

std::shared_ptr<const ConfigSnapshot> KafkaConfigStore::snapshot() const {
  std::lock_guard lock(mutex_);
  return table_.snapshot();
}

void KafkaConfigStore::refresh(std::chrono::milliseconds timeout, Done done) {
  log_->read_to_end_async(SteadyClock::now() + timeout,
                          [done = std::move(done)](const base::Status& status) { done(status); });
}

void KafkaConfigStore::put_connector(std::string connector, config::ConfigMap config, std::optional<TargetState> target,
                                     Done done) {
  ConfigWrite write{.connector = connector, .failure = "Error writing connector configuration to Kafka"};
  if (target) write.records.push_back(target_state_record(connector, *target));
  write.records.push_back(connector_record(connector, config));
  write.done = std::move(done);
  writer_->write(std::move(write));
}

void KafkaConfigStore::remove_connector(std::string connector, Done done) {
  ConfigWrite write{.connector = connector, .failure = "Error removing connector configuration from Kafka"};
  write.records = {connector_tombstone(connector), target_state_tombstone(connector)};
  write.done = std::move(done);
  writer_->write(std::move(write));
}

void KafkaConfigStore::put_tasks(std::string connector, std::vector<config::ConfigMap> tasks, Done done) {
  ConfigWrite write{.connector = connector, .failure = "Error writing task configurations to Kafka"};
  for (std::size_t i = 0; i < tasks.size(); ++i)
    write.records.push_back(task_record(connector, static_cast<int>(i), tasks[i]));
  write.commit = commit_record(connector, tasks.size());
  write.done = std::move(done);
  writer_->write(std::move(write));
}

void KafkaConfigStore::put_task_count(std::string connector, int count, Done done) {
  ConfigWrite write{.connector = connector, .failure = "Error writing task count record to Kafka"};
  write.records = {task_count_record(connector, count)};
  write.done = std::move(done);
  writer_->write(std::move(write));
}

void KafkaConfigStore::put_session_key(SessionKey key, Done done) {
  ConfigWrite write{.failure = "Error writing session key to Kafka"};
  write.records = {session_key_record(key)};
  write.done = std::move(done);
  writer_->write(std::move(write));
}

void KafkaConfigStore::put_restart_request(StoredRestartRequest request, Done done) {
  ConfigWrite write{.connector = request.connector};
  write.failure =
      fmt::format("Error writing restart request for {{connectorName='{}', onlyFailed={}, includeTasks={}}} to Kafka",
                  request.connector, request.only_failed, request.include_tasks);
  write.records = {restart_record(request)};
  write.done = std::move(done);
  writer_->write(std::move(write));
}

void KafkaConfigStore::put_target_state(std::string connector, TargetState state, Done done) {
  ConfigWrite write{.connector = connector, .leader = false, .failure = "Error writing target state to Kafka"};
  write.records = {target_state_record(connector, state)};
  write.done = std::move(done);
  writer_->write(std::move(write));
}

void KafkaConfigStore::put_logger_level(std::string logger, std::string level, Done done) {
  ConfigWrite write{.leader = false, .failure = "Error writing logger level to Kafka"};
  write.records = {logger_record(logger, level)};
  write.done = std::move(done);
  writer_->write(std::move(write));
}

}  // namespace

base::Result<std::unique_ptr<ConfigStore>> make_kafka_config_store(const config::WorkerConfig& worker,
                                                                   const std::string& bootstrap_servers,
                                                                   const base::Clock&) {
  return KafkaConfigStore::make(worker, bootstrap_servers);
}

}  // namespace sluice::store
