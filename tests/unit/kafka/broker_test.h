#pragma once
// What the tests of this folder share: each runs on the embedded broker, and on a real one if SLUICE_TEST_BOOTSTRAP
// names it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kafka/admin.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/kafka/producer.h"
#include "tests/unit/kafka/broker_kinds.h"

namespace sluice::kafka {

using namespace std::chrono_literals;

// A consumed record, by value.
struct Got {
  std::string topic, key, value;
  bool key_null, value_null;
  std::int32_t partition;
  std::int64_t offset, timestamp;
  std::vector<std::pair<std::string, std::string>> headers;
};

class BrokerTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!embedded()) return;
    auto broker = EmbeddedBroker::start();
    ASSERT_TRUE(broker) << broker.error().to_string();
    broker_ = std::move(*broker);
  }

  bool embedded() const { return GetParam() == "embedded"; }
  EmbeddedBroker& broker() { return *broker_; }
  std::string bootstrap() const { return embedded() ? "embedded" : std::getenv("SLUICE_TEST_BOOTSTRAP"); }

  ClientConfig config(ClientKind kind, ConfigMap more = {}) const {
    more.emplace("bootstrap.servers", bootstrap());
    if (kind == ClientKind::kConsumer) more.emplace("auto.offset.reset", "earliest");
    auto result = translate_client_config(more, kind);
    EXPECT_TRUE(result) << result.error().to_string();
    return result ? *result : ClientConfig{};
  }
  std::unique_ptr<Producer> producer(ConfigMap more = {}) const {
    auto made = Producer::create(config(ClientKind::kProducer, std::move(more)));
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? std::move(*made) : nullptr;
  }
  std::unique_ptr<Consumer> consumer(ConfigMap more = {}, RebalanceListener* listener = nullptr) const {
    auto made = Consumer::create(config(ClientKind::kConsumer, std::move(more)), listener);
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? std::move(*made) : nullptr;
  }
  std::unique_ptr<Admin> admin() const {
    auto made = Admin::create(config(ClientKind::kAdmin));
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? std::move(*made) : nullptr;
  }

  // A name of its own for each test process and call.
  static std::string unique(std::string_view stem) {
    static int count = 0;
    return std::string(stem) + "-" + std::to_string(::getpid()) + "-" +
           std::to_string(std::chrono::steady_clock::now().time_since_epoch().count() % 1'000'000'000) + "-" +
           std::to_string(++count);
  }
  std::string new_topic(int partitions = 1) const {
    const std::string name = unique("t");
    const auto status = admin()->create_topic({name, partitions, 1}, 30s);
    EXPECT_TRUE(status) << status.error().to_string();
    return name;
  }

  static constexpr auto ignore = [](std::span<const Delivery>) {};

  // Produces `values` in order to one partition and waits for the reports.
  void produce(const std::string& topic, const std::vector<std::string>& values, std::int32_t partition = 0) const {
    auto maker = producer();
    Topic* handle = *maker->topic(topic);
    for (const auto& value : values)
      ASSERT_EQ(maker->produce({.topic = handle, .partition = partition, .value = value}), ProduceStatus::kOk);
    const auto status = maker->flush(std::chrono::steady_clock::now() + 30s, [](std::span<const Delivery> reports) {
      for (const auto& report : reports) EXPECT_EQ(report.error, 0) << error_text(report.error);
    });
    ASSERT_TRUE(status) << status.error().to_string();
  }

  // Polls until `count` records came or 30 s passed.
  static std::vector<Got> consume(Consumer& consumer, std::size_t count) {
    std::vector<Got> all;
    until([&] {
      auto batch = consumer.poll(100ms);
      EXPECT_TRUE(batch) << batch.error().to_string();
      if (batch) append(*batch, all);
      return !batch || all.size() >= count;
    });
    EXPECT_EQ(all.size(), count);
    return all;
  }

  static void append(const MessageBatch& batch, std::vector<Got>& all) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Message& m = batch.messages()[i];
      std::vector<HeaderView> headers;
      batch.headers(i, headers);
      Got got{std::string(m.topic),
              std::string(m.key),
              std::string(m.value),
              m.key.data() == nullptr,
              m.value.data() == nullptr,
              m.partition,
              m.offset,
              m.timestamp_ms,
              {}};
      for (const auto& header : headers)
        got.headers.emplace_back(header.key, header.value.data() ? std::string(header.value) : "<null>");
      all.push_back(std::move(got));
    }
  }

  static std::vector<PartitionOffset> at(const std::string& topic, std::int32_t partition, std::int64_t offset,
                                         const std::string& metadata = {}) {
    std::vector<PartitionOffset> one(1);
    one[0].partition = {topic, partition};
    one[0].offset = offset;
    one[0].metadata = metadata;
    return one;
  }

  // Calls `done` until it returns true; false after 30 s.
  static bool until(const std::function<bool()>& done, std::chrono::milliseconds most = 30s) {
    const auto deadline = std::chrono::steady_clock::now() + most;
    while (std::chrono::steady_clock::now() < deadline)
      if (done()) return true;
    ADD_FAILURE() << "not reached in time";
    return false;
  }

 private:
  std::unique_ptr<EmbeddedBroker> broker_;
};

}  // namespace sluice::kafka
