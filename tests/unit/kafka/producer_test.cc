#include "runtime/kafka/producer.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>

#include "runtime/kafka/murmur2.h"
#include "runtime/kafka/thread_slack.h"
#include "tests/unit/kafka/broker_test.h"

namespace sluice::kafka {
namespace {

using std::chrono::steady_clock;

class ProducerTest : public BrokerTest {};

TEST_P(ProducerTest, DeliversWithoutCopyingAndReportsEachRecordOnce) {
  const std::string topic = new_topic();
  auto maker = producer();
  Topic* handle = *maker->topic(topic);
  EXPECT_EQ(*maker->topic(topic), handle);
  std::vector<std::string> values;
  for (int i = 0; i < 1000; ++i) values.push_back("value-" + std::to_string(i));
  for (auto& value : values)
    ASSERT_EQ(maker->produce({.topic = handle, .value = value, .opaque = &value}), ProduceStatus::kOk);
  EXPECT_EQ(maker->outstanding(), 1000u);
  std::vector<std::int64_t> offsets;
  const auto status = maker->flush(steady_clock::now() + 30s, [&](std::span<const Delivery> reports) {
    ASSERT_FALSE(reports.empty());
    for (const auto& report : reports) {
      EXPECT_EQ(report.error, 0);
      EXPECT_EQ(report.opaque, &values[offsets.size()]) << "reports keep the order of one partition";
      EXPECT_EQ(report.partition, 0);
      EXPECT_GT(report.timestamp_ms,
                embedded() ? 0 : 1'600'000'000'000);  // the embedded broker answers with a fixed time
      offsets.push_back(report.offset);
    }
  });
  ASSERT_TRUE(status) << status.error().to_string();
  ASSERT_EQ(offsets.size(), 1000u);
  for (std::size_t i = 0; i < offsets.size(); ++i) EXPECT_EQ(offsets[i], static_cast<std::int64_t>(i));
  EXPECT_EQ(maker->outstanding(), 0u);
}

// Of the whole process.
double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

SLUICE_BROKER_TESTS_ON("embedded", EmbeddedProducerTest, ProducerTest);

// Without the wait a thread of librdkafka spins for as long as the broker takes to answer. Needs a broker that takes
// its time.
TEST_P(EmbeddedProducerTest, SleepsWhileAnAnswerIsAwaitedAndMoreRecordsWait) {
  const std::string topic = new_topic();
  auto maker = producer({{"max.in.flight.requests.per.connection", "1"}, {"linger.ms", "0"}});
  Topic* handle = *maker->topic(topic);
  ASSERT_EQ(maker->produce({.topic = handle, .value = "connects"}), ProduceStatus::kOk);
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, ignore));
  broker().set_round_trip_ms(200);
  const std::string value(100'000, 'v');  // ten to a request
  const auto began = steady_clock::now();
  const double cpu_before = cpu_seconds();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(maker->produce({.topic = handle, .value = value}), ProduceStatus::kOk);
  while (maker->outstanding() > 0) maker->poll_deliveries(1000ms, ignore);
  const double cpu = cpu_seconds() - cpu_before;
  const double seconds = std::chrono::duration<double>(steady_clock::now() - began).count();
  EXPECT_GT(seconds, 0.8);
  EXPECT_LT(cpu, seconds / 5);
}

// The slack of each thread of this process with that name.
std::vector<unsigned long> slack_of_threads(std::string_view name) {
  std::vector<unsigned long> slacks;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string comm;
    std::getline(std::ifstream(thread.path() / "comm"), comm);
    unsigned long slack = 0;
    if (comm == name && std::ifstream("/proc" / thread.path().filename() / "timerslack_ns") >> slack)
      slacks.push_back(slack);
  }
  return slacks;
}

TEST_P(ProducerTest, MainThreadsMayWakeLateAndBrokerThreadsMayNot) {
  const auto before = slack_of_threads("rdk:main").size();
  const auto maker = producer();
  const auto main = slack_of_threads("rdk:main");
  if (main.empty()) GTEST_SKIP() << "the slack of other threads may not be read here";
  ASSERT_EQ(main.size(), before + 1);
  EXPECT_EQ(std::ranges::count(main, kMainThreadSlackNs), 1 + (embedded() ? 0 : static_cast<int>(before)));
  EXPECT_EQ(std::ranges::count(slack_of_threads("rdk:broker-1"), kMainThreadSlackNs), 0);
}

TEST_P(ProducerTest, HeadersComeBackWhateverStandsBeforeThem) {
  const std::string topic = new_topic();
  auto maker = producer();
  Topic* handle = *maker->topic(topic);
  const HeaderView header[] = {{"h", "x"}};
  const std::string zeros(20'000, '\0');
  std::size_t made = 0;
  for (const std::size_t size : {0, 1, 63, 64, 65, 127, 128, 8191, 8192, 20'000}) {
    for (const std::string_view key : {std::string_view(), std::string_view(""), std::string_view("key")}) {
      for (const bool with : {true, false}) {
        ASSERT_EQ(maker->produce({.topic = handle,
                                  .partition = 0,
                                  .key = key,
                                  .value = std::string_view(zeros).substr(0, size),
                                  .headers = std::span(header, with ? 1 : 0)}),
                  ProduceStatus::kOk);
        ++made;
      }
    }
  }
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, ignore));
  auto reader = consumer();
  ASSERT_TRUE(reader->assign(at(topic, 0, Consumer::kOffsetBeginning)));
  const auto got = consume(*reader, made);
  ASSERT_EQ(got.size(), made);
  for (std::size_t i = 0; i < made; ++i) EXPECT_EQ(got[i].headers.size(), i % 2 == 0 ? 1u : 0u) << i;
}

TEST_P(ProducerTest, KeepsNullAndEmptyApartAndCarriesHeadersAndTimestamps) {
  const std::string topic = new_topic();
  auto maker = producer();
  Topic* handle = *maker->topic(topic);
  const HeaderView headers[] = {{"a", "1"}, {"empty", ""}, {"null", std::string_view()}, {"a", "2"}};
  ASSERT_EQ(maker->produce({.topic = handle,
                            .partition = 0,
                            .key = "k",
                            .value = "v",
                            .timestamp_ms = 1234567890123,
                            .headers = headers}),
            ProduceStatus::kOk);
  ASSERT_EQ(maker->produce({.topic = handle, .partition = 0}), ProduceStatus::kOk);
  ASSERT_EQ(maker->produce({.topic = handle, .partition = 0, .key = "", .value = ""}), ProduceStatus::kOk);
  ASSERT_EQ(maker->produce({.topic = handle, .partition = 0, .timestamp_ms = 5}), ProduceStatus::kOk);
  ASSERT_EQ(maker->produce({.topic = handle, .partition = 0, .key = "", .value = "", .timestamp_ms = 5}),
            ProduceStatus::kOk);
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, ignore));

  auto reader = consumer();
  ASSERT_TRUE(reader->assign(at(topic, 0, Consumer::kOffsetBeginning)));
  const auto got = consume(*reader, 5);
  ASSERT_EQ(got.size(), 5u);
  EXPECT_EQ(got[0].key, "k");
  EXPECT_EQ(got[0].value, "v");
  EXPECT_EQ(got[0].timestamp, 1234567890123);
  EXPECT_EQ(got[0].headers, (std::vector<std::pair<std::string, std::string>>{
                                {"a", "1"}, {"empty", ""}, {"null", "<null>"}, {"a", "2"}}));
  for (const int null_record : {1, 3}) {
    EXPECT_TRUE(got[null_record].key_null);
    EXPECT_TRUE(got[null_record].value_null);
  }
  for (const int empty_record : {2, 4}) {
    EXPECT_FALSE(got[empty_record].key_null);
    EXPECT_FALSE(got[empty_record].value_null);
    EXPECT_EQ(got[empty_record].key, "");
    EXPECT_EQ(got[empty_record].value, "");
  }
  EXPECT_EQ(got[3].timestamp, 5);
}

TEST_P(ProducerTest, PartitionsKeysAsJavaDoesAndSpreadsRecordsWithoutKey) {
  const std::string topic = new_topic(7);
  auto maker = producer();
  Topic* handle = *maker->topic(topic);
  std::map<void*, std::int32_t> expected;
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) keys.push_back("key" + std::to_string(i * 7919));
  keys.emplace_back("");
  for (auto& key : keys) {
    expected[&key] = partition_for_key(key, 7);
    ASSERT_EQ(maker->produce({.topic = handle, .key = key, .value = key, .opaque = &key}), ProduceStatus::kOk);
  }
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, [&](std::span<const Delivery> reports) {
    for (const auto& report : reports)
      EXPECT_EQ(report.partition, expected[report.opaque]) << *static_cast<std::string*>(report.opaque);
  }));
  std::map<std::int32_t, int> used;  // without a key: sticky for a while, then another
  for (int round = 0; round < 40 && used.size() < 2; ++round) {
    ASSERT_EQ(maker->produce({.topic = handle, .value = "x"}), ProduceStatus::kOk);
    ASSERT_TRUE(maker->flush(steady_clock::now() + 30s,
                             [&](std::span<const Delivery> reports) { ++used[reports[0].partition]; }));
  }
  EXPECT_GE(used.size(), 2u);
}

TEST_P(ProducerTest, BatchesOfPlainRecords) {
  const std::string topic = new_topic(3);
  auto maker = producer({{"max.request.size", "2000"}});
  Topic* handle = *maker->topic(topic);
  const std::string large(5000, 'x');
  std::vector<OutRecord> records;
  for (int i = 0; i < 100; ++i)
    records.push_back({.partition = i % 3,
                       .value = i == 50 ? std::string_view(large) : std::string_view("v"),
                       .opaque = reinterpret_cast<void*>(i + 1L)});
  EXPECT_EQ(maker->produce_batch(handle, records), 100u);
  EXPECT_EQ(maker->outstanding(), 100u);
  int delivered = 0;
  int refused = 0;
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, [&](std::span<const Delivery> reports) {
    for (const auto& report : reports) {
      const auto index = reinterpret_cast<long>(report.opaque) - 1;
      if (index == 50) {
        EXPECT_EQ(report.error, error_code::kMessageTooLarge);
        ++refused;
      } else {
        EXPECT_EQ(report.error, 0);
        EXPECT_EQ(report.partition, index % 3);
        ++delivered;
      }
    }
  }));
  EXPECT_EQ(delivered, 99);
  EXPECT_EQ(refused, 1);
}

TEST_P(ProducerTest, SaysQueueFullAndGoesOnAfterPolling) {
  const std::string topic = new_topic();
  auto maker = producer({{"buffer.memory", "102400"}, {"linger.ms", "100"}});
  Topic* handle = *maker->topic(topic);
  const std::string value(1000, 'x');
  int full = 0;
  std::size_t reported = 0;
  const auto count = [&](std::span<const Delivery> reports) { reported += reports.size(); };
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(until([&] {
      const auto status = maker->produce({.topic = handle, .value = value});
      if (status == ProduceStatus::kOk) return true;
      EXPECT_EQ(status, ProduceStatus::kQueueFull);
      ++full;
      maker->poll_deliveries(100ms, count);
      return false;
    }));
    EXPECT_LE(maker->outstanding(), 103u) << "buffer.memory bounds what is queued";
  }
  EXPECT_GT(full, 0);
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, count));
  EXPECT_EQ(reported, 500u);
}

TEST_P(ProducerTest, BatchStopsWhereTheQueueIsFull) {
  const std::string topic = new_topic();
  auto maker = producer({{"buffer.memory", "102400"}, {"linger.ms", "100"}});
  Topic* handle = *maker->topic(topic);
  const std::string value(1000, 'x');
  const std::vector<OutRecord> records(300, {.value = value});
  const std::size_t taken = maker->produce_batch(handle, records);
  EXPECT_GT(taken, 50u);
  EXPECT_LT(taken, 150u);
  std::size_t reported = 0;
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, [&](std::span<const Delivery> reports) {
    for (const auto& report : reports) EXPECT_EQ(report.error, 0);
    reported += reports.size();
  }));
  EXPECT_EQ(reported, taken);
}

TEST_P(ProducerTest, RefusesWhatIsTooLargeHere) {
  auto maker = producer({{"max.request.size", "2000"}});
  Topic* handle = *maker->topic(new_topic());
  const std::string value(5000, 'x');
  ASSERT_EQ(maker->produce({.topic = handle, .value = value}), ProduceStatus::kFailed);
  EXPECT_EQ(maker->last_error().code(), base::Code::kBadRecord);
  EXPECT_STREQ(maker->last_error().exception(), "org.apache.kafka.common.errors.RecordTooLargeException");
  EXPECT_NE(maker->last_error().message().find("5000 bytes"), std::string::npos) << maker->last_error().message();
  EXPECT_EQ(maker->outstanding(), 0u);
}

SLUICE_BROKER_TESTS_ON("real", RealProducerTest, ProducerTest);

// The embedded broker has no limit of its own.
TEST_P(RealProducerTest, ReportsWhatTheBrokerFindsTooLarge) {
  const std::string topic = unique("small");
  ASSERT_TRUE(admin()->create_topic({topic, 1, 1, {{"max.message.bytes", "1000"}}}, 30s));
  auto maker = producer();
  const std::string value(5000, 'x');
  ASSERT_EQ(maker->produce({.topic = *maker->topic(topic), .value = value}), ProduceStatus::kOk);
  int error = 0;
  ASSERT_TRUE(
      maker->flush(steady_clock::now() + 30s, [&](std::span<const Delivery> reports) { error = reports[0].error; }));
  EXPECT_EQ(error, error_code::kMessageTooLarge);
  EXPECT_EQ(make_error(error, "x").code(), base::Code::kBadRecord);
}

TEST_P(ProducerTest, UnknownPartitionFails) {
  const std::string topic = new_topic(1);
  auto maker = producer({{"delivery.timeout.ms", "40000"}});
  Topic* handle = *maker->topic(topic);
  ASSERT_EQ(*maker->partition_count(topic, 30s), 1);
  ProduceStatus status = maker->produce({.topic = handle, .partition = 7, .value = "x"});
  int error = 0;
  if (status == ProduceStatus::kOk) {
    ASSERT_TRUE(
        maker->flush(steady_clock::now() + 60s, [&](std::span<const Delivery> reports) { error = reports[0].error; }));
  }
  EXPECT_TRUE(status == ProduceStatus::kFailed || error != 0);
}

TEST_P(ProducerTest, DeliveryTimeoutAndPurgeWhenTheBrokerIsGone) {
  // Nobody listens there.
  auto made = Producer::create(*translate_client_config({{"bootstrap.servers", "127.0.0.1:1"},
                                                         {"delivery.timeout.ms", "1000"},
                                                         {"request.timeout.ms", "500"},
                                                         {"linger.ms", "0"}},
                                                        ClientKind::kProducer));
  ASSERT_TRUE(made);
  Topic* handle = *(*made)->topic("t");
  ASSERT_EQ((*made)->produce({.topic = handle, .value = "x"}), ProduceStatus::kOk);
  int error = 0;
  ASSERT_TRUE(
      (*made)->flush(steady_clock::now() + 20s, [&](std::span<const Delivery> reports) { error = reports[0].error; }));
  EXPECT_EQ(error, error_code::kMessageTimedOut);
  EXPECT_TRUE(is_retriable(error));

  auto slow = Producer::create(*translate_client_config({{"bootstrap.servers", "127.0.0.1:1"}}, ClientKind::kProducer));
  ASSERT_TRUE(slow);
  handle = *(*slow)->topic("t");
  ASSERT_EQ((*slow)->produce({.topic = handle, .value = "x"}), ProduceStatus::kOk);
  const auto flushed = (*slow)->flush(steady_clock::now() + 200ms, ignore);
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code(), base::Code::kTimeout);
  (*slow)->purge(true);
  error = 0;
  ASSERT_TRUE(
      (*slow)->flush(steady_clock::now() + 10s, [&](std::span<const Delivery> reports) { error = reports[0].error; }));
  EXPECT_TRUE(error == error_code::kPurgedQueue || error == error_code::kPurgedInFlight) << error;
}

// Only the embedded broker can be told to fail.
TEST_P(EmbeddedProducerTest, SurvivesErrorsThatPass) {
  const std::string topic = new_topic();
  auto maker = producer({{"enable.idempotence", "false"}});
  Topic* handle = *maker->topic(topic);
  broker().fail_requests(0, 6 /* not leader */, 3);
  ASSERT_EQ(maker->produce({.topic = handle, .value = "x"}), ProduceStatus::kOk);
  broker().set_down(true);
  ASSERT_EQ(maker->produce({.topic = handle, .value = "y"}), ProduceStatus::kOk);
  EXPECT_FALSE(maker->flush(steady_clock::now() + 500ms, ignore));
  broker().set_down(false);
  int good = 0;
  ASSERT_TRUE(maker->flush(steady_clock::now() + 30s, [&](std::span<const Delivery> reports) {
    for (const auto& report : reports) good += report.error == 0;
  }));
  EXPECT_EQ(good, 2);
}

TEST_P(ProducerTest, CommitsAndAbortsTransactions) {
  const std::string topic = new_topic();
  auto maker = producer({{"transactional.id", unique("tx")}, {"delivery.timeout.ms", "2147483647"}});
  const auto started = maker->init_transactions(30s);
  ASSERT_TRUE(started) << started.error().to_string();
  Topic* handle = *maker->topic(topic);
  ASSERT_TRUE(maker->begin_transaction());
  ASSERT_EQ(maker->produce({.topic = handle, .partition = 0, .value = "kept"}), ProduceStatus::kOk);
  const auto committed = maker->commit_transaction(30s, ignore);
  ASSERT_TRUE(committed) << committed.error().to_string();
  ASSERT_TRUE(maker->begin_transaction());
  ASSERT_EQ(maker->produce({.topic = handle, .partition = 0, .value = "dropped"}), ProduceStatus::kOk);
  const auto aborted = maker->abort_transaction(30s, ignore);
  ASSERT_TRUE(aborted) << aborted.error().to_string();
  const auto twice = maker->commit_transaction(1s, ignore);
  EXPECT_FALSE(twice);
  if (embedded()) return;  // which does not hide aborted records
  ASSERT_TRUE(maker->begin_transaction());
  ASSERT_EQ(maker->produce({.topic = handle, .partition = 0, .value = "kept too"}), ProduceStatus::kOk);
  ASSERT_TRUE(maker->commit_transaction(30s, ignore));
  auto reader = consumer({{"isolation.level", "read_committed"}});
  ASSERT_TRUE(reader->assign(at(topic, 0, Consumer::kOffsetBeginning)));
  const auto got = consume(*reader, 2);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].value, "kept");
  EXPECT_EQ(got[1].value, "kept too");
}

SLUICE_BROKER_TESTS(ProducerTest);

}  // namespace
}  // namespace sluice::kafka
