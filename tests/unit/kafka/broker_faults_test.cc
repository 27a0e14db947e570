// A real broker that stops answering, dies and comes back. Starts a broker of its own, since the shared one serves
// other tests too; runs only where a real broker is available (SLUICE_TEST_BOOTSTRAP).

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>

#include "runtime/kafka/admin.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/kafka_log.h"
#include "runtime/kafka/producer.h"

namespace sluice::kafka {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class BrokerFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::getenv("SLUICE_TEST_BOOTSTRAP")) GTEST_SKIP() << "needs a real broker: set SLUICE_TEST_BOOTSTRAP";
    folder_ = std::filesystem::temp_directory_path() / ("sluice-broker-faults-" + std::to_string(::getpid()));
    bootstrap_ = kafka("start");
    ASSERT_NE(bootstrap_.find(':'), std::string::npos) << bootstrap_;
    auto admin = Admin::create(config(ClientKind::kAdmin, {}));
    ASSERT_TRUE(admin);
    const auto created = (*admin)->create_topic({"t", 1, 1}, 30s);
    ASSERT_TRUE(created) << created.error().to_string();
  }
  void TearDown() override {
    if (!bootstrap_.empty()) kafka("remove");
  }

  // Runs a verb of tests/services/kafka.sh and gives what it printed.
  std::string kafka(const std::string& verb) {
    const std::string command =
        std::string(SLUICE_SOURCE_DIR "/tests/services/kafka.sh ") + verb + " '" + folder_.string() + "'";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) return {};
    std::string out;
    std::array<char, 256> part{};
    while (std::fgets(part.data(), static_cast<int>(part.size()), pipe)) out += part.data();
    EXPECT_EQ(::pclose(pipe), 0) << command;
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  ClientConfig config(ClientKind kind, ConfigMap keys) const {
    keys.emplace("bootstrap.servers", bootstrap_);
    return *translate_client_config(keys, kind);
  }

 private:
  std::filesystem::path folder_;
  std::string bootstrap_;
};

// Sends numbered records while `trouble` goes on; all must arrive, and be read.
void nothing_is_lost(Producer& producer, Consumer& consumer, const std::function<void(int second)>& trouble) {
  Topic* topic = *producer.topic("t");
  std::vector<std::string> values;
  for (int i = 0; i < 400; ++i) values.push_back(std::to_string(i));
  int delivered = 0;
  const auto on_delivery = [&](std::span<const Delivery> reports) {
    for (const auto& report : reports) {
      EXPECT_EQ(report.error, 0) << error_text(report.error);
      ++delivered;
    }
  };
  std::set<std::string> read;
  const auto read_some = [&] {
    const auto batch = consumer.poll(10ms);
    if (!batch) return ADD_FAILURE() << batch.error().to_string();
    for (const auto& message : batch->messages()) read.insert(std::string(message.value));
  };
  for (int i = 0; i < 400; ++i) {
    if (i % 100 == 0) trouble(i / 100);
    ASSERT_EQ(producer.produce({.topic = topic, .value = values[static_cast<std::size_t>(i)]}), ProduceStatus::kOk);
    producer.poll_deliveries(0ms, on_delivery);
    read_some();
  }
  const auto flushed = producer.flush(steady_clock::now() + 60s, on_delivery);
  ASSERT_TRUE(flushed) << flushed.error().to_string();
  EXPECT_EQ(delivered, 400);
  const auto deadline = steady_clock::now() + 60s;
  while (read.size() < 400 && steady_clock::now() < deadline) read_some();
  EXPECT_EQ(read.size(), 400u);
}

TEST_F(BrokerFaults, PausedAndKilledBrokerLosesNothing) {
  auto producer = Producer::create(config(ClientKind::kProducer, {{"enable.idempotence", "false"},
                                                                  {"max.in.flight.requests.per.connection", "1"},
                                                                  {"request.timeout.ms", "2000"},
                                                                  {"delivery.timeout.ms", "2147483647"}}));
  ASSERT_TRUE(producer);
  auto consumer = Consumer::create(config(
      ClientKind::kConsumer, {{"group.id", "g"}, {"enable.auto.commit", "false"}, {"auto.offset.reset", "earliest"}}));
  ASSERT_TRUE(consumer);
  ASSERT_TRUE((*consumer)->subscribe(std::vector<std::string>{"t"}));
  nothing_is_lost(**producer, **consumer, [&](int phase) {
    if (phase == 1) {
      kafka("pause");
      std::thread([&] {
        // tidy: allow(sleep): the broker is a process of its own, stopped in its tracks for so long
        std::this_thread::sleep_for(3s);
        kafka("resume");
      }).join();
    } else if (phase == 2) {
      kafka("kill");
    } else if (phase == 3) {
      kafka("restart");
    }
  });
}

TEST_F(BrokerFaults, LogAndAdminSayThatTheBrokerIsGoneAndGoOnWhenItIsBack) {
  KafkaLogOptions options;
  options.topic = "t";
  options.producer =
      config(ClientKind::kProducer, {{"enable.idempotence", "false"}, {"delivery.timeout.ms", "2147483647"}});
  options.consumer = config(ClientKind::kConsumer, {});
  std::atomic<int> records{0};
  KafkaLog log(
      options, [&](const Message&) { ++records; }, nullptr);
  ASSERT_TRUE(log.start());
  kafka("kill");
  ASSERT_TRUE(log.send("k", "v", nullptr));
  const auto late = log.read_to_end(steady_clock::now() + 1s);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), base::Code::kTimeout);
  auto admin = Admin::create(config(ClientKind::kAdmin, {}));
  const auto listed = (*admin)->list_topics(1s);
  ASSERT_FALSE(listed);
  EXPECT_TRUE(listed.error().code() == base::Code::kRetry || listed.error().code() == base::Code::kTimeout);
  kafka("restart");
  const auto read = log.read_to_end(steady_clock::now() + 60s);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(records, 1);
  EXPECT_TRUE((*admin)->list_topics(30s));
}

}  // namespace
}  // namespace sluice::kafka
