// Whole tasks, with a scripted plugin and the embedded broker: what a user would see of a source and a sink.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
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
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{30};

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

class TaskFlow : public testing::Test {
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
                                  .probe_command = ""});
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

  // The values in a topic, read by a consumer of its own until there are `count`.
  std::vector<std::string> values_in(const std::string& topic, std::size_t count) {
    auto client = must(kafka::translate_client_config({{"bootstrap.servers", broker_->bootstrap_servers()},
                                                       {"group.id", "reader-" + std::to_string(counter_++)},
                                                       {"auto.offset.reset", "earliest"},
                                                       {"enable.auto.commit", "false"}},
                                                      kafka::ClientKind::kConsumer));
    auto consumer = must(kafka::Consumer::create(client));
    const std::string topics[] = {topic};
    EXPECT_TRUE(consumer->subscribe(topics));
    std::vector<std::string> values;
    const auto deadline = Clock::now() + kPatience;
    while (values.size() < count && Clock::now() < deadline) {
      auto batch = consumer->poll(milliseconds(100));
      if (!batch) continue;
      for (const kafka::Message& message : batch->messages()) values.emplace_back(message.value);
    }
    return values;
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

TEST_F(TaskFlow, ASourceDeliversCommitsAndResumes) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "10"}});
  EXPECT_EQ(values_in("out", 10), numbers(0, 10));
  EXPECT_TRUE(eventually([&] { return stored_offset(R"({"line":0})") == R"({"n":10})"; }));
  EXPECT_TRUE(eventually([&] { return journal_count("commit") > 0; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(listener_.events(), (std::vector<std::string>{"RUNNING", "topic out", "UNASSIGNED"}));
  EXPECT_EQ(journal_count("delivered 9"), 1u);
  EXPECT_EQ(journal_lines().back(), "stop");

  runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "12"}});
  EXPECT_EQ(values_in("out", 12), numbers(0, 12));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("resume 10"), 1u);
}

TEST_F(TaskFlow, ARetriedPollLosesNothing) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"retry.at", "5"}});
  EXPECT_EQ(values_in("out", 10), numbers(0, 10));
  EXPECT_EQ(journal_count("retry"), 1u);
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, AFailingPollFailsTheTaskAfterItsRecordsAreSafe) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"fail.at", "6"}});
  EXPECT_NE(listener_.wait_for("FAILED").find("told to fail at 6"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  EXPECT_EQ(values_in("out", 6), numbers(0, 6));
  EXPECT_EQ(stored_offset(R"({"line":0})"), R"({"n":6})");
}

TEST_F(TaskFlow, AFailingStartIsToldAndTheInstanceIsNotStopped) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"fail.start", "true"}});
  EXPECT_NE(listener_.wait_for("FAILED").find("told to fail at start"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  EXPECT_EQ(journal_count("stop"), 0u);
}

TEST_F(TaskFlow, BrokenTopicCreationSettingsFailTheTask) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"topic.creation.default.partitions", "1"}});
  EXPECT_NE(listener_.wait_for("FAILED").find("topic.creation.default.replication.factor"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
}

TEST_F(TaskFlow, TopicsThatCannotBeCreatedAsWantedFailTheConnector) {
  const config::ConfigMap properties = {{"name", "flow"},
                                        {"connector.class", "ScriptedSource"},
                                        {"journal", journal().string()},
                                        {"topic", "out"},
                                        {"topic.creation.default.replication.factor", "0"},
                                        {"topic.creation.default.partitions", "1"}};
  RecordingConnectorListener listener;
  auto runner = make_connector_runner(
      worker_, must(config::ConnectorConfig::make(config::ConnectorKind::kSource, properties, *plugins_)), listener);
  std::promise<base::Result<ConnectorState>> reached;
  runner->start(ConnectorState::kStarted, [&](base::Result<ConnectorState> result) { reached.set_value(result); });
  const auto outcome = reached.get_future().get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(),
            "Invalid value 0 for configuration replication.factor: Replication factor must be positive and not larger "
            "than the number of brokers in the Kafka cluster, or -1 to use the broker's default");
  runner->request_stop();
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  ASSERT_FALSE(listener.events.empty());
  EXPECT_TRUE(listener.events[0].starts_with("FAILED org.apache.kafka.common.config.ConfigException: Invalid value 0"));
}

TEST_F(TaskFlow, TopicsAreToldAgainWhenTheyWereForgotten) {
  fill("in", 1);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  ASSERT_EQ(listener_.wait_for("topic"), "topic in");
  const auto told = [&] {
    const auto events = listener_.events();
    return std::count(events.begin(), events.end(), "topic in");
  };
  const auto before = told();
  listener_.forget_topics();
  fill("in", 1);
  EXPECT_TRUE(eventually([&] { return told() > before; }));
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, OffsetsThatCouldNotBeStoredGoWithTheNextWrite) {
  offsets_.fail_puts(2, base::Error(base::Code::kRetry, base::exceptions::kConnect, "the disk is full"));
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "4"}});
  EXPECT_TRUE(eventually([&] { return stored_offset(R"({"line":0})") == R"({"n":4})"; }));
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, APausedSourceDoesNotPoll) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "3"}}, true);
  EXPECT_EQ(listener_.wait_for("PAUSED"), "PAUSED");
  EXPECT_EQ(journal_count("start"), 0u);
  runner->set_paused(false);
  EXPECT_EQ(values_in("out", 3), numbers(0, 3));
  runner->set_paused(true);
  EXPECT_TRUE(eventually([&] {
    const auto events = listener_.events();
    return std::count(events.begin(), events.end(), "PAUSED") == 2;
  }));
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, AnAbandonedSourceDeliversNothingWhenItsBrokerComesBack) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "3"}}, true);
  EXPECT_EQ(listener_.wait_for("PAUSED"), "PAUSED");
  broker_->set_down(true);
  runner->set_paused(false);
  EXPECT_EQ(listener_.wait_for("topic out"), "topic out");  // its records are with the producer now
  runner->request_stop();
  EXPECT_FALSE(runner->await(Clock::now() + milliseconds(200)));  // waits for the broker
  runner->abandon();
  broker_->set_down(false);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  fill("out", 1);
  EXPECT_EQ(values_in("out", 1), numbers(0, 1));
  EXPECT_EQ(size_of("out"), 1);
  EXPECT_EQ(stored_offset(R"({"line":0})"), "");
}

TEST_F(TaskFlow, ASinkPutsAndCommits) {
  fill("in", 20);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 19") == 1; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("open 1"), 1u);
  EXPECT_EQ(journal_count("close 1"), 1u);
  // The group goes on where it was: nothing is put twice.
  runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  fill("in", 21);
  EXPECT_TRUE(eventually([&] { return journal_count("put 20") == 1; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("put 5"), 2u);  // once of each filling
}

TEST_F(TaskFlow, ASinkThatAsksForARetryGetsTheSameRecordsInOrder) {
  fill("in", 10);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"retry.times", "3"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 9") == 1; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("retry 0"), 3u);
  std::vector<std::string> puts;
  for (const std::string& line : journal_lines())
    if (line.starts_with("put ")) puts.push_back(line.substr(4));
  EXPECT_EQ(puts, numbers(0, 10));
}

TEST_F(TaskFlow, ASinkMayKeepABatchAndReleaseItOnAnotherThread) {
  fill("in", 50);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"keep", "true"}});
  EXPECT_TRUE(eventually([&] { return journal_count("kept 49") == 1; }));
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, ASinkThatHoldsOffsetsBackGetsItsRecordsAgain) {
  fill("in", 5);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"hold", "true"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 1; }));
  EXPECT_TRUE(stop(runner));
  runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 2; }));
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, AFailedPreCommitRewindsToTheLastCommittedOffsets) {
  fill("in", 5);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"fail.pre.commit", "true"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 2; }));
  EXPECT_EQ(journal_count("pre_commit fails"), 1u);
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, AFailingPutFailsTheTaskAndCommitsNothingOfThatBatch) {
  fill("in", 5);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"fail.at", "3"}});
  const std::string failure = listener_.wait_for("FAILED");
  EXPECT_NE(failure.find("Exiting WorkerSinkTask due to unrecoverable exception."), std::string::npos);
  EXPECT_NE(failure.find("told to fail at 3"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 1; }));
  EXPECT_EQ(journal_count("put 0"), 2u);
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, RecordsThatDoNotConvertGoToTheDeadLetterQueue) {
  fill("in", 4);  // "0" .. "3" are four bytes short of an integer
  auto runner =
      start(config::ConnectorKind::kSink, {{"topics", "in"},
                                           {"value.converter", "org.apache.kafka.connect.converters.IntegerConverter"},
                                           {"errors.tolerance", "all"},
                                           {"errors.deadletterqueue.topic.name", "dead"},
                                           {"errors.deadletterqueue.topic.replication.factor", "1"},
                                           {"errors.deadletterqueue.context.headers.enable", "true"}});
  EXPECT_EQ(values_in("dead", 4), numbers(0, 4));
  EXPECT_TRUE(stop(runner));
}

TEST_F(TaskFlow, ErrantRecordsGoToTheDeadLetterQueue) {
  fill("in", 6);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"},
                                                     {"errant", "true"},
                                                     {"errors.tolerance", "all"},
                                                     {"errors.deadletterqueue.topic.name", "dead"},
                                                     {"errors.deadletterqueue.topic.replication.factor", "1"}});
  EXPECT_EQ(values_in("dead", 3), (std::vector<std::string>{"1", "3", "5"}));
  EXPECT_TRUE(stop(runner));
}

}  // namespace
}  // namespace sluice::task
