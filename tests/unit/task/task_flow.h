#pragma once
// Whole tasks for tests, with a scripted plugin and the embedded broker; the plugin runs inside the worker, and in a
// process of its own.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/config/config_provider.h"
#include "runtime/config/connector_config.h"
#include "runtime/config/worker_config.h"
#include "runtime/convert/builtin.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/kafka/producer.h"
#include "runtime/metrics/registry.h"
#include "runtime/plugin/registry.h"
#include "runtime/store/memory_offset_store.h"
#include "runtime/task/connector_runner.h"
#include "runtime/task/task_runner.h"

namespace sluice::task {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

inline constexpr std::chrono::seconds kPatience{30};

// What the herder would be told, in order.
class RecordingListener final : public TaskListener {
 public:
  void on_task_startup(const base::TaskId&, std::string_view) override { add("RUNNING"); }
  void on_task_pause(const base::TaskId&) override { add("PAUSED"); }
  void on_task_resume(const base::TaskId&) override { add("RUNNING"); }
  void on_task_failure(const base::TaskId&, const base::Error& error) override { add("FAILED " + error.to_string()); }
  void on_task_shutdown(const base::TaskId&) override { add("UNASSIGNED"); }
  void on_topic_active(const base::TaskId&, std::string_view topic) override { add("topic " + std::string(topic)); }

  std::uint64_t topics_generation() const override { return topics_generation_; }
  void forget_topics() { ++topics_generation_; }

  // Waits until an event with this beginning has come; its text.
  std::string wait_for(const std::string& beginning) {
    std::unique_lock lock(mutex_);
    std::string found;
    changed_.wait_for(lock, kPatience, [&] {
      for (const std::string& event : events_)
        if (event.starts_with(beginning)) found = event;
      return !found.empty();
    });
    return found;
  }
  std::vector<std::string> events() {
    std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  void add(std::string event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
  std::atomic<std::uint64_t> topics_generation_{0};
};

class RecordingConnectorListener final : public ConnectorListener {
 public:
  void on_connector_startup(std::string_view, std::string_view) override { events.emplace_back("RUNNING"); }
  void on_connector_pause(std::string_view) override { events.emplace_back("PAUSED"); }
  void on_connector_stop(std::string_view) override { events.emplace_back("STOPPED"); }
  void on_connector_resume(std::string_view) override { events.emplace_back("RUNNING"); }
  void on_connector_failure(std::string_view, const base::Error& error) override {
    events.push_back("FAILED " + error.to_string());
  }
  void on_connector_shutdown(std::string_view) override { events.emplace_back("UNASSIGNED"); }
  void on_task_reconfiguration_requested(std::string_view) override {}

  std::vector<std::string> events;  // read after the runner has ended
};

template <typename T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return *std::move(result);
}

// The parameter is sluice.isolation.
class TaskFlow : public testing::TestWithParam<const char*> {
 protected:
  TaskFlow() {
    directory_ = fs::temp_directory_path() /
                 ("sluice-task-flow-" + std::to_string(::getpid()) + "-" + std::to_string(counter_++));
    fs::create_directories(directory_);
    broker_ = must(kafka::EmbeddedBroker::start());
    config_ = std::make_unique<config::WorkerConfig>(
        must(config::WorkerConfig::make(config::WorkerMode::kStandalone,
                                        {{"bootstrap.servers", broker_->bootstrap_servers()},
                                         {"key.converter", "org.apache.kafka.connect.storage.StringConverter"},
                                         {"value.converter", "org.apache.kafka.connect.storage.StringConverter"},
                                         {"plugin.path", SLUICE_TEST_PLUGINS_DIR},
                                         {"offset.storage.file.filename", (directory_ / "offsets").string()},
                                         // The embedded broker lets a member that joins again wait for about a session.
                                         {"consumer.session.timeout.ms", "6000"},
                                         {"consumer.heartbeat.interval.ms", "500"},
                                         {"offset.flush.interval.ms", "100"}},
                                        config::builtin_config_providers())));
    plugins_ = std::make_unique<plugin::Registry>(
        plugin::Registry::Options{.plugin_path = {SLUICE_TEST_PLUGINS_DIR "/scripted"},
                                  .state_dir = (directory_ / "state").string(),
                                  .worker_version = "test",
                                  .probe_command = SLUICE_PLUGIN_TOOL});
    for (const convert::BuiltinConverter& converter : convert::builtin_converters()) {
      plugin::BuiltinComponent component;
      component.class_name = converter.class_name;
      component.kinds = converter.kinds;
      component.config_def = converter.config_def;
      component.converter = converter.create;
      component.header_converter = converter.create_header;
      if (!plugins_->add(std::move(component))) throw std::runtime_error("cannot add " + converter.class_name);
    }
    plugins_->scan();
    worker_.config = config_.get();
    worker_.plugins = plugins_.get();
    worker_.offsets = &offsets_;
    worker_.metrics = &metrics_;
    worker_.bootstrap_servers = broker_->bootstrap_servers();
  }
  ~TaskFlow() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  std::shared_ptr<TaskRunner> start(config::ConnectorKind kind, config::ConfigMap properties, bool paused = false) {
    properties.set("name", "flow");
    properties.set("connector.class", kind == config::ConnectorKind::kSource ? "ScriptedSource" : "ScriptedSink");
    properties.set("journal", journal().string());
    properties.set("sluice.isolation", GetParam());
    config::ConnectorConfig connector = must(config::ConnectorConfig::make(kind, properties, *plugins_));
    TaskSpec spec{{"flow", 0}, std::move(connector), properties, paused};
    auto runner = make_task_runner(worker_, std::move(spec), listener_);
    runner->start();
    return runner;
  }
  static bool stop(const std::shared_ptr<TaskRunner>& runner) {
    runner->request_stop();
    return runner->await(Clock::now() + kPatience);
  }

  fs::path journal() const { return directory_ / "journal"; }
  std::vector<std::string> journal_lines() const {
    std::ifstream in(journal());
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  std::size_t journal_count(const std::string& line) const {
    const auto lines = journal_lines();
    return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), line));
  }
  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = Clock::now() + kPatience;
    while (!condition()) {
      if (Clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  std::string stored_offset(const std::string& partition) {
    const auto values = offsets_.get({"[\"flow\"," + partition + "]"}, Clock::now() + kPatience);
    return values && (*values)[0] ? *(*values)[0] : "";
  }

  struct Read {
    std::string key, value;
    std::map<std::string, std::string> headers;
  };
  // The values in a topic, read by a consumer of its own until there are `count`.
  std::vector<std::string> values_in(const std::string& topic, std::size_t count) {
    std::vector<std::string> values;
    for (Read& record : records_in(topic, count)) values.push_back(std::move(record.value));
    return values;
  }
  std::vector<Read> records_in(const std::string& topic, std::size_t count) {
    auto client = must(kafka::translate_client_config({{"bootstrap.servers", broker_->bootstrap_servers()},
                                                       {"group.id", "reader-" + std::to_string(counter_++)},
                                                       {"auto.offset.reset", "earliest"},
                                                       {"enable.auto.commit", "false"}},
                                                      kafka::ClientKind::kConsumer));
    auto consumer = must(kafka::Consumer::create(client));
    const std::string topics[] = {topic};
    EXPECT_TRUE(consumer->subscribe(topics));
    std::vector<Read> records;
    const auto deadline = Clock::now() + kPatience;
    while (records.size() < count && Clock::now() < deadline) {
      auto batch = consumer->poll(milliseconds(100));
      if (!batch) continue;
      for (std::size_t i = 0; i < batch->size(); ++i) {
        Read& read = records.emplace_back(
            Read{std::string(batch->messages()[i].key), std::string(batch->messages()[i].value), {}});
        std::vector<kafka::HeaderView> headers;
        batch->headers(i, headers);
        for (const kafka::HeaderView& header : headers) read.headers[std::string(header.key)] = header.value;
      }
    }
    return records;
  }

  // How many records partition 0 of a topic has.
  std::int64_t size_of(const std::string& topic) {
    auto client = must(kafka::translate_client_config({{"bootstrap.servers", broker_->bootstrap_servers()}},
                                                      kafka::ClientKind::kProducer));
    const base::TopicPartition partitions[] = {{topic, 0}};
    return must(must(kafka::Producer::create(client))->end_offsets(partitions, kPatience)).front().offset;
  }

  void fill(const std::string& topic, int count) {
    auto client = must(kafka::translate_client_config({{"bootstrap.servers", broker_->bootstrap_servers()}},
                                                      kafka::ClientKind::kProducer));
    auto producer = must(kafka::Producer::create(client));
    kafka::Topic* handle = must(producer->topic(topic));
    std::vector<std::string> values;
    for (int i = 0; i < count; ++i) values.push_back(std::to_string(i));
    for (const std::string& value : values)
      ASSERT_EQ(producer->produce({.topic = handle, .partition = 0, .value = value}), kafka::ProduceStatus::kOk);
    ASSERT_TRUE(producer->flush(Clock::now() + kPatience, [](std::span<const kafka::Delivery>) {}));
  }

  static std::vector<std::string> numbers(int begin, int end) {
    std::vector<std::string> result;
    for (int i = begin; i < end; ++i) result.push_back(std::to_string(i));
    return result;
  }

  static inline std::atomic<int> counter_{0};
  fs::path directory_;
  std::unique_ptr<kafka::EmbeddedBroker> broker_;
  std::unique_ptr<config::WorkerConfig> config_;
  std::unique_ptr<plugin::Registry> plugins_;
  store::MemoryOffsetStore offsets_;
  metrics::Registry metrics_{{}, base::system_clock()};
  RecordingListener listener_;
  WorkerContext worker_;
};

}  // namespace sluice::task
