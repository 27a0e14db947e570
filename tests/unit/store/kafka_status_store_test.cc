#include "runtime/store/kafka_status_store.h"

#include <gmock/gmock.h>

#include "tests/unit/store/cluster_store_test.h"
#include "tests/unit/store/internal_topic_records.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class KafkaStatusStoreTest : public ClusterStoreTest {
 protected:
  std::unique_ptr<StatusStore> started() {
    auto made = make_kafka_status_store(worker(), address(), base::system_clock());
    EXPECT_TRUE(made) << made.error().to_string();
    const auto status = (*made)->start();
    EXPECT_TRUE(status) << status.error().to_string();
    return std::move(*made);
  }
  static std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 30s; }
  static Status status(const std::string& state, int generation, const std::string& worker = "w1:8083") {
    return {state, "", worker, generation, std::nullopt};
  }
};
SLUICE_BROKER_TESTS(KafkaStatusStoreTest);

TEST_P(KafkaStatusStoreTest, EveryWorkerSeesWhatOneWrites) {
  auto one = started();
  auto other = started();
  one->put_connector("c", status("RUNNING", 3), StatusWrite::kAlways);
  one->put_task({"c", 0}, {"FAILED", "trace", "w1:8083", 4, "1.0"}, StatusWrite::kSafe);
  one->put_topic({"t", "c", 0, 5});
  one->put_topic({"t", "c", 1, 6});  // known
  ASSERT_TRUE(one->flush(soon()));
  until([&] { return other->connector("c") && other->task({"c", 0}) && other->has_topic("c", "t"); });
  EXPECT_EQ(other->connectors(), std::vector<std::string>{"c"});
  EXPECT_EQ(other->connector("c"), status("RUNNING", 3));
  EXPECT_EQ(other->task({"c", 0}), (Status{"FAILED", "trace", "w1:8083", 4, "1.0"}));
  EXPECT_EQ(other->tasks("c").size(), 1U);
  EXPECT_EQ(other->topics("c"), std::vector<std::string>{"t"});
  until([&] { return one->has_topic("c", "t"); });
  one->put_topic({"t", "c", 1, 7});  // known, now from the topic

  other->remove_topics("c");
  other->remove_connector("c");
  ASSERT_TRUE(other->flush(soon()));
  until([&] { return !one->connector("c") && !one->task({"c", 0}) && !one->has_topic("c", "t"); });
  one->put_topic({"t", "c", 1, 8});  // forgotten, so it is told again
  ASSERT_TRUE(one->flush(soon()));
  std::vector<std::string> keys;
  for (const auto& got : all_records(topic("status"))) keys.push_back(got.key + (got.value_null ? " null" : ""));
  EXPECT_THAT(keys, testing::UnorderedElementsAre("status-connector-c", "status-task-c-0", "status-topic-t:connector-c",
                                                  "status-topic-t:connector-c null", "status-connector-c null",
                                                  "status-task-c-0 null", "status-topic-t:connector-c"));
  one->stop();
  other->stop();
}

TEST_P(KafkaStatusStoreTest, SafeWritesGiveWayToNewerGenerationsOfOthers) {
  auto one = started();
  one->put_task({"c", 0}, status("RUNNING", 7, "other:1"), StatusWrite::kAlways);
  ASSERT_TRUE(one->flush(soon()));
  until([&] { return one->task({"c", 0}).has_value(); });
  one->put_task({"c", 0}, status("FAILED", 6, "w1:1"), StatusWrite::kSafe);  // skipped
  ASSERT_TRUE(one->flush(soon()));
  one->put_task({"c", 1}, status("RUNNING", 1, "w1:1"), StatusWrite::kSafe);  // nothing is known of it
  until([&] { return one->task({"c", 1}).has_value(); });
  EXPECT_EQ(one->task({"c", 0})->state, "RUNNING");
  one->put_task({"c", 0}, status("FAILED", 7, "w1:1"), StatusWrite::kSafe);
  until([&] { return one->task({"c", 0})->state == "FAILED"; });
  one->put_task({"c", 0}, status("PAUSED", 1, "w1:1"), StatusWrite::kAlways);
  until([&] { return one->task({"c", 0})->state == "PAUSED"; });
  one->put_task({"c", 0}, status("DESTROYED", 8, "w1:1"), StatusWrite::kAlways);
  until([&] { return !one->task({"c", 0}); });
  one->stop();
}

SLUICE_BROKER_TESTS_ON("embedded", EmbeddedKafkaStatusStoreTest, KafkaStatusStoreTest);

// Needs a broker that fails on demand.
TEST_P(EmbeddedKafkaStatusStoreTest, FailedWritesAreTriedAgain) {
  constexpr std::int16_t kProduceRequest = 0;
  constexpr int kNotEnoughReplicas = 19;
  auto one = started();
  broker().fail_requests(kProduceRequest, kNotEnoughReplicas, 3);
  one->put_connector("c", status("RUNNING", 1), StatusWrite::kAlways);
  one->put_topic({"t", "c", 0, 1});
  ASSERT_TRUE(one->flush(soon()));
  until([&] { return one->connector("c") && one->has_topic("c", "t"); });
  // What is written meanwhile takes the place of what waits.
  broker().fail_requests(kProduceRequest, kNotEnoughReplicas, 2);
  one->put_connector("c", status("PAUSED", 1), StatusWrite::kAlways);
  one->put_connector("c", status("STOPPED", 1), StatusWrite::kAlways);
  ASSERT_TRUE(one->flush(soon()));
  until([&] { return one->connector("c")->state == "STOPPED"; });
  one->stop();
}

// Needs a broker that goes away on demand.
TEST_P(EmbeddedKafkaStatusStoreTest, FlushEndsAtItsDeadline) {
  auto one = started();
  broker().set_down(true);
  one->put_connector("c", status("RUNNING", 1), StatusWrite::kAlways);
  const auto flushed = one->flush(std::chrono::steady_clock::now() + 300ms);
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code(), base::Code::kTimeout);
  broker().set_down(false);
  ASSERT_TRUE(one->flush(soon()));
  one->stop();
  one->put_connector("c", status("RUNNING", 2), StatusWrite::kAlways);  // harmless
  EXPECT_TRUE(one->flush(soon()));
}

TEST_P(KafkaStatusStoreTest, ReadsWhatConnectWrote) {
  ASSERT_TRUE(admin()->create_topic_if_missing({topic("status"), 5, 1, {{"cleanup.policy", "compact"}}}, 30s));
  std::map<std::string, std::int32_t> partitions;
  for (const auto& record : recorded("lifecycle-source", "status")) {
    if (record.step.starts_with("delete")) break;
    write(topic("status"), record.key, record.value ? record.value->c_str() : nullptr);
    partitions[record.key] = record.partition;
  }
  write(topic("status"), "foreign", "x");
  auto one = started();
  EXPECT_EQ(one->connector("it-src")->state, "STOPPED");
  EXPECT_THAT(one->tasks("it-src"), IsEmpty());
  EXPECT_EQ(one->topics("it-src"), std::vector<std::string>{"it-src-t"});
  one->put_task({"it-src", 0}, status("RUNNING", 1), StatusWrite::kAlways);
  ASSERT_TRUE(one->flush(soon()));
  for (const auto& got : all_records(topic("status"))) {
    if (got.key != "foreign") {
      EXPECT_EQ(got.partition, partitions[got.key]) << got.key;
    }
  }
  one->stop();
}

}  // namespace
}  // namespace sluice::store
