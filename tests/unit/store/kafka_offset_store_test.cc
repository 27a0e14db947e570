#include "runtime/store/kafka_offset_store.h"

#include <gmock/gmock.h>

#include <set>

#include "runtime/store/connector_offset_store.h"
#include "runtime/store/memory_offset_store.h"
#include "tests/unit/store/cluster_store_test.h"
#include "tests/unit/store/internal_topic_records.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using Values = std::vector<std::optional<std::string>>;

class KafkaOffsetStoreTest : public ClusterStoreTest {
 protected:
  std::unique_ptr<OffsetStore> started(const std::map<std::string, std::string>& more = {}) {
    auto made = make_kafka_offset_store(worker(more), address());
    EXPECT_TRUE(made) << made.error().to_string();
    const auto status = (*made)->start();
    EXPECT_TRUE(status) << status.error().to_string();
    return std::move(*made);
  }
  std::unique_ptr<OffsetStore> started_for_connector(OffsetStore& workers) {
    auto made =
        make_connector_offset_store(worker(),
                                    {topic("own"), config(kafka::ClientKind::kProducer),
                                     config(kafka::ClientKind::kConsumer, {{"isolation.level", "read_committed"}}),
                                     config(kafka::ClientKind::kAdmin)},
                                    workers);
    const auto status = made->start();
    EXPECT_TRUE(status) << status.error().to_string();
    return made;
  }
  static OffsetStore::Deadline soon() { return std::chrono::steady_clock::now() + 30s; }
  static base::Status put(OffsetStore& store, std::vector<OffsetRecord> records) {
    Outcome outcome;
    store.put(std::move(records), outcome.done());
    return outcome.wait();
  }
  static Values get(OffsetStore& store, const std::vector<std::string>& keys) {
    auto values = store.get(keys, soon());
    EXPECT_TRUE(values) << values.error().to_string();
    return values ? *values : Values();
  }
};
SLUICE_BROKER_TESTS(KafkaOffsetStoreTest);

const std::string kA = R"(["c",{"file":"a"}])", kB = R"(["c",{"file":"b","n":1}])", kOther = R"(["d",{"file":"a"}])";

TEST_P(KafkaOffsetStoreTest, OtherWorkersReadWhatOneWrote) {
  auto one = started();
  auto other = started();
  ASSERT_TRUE(put(*one, {{kA, R"({"position":1})"}, {kB, R"({"position":2})"}, {kOther, "{}"}}));
  EXPECT_EQ(get(*one, {kA, kB, "nobody's"}), (Values{R"({"position":1})", R"({"position":2})", std::nullopt}));
  EXPECT_EQ(get(*other, {kB}), (Values{R"({"position":2})"}));  // reads to the end first
  // Another order of members is the same partition, and its record is overwritten, not a second one written.
  ASSERT_TRUE(put(*other, {{R"(["c",{"n":1,"file":"b"}])", R"({"position":3})"}, {kA, std::nullopt}}));
  EXPECT_EQ(get(*one, {kB, kA}), (Values{R"({"position":3})", std::nullopt}));
  const auto all = one->all_of("c", soon());
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ((*all)[0].key, kB);
  EXPECT_TRUE(put(*one, {}));
  std::set<std::string> keys;
  for (const auto& got : all_records(topic("offset"))) keys.insert(got.key);
  EXPECT_THAT(keys, ElementsAre(kA, kB, kOther));
  one->stop();
  EXPECT_EQ(put(*one, {{kA, "{}"}}).error().code(), base::Code::kStopping);
  EXPECT_FALSE(one->get({kA}, soon()));
  other->stop();
}

TEST_P(KafkaOffsetStoreTest, ReadsAndContinuesWhatConnectWrote) {
  ASSERT_TRUE(admin()->create_topic_if_missing({topic("offset"), 5, 1, {{"cleanup.policy", "compact"}}}, 30s));
  const auto history = recorded("lifecycle-source", "offset");
  std::map<std::string, std::int32_t> partitions;
  for (const auto& record : history) {
    if (record.step.starts_with("DELETE offsets")) break;
    write(topic("offset"), record.key, record.value ? record.value->c_str() : nullptr);
    partitions[record.key] = record.partition;
  }
  write(topic("offset"), "not JSON", "at all");
  auto store = started();
  EXPECT_EQ(get(*store, {R"(["it-src",{"filename":"it-src.in"}])"}), (Values{R"({"position":8})"}));
  // Members in another order than Java's hash gives.
  ASSERT_TRUE(put(*store, {{R"(["it-src",{"filename":"other ü.in","n":1,"f":1.5,"b":true,"z":null}])", "{}"}}));
  for (const auto& got : all_records(topic("offset"))) {
    if (got.key == "not JSON") continue;
    ASSERT_TRUE(partitions.contains(got.key)) << got.key;
    EXPECT_EQ(got.partition, partitions[got.key]);
  }
  store->stop();
}

TEST_P(KafkaOffsetStoreTest, ManyOffsets) {
  constexpr int kCount = 20'000;
  auto store = started();
  const auto begin = std::chrono::steady_clock::now();
  for (int from = 0; from < kCount; from += 1000) {
    std::vector<OffsetRecord> records;
    for (int i = from; i < from + 1000; ++i)
      records.push_back({fmt::format(R"(["c{}",{{"file":"{}"}}])", i % 10, i), fmt::format(R"({{"position":{}}})", i)});
    ASSERT_TRUE(put(*store, std::move(records)));
  }
  std::printf("%d offsets written in %d ms\n", kCount,
              static_cast<int>((std::chrono::steady_clock::now() - begin) / 1ms));
  const auto again = std::chrono::steady_clock::now();
  auto other = started();
  std::printf("and read in %d ms\n", static_cast<int>((std::chrono::steady_clock::now() - again) / 1ms));
  EXPECT_EQ(other->all_of("c3", soon())->size(), static_cast<std::size_t>(kCount / 10));
  EXPECT_EQ(get(*other, {R"(["c9",{"file":"19999"}])"}), (Values{R"({"position":19999})"}));
  store->stop();
  other->stop();
}

TEST_P(KafkaOffsetStoreTest, FailedWritesAreTold) {
  auto store = started();
  const auto status = put(*store, {{kA, "{}"}, {kB, std::string(5'000'000, 'x')}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), base::Code::kBadRecord) << status.error().to_string();
  store->stop();
}

SLUICE_BROKER_TESTS_ON("real", RealKafkaOffsetStoreTest, KafkaOffsetStoreTest);

// The embedded broker shows what is not committed.
TEST_P(RealKafkaOffsetStoreTest, OnlyCommittedOffsetsCountWithExactlyOnce) {
  auto store = started({{"exactly.once.source.support", "enabled"}});
  auto writer = producer({{"transactional.id", unique("txn")}});
  ASSERT_TRUE(writer->init_transactions(30s));
  auto* handle = *writer->topic(topic("offset"));
  const std::string kept = R"({"position":1})", dropped = R"({"position":2})";
  ASSERT_TRUE(writer->begin_transaction());
  ASSERT_EQ(writer->produce({.topic = handle, .key = kA, .value = kept}), kafka::ProduceStatus::kOk);
  ASSERT_TRUE(writer->commit_transaction(30s, ignore));
  EXPECT_EQ(get(*store, {kA}), (Values{kept}));
  ASSERT_TRUE(writer->begin_transaction());
  ASSERT_EQ(writer->produce({.topic = handle, .key = kA, .value = dropped}), kafka::ProduceStatus::kOk);
  ASSERT_TRUE(writer->flush(soon(), ignore));
  // A read waits until the open transaction has ended.
  EXPECT_EQ(store->get({kA}, std::chrono::steady_clock::now() + 500ms).error().code(), base::Code::kTimeout);
  ASSERT_TRUE(writer->abort_transaction(30s, ignore));
  EXPECT_EQ(get(*store, {kA}), (Values{kept}));
  store->stop();
}

TEST_P(KafkaOffsetStoreTest, AConnectorsOwnTopicComesFirst) {
  MemoryOffsetStore workers;
  ASSERT_TRUE(put(workers, {{kA, "old"}, {kB, "only here"}, {kOther, "{}"}}));
  auto own = started_for_connector(workers);
  EXPECT_EQ(get(*own, {kA, kB}), (Values{"old", "only here"}));
  ASSERT_TRUE(put(*own, {{kA, "new"}}));
  EXPECT_EQ(get(*own, {kA, kB}), (Values{"new", "only here"}));
  EXPECT_EQ(get(workers, {kA}), (Values{"new"}));  // the copy
  ASSERT_TRUE(put(workers, {{kA, "changed behind its back"}}));
  EXPECT_EQ(get(*own, {kA}), (Values{"new"}));
  const auto all = own->all_of("c", soon());
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 2U);

  // A copy that fails is only logged; a removal that fails is not.
  workers.fail_puts(1, base::Error(base::Code::kRetry, base::exceptions::kRetriable, "full"));
  ASSERT_TRUE(put(*own, {{kA, "newer"}}));
  EXPECT_EQ(get(*own, {kA}), (Values{"newer"}));
  workers.fail_puts(1, base::Error(base::Code::kRetry, base::exceptions::kRetriable, "full"));
  EXPECT_FALSE(put(*own, {{kA, std::nullopt}, {kB, "b"}}));
  EXPECT_EQ(get(*own, {kA, kB}), (Values{"newer", "only here"}));
  ASSERT_TRUE(put(*own, {{kA, std::nullopt}, {kB, "b"}}));
  EXPECT_EQ(get(*own, {kA, kB}), (Values{std::nullopt, "b"}));
  EXPECT_EQ(get(workers, {kA, kB}), (Values{std::nullopt, "b"}));
  if (!embedded()) {
    EXPECT_EQ(admin()->topic_configs(topic("own"), 30s)->at("cleanup.policy"), "compact");
    EXPECT_EQ((*admin()->describe_topic(topic("own"), 30s))->partitions.size(), 5U);
  }
  own->stop();
  EXPECT_FALSE(put(*own, {{kA, "late"}}));
  EXPECT_EQ(get(workers, {kA}), (Values{std::nullopt}));
}

TEST(ConnectorOffsetTopic, TheWorkersOwnTopicIsRecognized) {
  const auto worker = config::WorkerConfig::make(config::WorkerMode::kDistributed,
                                                 {{"bootstrap.servers", "b:9092, a:9092"},
                                                  {"group.id", "g"},
                                                  {"key.converter", "JsonConverter"},
                                                  {"value.converter", "JsonConverter"},
                                                  {"config.storage.topic", "c"},
                                                  {"offset.storage.topic", "o"},
                                                  {"status.storage.topic", "s"}},
                                                 config::builtin_config_providers());
  ASSERT_TRUE(worker) << worker.error().to_string();
  EXPECT_TRUE(is_workers_offset_topic(*worker, "o", "a:9092,b:9092"));
  EXPECT_FALSE(is_workers_offset_topic(*worker, "o", "a:9092"));
  EXPECT_FALSE(is_workers_offset_topic(*worker, "p", "a:9092,b:9092"));
}

}  // namespace
}  // namespace sluice::store
