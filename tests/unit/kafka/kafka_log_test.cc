#include "runtime/kafka/kafka_log.h"

#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "tests/unit/kafka/broker_test.h"

namespace sluice::kafka {
namespace {

using std::chrono::steady_clock;

// A log whose records end up in a map, as a store's do.
class Table {
 public:
  Table(const BrokerTest&, KafkaLogOptions options)
      : log(
            std::move(options), [this](const Message& message) { on_record(message); },
            [this](const base::Error& error) {
              std::lock_guard lock(mutex_);
              errors_.push_back(error.to_string());
            }) {}

  std::map<std::string, std::string> rows() {
    std::lock_guard lock(mutex_);
    return rows_;
  }
  int records() {
    std::lock_guard lock(mutex_);
    return records_;
  }

 private:
  void on_record(const Message& message) {
    std::lock_guard lock(mutex_);
    ++records_;
    if (message.value.data())
      rows_[std::string(message.key)] = message.value;
    else
      rows_.erase(std::string(message.key));
  }
  std::mutex mutex_;
  std::map<std::string, std::string> rows_;
  std::vector<std::string> errors_;
  int records_ = 0;

 public:
  KafkaLog log;
};

class KafkaLogTest : public BrokerTest {
 protected:
  KafkaLogOptions options(const std::string& topic, ConfigMap consumer_keys = {}) {
    KafkaLogOptions result;
    result.topic = topic;
    result.producer = config(ClientKind::kProducer, {{"enable.idempotence", "false"},
                                                     {"max.in.flight.requests.per.connection", "1"},
                                                     {"delivery.timeout.ms", "2147483647"}});
    result.consumer = config(ClientKind::kConsumer, std::move(consumer_keys));
    return result;
  }
  static steady_clock::time_point soon() { return steady_clock::now() + 30s; }
};

TEST_P(KafkaLogTest, ReadsWhatIsThereThenFollows) {
  const std::string topic = unique("log");
  auto with_topic = options(topic);
  int initialized = 0;
  with_topic.initialize_topic = [&]() -> base::Status {
    ++initialized;
    SLUICE_TRY(admin()->create_topic_if_missing({topic, 3, 1, {{"cleanup.policy", "compact"}}}, 30s));
    return {};
  };
  {
    Table first(*this, with_topic);
    const auto started = first.log.start();
    ASSERT_TRUE(started) << started.error().to_string();
    EXPECT_EQ(first.log.partition_count(), 3);
    EXPECT_EQ(first.records(), 0);
    int delivered = 0;
    for (int i = 0; i < 500; ++i)
      ASSERT_TRUE(first.log.send("key" + std::to_string(i % 50), std::to_string(i),
                                 [&](const base::Status& result) { delivered += result.has_value(); }));
    ASSERT_TRUE(first.log.send("key7", std::string_view(), nullptr));
    const auto read = first.log.read_to_end(soon());
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(delivered, 500);
    EXPECT_EQ(first.records(), 501) << "reads its own writes";
    EXPECT_EQ(first.rows().size(), 49u);
    EXPECT_EQ(first.rows()["key8"], "458");
  }
  Table second(*this, with_topic);
  Table third(*this, with_topic);
  ASSERT_TRUE(second.log.start());
  ASSERT_TRUE(third.log.start());
  EXPECT_EQ(initialized, 3);
  EXPECT_EQ(second.rows().size(), 49u) << "start returns when all has been read";
  ASSERT_TRUE(third.log.send("late", "x", nullptr));
  ASSERT_TRUE(third.log.flush(soon()));
  ASSERT_TRUE(second.log.read_to_end(soon()));
  EXPECT_EQ(second.rows()["late"], "x");
  ASSERT_TRUE(third.log.send("later", "y", nullptr));
  EXPECT_TRUE(until([&] {
    // tidy: allow(sleep): between two looks at what another thread reads from a broker
    std::this_thread::sleep_for(10ms);
    return second.rows().contains("later");
  })) << "followed without being asked";
}

TEST_P(KafkaLogTest, ReadToEndOnAnEmptyAndOnAnIdleTopicIsQuick) {
  Table table(*this, options(new_topic(2)));
  ASSERT_TRUE(table.log.start());
  const auto begin = steady_clock::now();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(table.log.read_to_end(soon()));
  std::promise<base::Status> promise;
  table.log.read_to_end_async(soon(), [&](const base::Status& status) { promise.set_value(status); });
  EXPECT_TRUE(promise.get_future().get());
  EXPECT_LT(steady_clock::now() - begin, 2s);
}

TEST_P(KafkaLogTest, CallbacksMaySend) {
  const std::string topic = new_topic();
  std::unique_ptr<Table> table = std::make_unique<Table>(*this, options(topic));
  ASSERT_TRUE(table->log.start());
  std::promise<base::Status> promise;
  ASSERT_TRUE(table->log.send("a", "1", [&](const base::Status&) {
    EXPECT_TRUE(table->log.send("b", "2", [&](const base::Status& result) { promise.set_value(result); }));
  }));
  EXPECT_TRUE(promise.get_future().get());
  ASSERT_TRUE(table->log.read_to_end(soon()));
  EXPECT_EQ(table->rows()["b"], "2");
}

TEST_P(KafkaLogTest, TopicThatDoesNotExistFailsWithConnectsText) {
  auto missing = options(unique("missing"));
  missing.metadata_timeout = 1500ms;
  Table table(*this, missing);
  const auto started = table.log.start();
  ASSERT_FALSE(started);
  EXPECT_STREQ(started.error().exception(), base::exceptions::kConnect);
  EXPECT_EQ(started.error().message().find("Could not look up partition metadata for topic 'missing"), 0u)
      << started.error().message();
  EXPECT_FALSE(*admin()->describe_topic(missing.topic, 30s)) << "and is not created by looking";
}

TEST_P(KafkaLogTest, InitializerErrorsStopTheStart) {
  auto failing = options(unique("log"));
  failing.initialize_topic = []() -> base::Status { return base::connect_error("no"); };
  Table table(*this, failing);
  EXPECT_EQ(table.log.start().error().message(), "no");
}

TEST_P(KafkaLogTest, AfterStopEverythingIsRefusedAndEverythingPendingIsTold) {
  Table table(*this, options(new_topic()));
  ASSERT_TRUE(table.log.start());
  int told = 0;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(table.log.send("k", "v", [&](const base::Status&) { ++told; }));
  table.log.stop();
  EXPECT_EQ(told, 10);
  EXPECT_EQ(table.log.send("k", "v", nullptr).error().code(), base::Code::kStopping);
  EXPECT_EQ(table.log.read_to_end(soon()).error().code(), base::Code::kStopping);
  table.log.stop();
}

SLUICE_BROKER_TESTS_ON("embedded", EmbeddedKafkaLogTest, KafkaLogTest);

// Needs a broker that can be switched off.
TEST_P(EmbeddedKafkaLogTest, SendIsBoundedInBytes) {
  auto small = options(new_topic());
  small.producer = config(ClientKind::kProducer, {{"buffer.memory", "10240"}, {"enable.idempotence", "false"}});
  Table table(*this, small);
  ASSERT_TRUE(table.log.start());
  broker().set_down(true);
  int accepted = 0;
  base::Status status;
  while (accepted < 100 && (status = table.log.send("k", std::string(1000, 'x'), nullptr))) ++accepted;
  EXPECT_LE(accepted, 10);
  EXPECT_GE(accepted, 9);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), base::Code::kRetry);
  const auto late = table.log.read_to_end(steady_clock::now() + 300ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), base::Code::kTimeout);
  broker().set_down(false);
  const auto read = table.log.read_to_end(soon());
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(table.records(), accepted) << "what was accepted arrives";
}

SLUICE_BROKER_TESTS_ON("real", RealKafkaLogTest, KafkaLogTest);

// The embedded broker does not hide what is not committed.
TEST_P(RealKafkaLogTest, ReadCommittedWaitsForOpenTransactions) {
  const std::string topic = new_topic();
  auto maker = producer({{"transactional.id", unique("tx")}});
  ASSERT_TRUE(maker->init_transactions(30s));
  Topic* handle = *maker->topic(topic);
  ASSERT_TRUE(maker->begin_transaction());
  ASSERT_EQ(maker->produce({.topic = handle, .key = "kept", .value = "1"}), ProduceStatus::kOk);
  ASSERT_TRUE(maker->commit_transaction(30s, ignore));
  ASSERT_TRUE(maker->begin_transaction());
  ASSERT_EQ(maker->produce({.topic = handle, .key = "dropped", .value = "2"}), ProduceStatus::kOk);
  ASSERT_TRUE(maker->flush(soon(), ignore));
  ASSERT_TRUE(maker->abort_transaction(30s, ignore));
  auto reading = options(topic, {{"isolation.level", "read_committed"}});
  reading.read_only = true;
  Table table(*this, reading);
  ASSERT_TRUE(table.log.start()) << "although the log ends with an abort mark";
  EXPECT_EQ(table.rows(), (std::map<std::string, std::string>{{"kept", "1"}}));
  ASSERT_TRUE(maker->begin_transaction());
  ASSERT_EQ(maker->produce({.topic = handle, .key = "open", .value = "3"}), ProduceStatus::kOk);
  ASSERT_TRUE(maker->flush(soon(), [](std::span<const Delivery> reports) {
    EXPECT_EQ(reports[0].error, 0) << error_text(reports[0].error);
  }));
  const auto early = table.log.read_to_end(steady_clock::now() + 500ms);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code(), base::Code::kTimeout);
  ASSERT_TRUE(maker->commit_transaction(30s, ignore));
  ASSERT_TRUE(table.log.read_to_end(soon()));
  EXPECT_EQ(table.rows()["open"], "3");
}

SLUICE_BROKER_TESTS(KafkaLogTest);

}  // namespace
}  // namespace sluice::kafka
