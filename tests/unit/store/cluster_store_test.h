#pragma once
// What the tests of stores on topics share: a broker (kafka::BrokerTest) and a distributed worker's configuration with
// topics of its own.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "runtime/config/worker_config.h"
#include "tests/unit/kafka/broker_test.h"

namespace sluice::store {

using namespace std::chrono_literals;

class ClusterStoreTest : public kafka::BrokerTest {
 protected:
  void SetUp() override {
    kafka::BrokerTest::SetUp();
    group_ = unique("group");
  }

  std::string topic(const std::string& kind) const { return group_ + "-" + kind; }
  std::string address() const {
    return embedded() ? kafka::EmbeddedBroker::running()->bootstrap_servers() : bootstrap();
  }

  config::WorkerConfig worker(const std::map<std::string, std::string>& more = {}) const {
    config::ConfigMap properties{{"bootstrap.servers", bootstrap()},
                                 {"group.id", group_},
                                 {"key.converter", "org.apache.kafka.connect.json.JsonConverter"},
                                 {"value.converter", "org.apache.kafka.connect.json.JsonConverter"}};
    for (const char* kind : {"config", "offset", "status"}) {
      const std::string prefix = std::string(kind) + ".storage.";
      properties.set(prefix + "topic", topic(kind));
      properties.set(prefix + "replication.factor", "1");
      if (kind != std::string_view("config")) properties.set(prefix + "partitions", "5");
    }
    for (const auto& [key, value] : more) properties.set(key, value);
    auto made =
        config::WorkerConfig::make(config::WorkerMode::kDistributed, properties, config::builtin_config_providers());
    EXPECT_TRUE(made) << made.error().to_string();
    return std::move(*made);
  }

  // All records of a topic, read from its beginning by a client of its own.
  std::vector<kafka::Got> all_records(const std::string& name, const std::string& isolation = "read_committed") const {
    auto reader = consumer({{"isolation.level", isolation}, {"group.id", unique("reader")}});
    auto partitions = reader->partitions_of(name, 30s);
    EXPECT_TRUE(partitions) << partitions.error().to_string();
    const auto ends = reader->end_offsets(*partitions, 30s);
    std::vector<kafka::PartitionOffset> begins;
    for (const auto& partition : *partitions) begins.push_back({partition, kafka::Consumer::kOffsetBeginning});
    EXPECT_TRUE(reader->assign(begins));
    std::vector<kafka::Got> all;
    EXPECT_TRUE(ends);
    const auto complete = [&] {
      return ends && std::all_of(ends->begin(), ends->end(), [&](const kafka::PartitionOffset& end) {
               return end.offset <= 0 || std::any_of(all.begin(), all.end(), [&](const kafka::Got& got) {
                        return got.partition == end.partition.partition && got.offset + 1 >= end.offset;
                      });
             });
    };
    // Ends of transactions are offsets without a record, so that quiet decides in the end.
    int quiet = 0;
    while (!complete() && quiet < 20) {
      auto batch = reader->poll(250ms);
      EXPECT_TRUE(batch);
      if (!batch) break;
      quiet = batch->empty() ? quiet + 1 : 0;
      append(*batch, all);
    }
    return all;
  }

  void write(const std::string& name, const std::string& key, const char* value) const {
    auto maker = producer();
    auto handle = maker->topic(name);
    ASSERT_TRUE(handle);
    const std::string_view bytes = value ? std::string_view(value) : std::string_view();
    ASSERT_EQ(maker->produce({.topic = *handle, .key = key, .value = bytes}), kafka::ProduceStatus::kOk);
    ASSERT_TRUE(maker->flush(std::chrono::steady_clock::now() + 30s, [](std::span<const kafka::Delivery> reports) {
      for (const auto& report : reports) EXPECT_EQ(report.error, 0);
    }));
  }

  std::string group_;
};

// Waits for the one call of a Done.
class Outcome {
 public:
  std::function<void(base::Status)> done() {
    return [state = state_](base::Status status) {
      std::lock_guard lock(state->mutex);
      EXPECT_FALSE(state->status) << "called twice";
      state->status = std::move(status);
      state->changed.notify_all();
    };
  }
  base::Status wait() {
    std::unique_lock lock(state_->mutex);
    if (!state_->changed.wait_for(lock, 40s, [&] { return state_->status.has_value(); }))
      return base::fail(base::Code::kTimeout, base::exceptions::kTimeout, "done was not called");
    return *state_->status;
  }
  bool ended() {
    std::lock_guard lock(state_->mutex);
    return state_->status.has_value();
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<base::Status> status;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace sluice::store
