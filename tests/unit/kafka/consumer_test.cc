#include "runtime/kafka/consumer.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "tests/unit/kafka/broker_test.h"

namespace sluice::kafka {
namespace {

using base::TopicPartition;

// Notes what it is told, and can act within the call.
class Recorder : public RebalanceListener {
 public:
  void on_assigned(std::span<const PartitionOffset> partitions) override {
    for (const auto& entry : partitions) {
      owned.insert(entry.partition);
      starts.push_back(entry);
    }
    ++assigned;
    if (in_assigned) in_assigned(partitions);
  }
  void on_revoked(std::span<const TopicPartition> partitions) override {
    if (in_revoked) in_revoked(partitions);
    for (const auto& partition : partitions) owned.erase(partition);
    ++revoked;
  }
  void on_lost(std::span<const TopicPartition> partitions) override {
    for (const auto& partition : partitions) owned.erase(partition);
    ++lost;
  }
  std::set<TopicPartition> owned;
  std::vector<PartitionOffset> starts;
  int assigned = 0, revoked = 0, lost = 0;
  std::function<void(std::span<const PartitionOffset>)> in_assigned;
  std::function<void(std::span<const TopicPartition>)> in_revoked;
};

class ConsumerTest : public BrokerTest {
 protected:
  static std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> values;
    for (int i = from; i < to; ++i) values.push_back(std::to_string(i));
    return values;
  }
  // Quick rebalances.
  ConfigMap group(const std::string& id, ConfigMap more = {}) const {
    more.emplace("group.id", id);
    more.emplace("session.timeout.ms", "6000");
    more.emplace("heartbeat.interval.ms", "500");
    more.emplace("enable.auto.commit", "false");
    return more;
  }
};

TEST_P(ConsumerTest, ReadsManuallyAssignedPartitionsWithoutAGroup) {
  const std::string topic = new_topic(2);
  produce(topic, numbers(0, 100), 0);
  produce(topic, numbers(100, 150), 1);
  auto reader = consumer();
  EXPECT_EQ(reader->partitions_of(topic, 30s)->size(), 2u);
  EXPECT_EQ(reader->partitions_of(unique("absent"), 5s).error().code(), base::Code::kNotFound);
  const std::vector<TopicPartition> both{{topic, 0}, {topic, 1}};
  const auto ends = reader->end_offsets(both, 30s);
  ASSERT_TRUE(ends) << ends.error().to_string();
  EXPECT_EQ((*ends)[0].offset, 100);
  EXPECT_EQ((*ends)[1].offset, 50);
  EXPECT_EQ((*reader->beginning_offsets(both, 30s))[1].offset, 0);
  ASSERT_TRUE(reader->assign(std::vector<PartitionOffset>{{{topic, 0}, 90}, {{topic, 1}, Consumer::kOffsetBeginning}}));
  EXPECT_EQ(*reader->position({topic, 1}), 0);
  auto got = consume(*reader, 60);
  std::stable_sort(got.begin(), got.end(), [](const Got& a, const Got& b) { return a.partition < b.partition; });
  EXPECT_EQ(got[0].value, "90");
  EXPECT_EQ(got[10].value, "100");
  EXPECT_EQ(got[59].value, "149");
  EXPECT_EQ(got[59].offset, 49);
  EXPECT_EQ(*reader->position({topic, 0}), 100);
  EXPECT_EQ(*reader->position({topic, 1}), 50);
  EXPECT_EQ(reader->position({topic, 7}).error().code(), base::Code::kNotFound);
  EXPECT_EQ(reader->commit_sync(at(topic, 0, 1), 5s).error().code(), base::Code::kInvalidConfig);
}

TEST_P(ConsumerTest, BatchOutlivesTheConsumerAndMayBeReleasedElsewhere) {
  const std::string topic = new_topic();
  produce(topic, numbers(0, 10));
  MessageBatch batch;
  {
    auto reader = consumer();
    ASSERT_TRUE(reader->assign(at(topic, 0, 0)));
    until([&] { return reader->poll_into(batch, 100ms) && !batch.empty(); });
  }
  EXPECT_EQ(batch.messages()[0].value, "0");
  EXPECT_EQ(batch.messages()[0].topic, topic);
  std::thread([moved = std::move(batch)] { EXPECT_FALSE(moved.empty()); }).join();
}

TEST_P(ConsumerTest, PollTakesAtMostMaxPollRecords) {
  const std::string topic = new_topic();
  produce(topic, numbers(0, 100));
  auto reader = consumer({{"max.poll.records", "7"}});
  ASSERT_TRUE(reader->assign(at(topic, 0, 0)));
  int total = 0;
  until([&] {
    const auto batch = reader->poll(100ms);
    EXPECT_LE(batch->size(), 7u);
    total += static_cast<int>(batch->size());
    return total >= 100;
  });
  EXPECT_EQ(total, 100);
}

TEST_P(ConsumerTest, WakeupEndsAPoll) {
  auto reader = consumer();
  ASSERT_TRUE(reader->assign(at(new_topic(), 0, 0)));
  ASSERT_TRUE(reader->poll(100ms));
  const auto begin = std::chrono::steady_clock::now();
  std::thread other([&] {
    // tidy: allow(sleep): the wake-up must come while the other thread is inside poll()
    std::this_thread::sleep_for(100ms);
    reader->wakeup();
  });
  EXPECT_TRUE(reader->poll(20s)->empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  other.join();
  reader->wakeup();  // before the poll: it returns at once
  EXPECT_TRUE(reader->poll(20s)->empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

// A task that ends by itself while it is told to stop crashed the worker.
TEST_P(ConsumerTest, WakeupMayComeWhileItIsClosed) {
  auto reader = consumer();
  ASSERT_TRUE(reader->assign(at(new_topic(), 0, 0)));
  std::atomic<bool> closed{false};
  std::thread other([&] {
    for (int after = 0; after < 1000; after += closed ? 1 : 0) reader->wakeup();
  });
  EXPECT_TRUE(reader->close(20s));
  closed = true;
  other.join();
}

TEST_P(ConsumerTest, ResumesFromCommittedOffsets) {
  const std::string topic = new_topic();
  const std::string id = unique("g");
  produce(topic, numbers(0, 10));
  const std::vector<TopicPartition> partition{{topic, 0}};
  {
    Recorder recorder;
    auto reader = consumer(group(id), &recorder);
    ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
    consume(*reader, 10);
    ASSERT_EQ(recorder.starts.size(), 1u);
    EXPECT_EQ(recorder.starts[0].offset, 0) << "auto.offset.reset, resolved";
    EXPECT_EQ((*reader->committed(partition, 30s))[0].offset, kNoOffset);
    bool called = false;
    ASSERT_TRUE(reader->commit_async(at(topic, 0, 3, "note"), [&](int error, std::span<const PartitionOffset> offsets) {
      EXPECT_EQ(error, 0) << error_text(error);
      EXPECT_EQ(offsets[0].offset, 3);
      called = true;
    }));
    const auto synced = reader->commit_sync(at(topic, 0, 4, "note"), 30s);
    ASSERT_TRUE(synced) << synced.error().to_string();
    EXPECT_TRUE(called) << "older commits are answered first";
    const auto committed = reader->committed(partition, 30s);
    EXPECT_EQ((*committed)[0].offset, 4);
    EXPECT_EQ((*committed)[0].metadata, "note");
    EXPECT_FALSE(reader->member_id().empty());
    EXPECT_TRUE(reader->group_metadata());
    ASSERT_TRUE(reader->close(30s));
    EXPECT_EQ(recorder.revoked, 1);
  }
  Recorder recorder;
  auto reader = consumer(group(id), &recorder);
  ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
  const auto got = consume(*reader, 6);
  EXPECT_EQ(got[0].value, "4");
  EXPECT_EQ(recorder.starts[0].offset, 4);
  EXPECT_EQ(*reader->position({topic, 0}), 10);
}

TEST_P(ConsumerTest, ListenerMaySeekPauseAndAskForPositions) {
  const std::string topic = new_topic(2);
  produce(topic, numbers(0, 20), 0);
  produce(topic, numbers(0, 20), 1);
  Recorder recorder;
  std::unique_ptr<Consumer> reader;
  recorder.in_assigned = [&](std::span<const PartitionOffset> partitions) {
    ASSERT_EQ(partitions.size(), 2u);
    EXPECT_EQ(*reader->position({topic, 0}), 0);
    EXPECT_TRUE(reader->seek(at(topic, 0, 15)));
    EXPECT_TRUE(reader->pause(std::vector<TopicPartition>{{topic, 1}}));
    EXPECT_EQ(*reader->position({topic, 0}), 15);
  };
  reader = consumer(group(unique("g")), &recorder);
  ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
  auto got = consume(*reader, 5);
  EXPECT_EQ(got[0].value, "15");
  for (const auto& one : got) EXPECT_EQ(one.partition, 0);
  EXPECT_TRUE(reader->poll(300ms)->empty()) << "partition 1 is paused";
  ASSERT_TRUE(reader->resume(std::vector<TopicPartition>{{topic, 1}}));
  got = consume(*reader, 20);
  EXPECT_EQ(got[0].value, "0");
}

TEST_P(ConsumerTest, PausesResumesAndSeeksWithoutLossOrRepetition) {
  const std::string topic = new_topic();
  produce(topic, numbers(0, 1000));
  auto reader = consumer(group(unique("g"), {{"max.poll.records", "100"}}));
  ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
  const std::vector<TopicPartition> partition{{topic, 0}};
  std::vector<Got> got;
  until([&] {
    append(*reader->poll(100ms), got);
    return !got.empty();
  });
  ASSERT_TRUE(reader->pause(partition));
  EXPECT_TRUE(reader->poll(300ms)->empty()) << "what was fetched ahead is held back too";
  ASSERT_TRUE(reader->resume(partition));
  until([&] {
    append(*reader->poll(100ms), got);
    return got.size() >= 1000;
  });
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i].offset, static_cast<std::int64_t>(i));
  ASSERT_TRUE(reader->seek(at(topic, 0, 998)));
  EXPECT_EQ(*reader->position(partition[0]), 998);
  got = consume(*reader, 2);
  EXPECT_EQ(got[0].offset, 998);
  EXPECT_EQ(reader->seek(at(topic, 9, 1)).error().code(), base::Code::kNotFound);
  EXPECT_EQ(reader->pause(std::vector<TopicPartition>{{topic, 9}}).error().code(), base::Code::kNotFound);
}

class RebalanceTest : public ConsumerTest {
 protected:
  // Two members share four partitions; the second leaves; nothing is read twice, as each commits what it gives up.
  void share(const std::string& assignor) {
    const std::string topic = new_topic(4);
    for (int p = 0; p < 4; ++p) produce(topic, numbers(0, 50), p);
    const auto config = group(unique("g"), {{"partition.assignment.strategy", assignor}});
    std::set<std::pair<std::int32_t, std::int64_t>> seen;
    int repeated = 0;
    Recorder first_recorder, second_recorder;
    std::unique_ptr<Consumer> first, second;
    const auto read = [&](Consumer& reader) {
      const auto batch = reader.poll(50ms);
      ASSERT_TRUE(batch) << batch.error().to_string();
      for (const auto& message : batch->messages())
        repeated += !seen.insert({message.partition, message.offset}).second;
    };
    const auto commit_all = [this](std::unique_ptr<Consumer>& reader) {
      return [this, &reader](std::span<const TopicPartition> partitions) {
        std::vector<PartitionOffset> offsets;
        for (const auto& partition : partitions) offsets.push_back({partition, *reader->position(partition)});
        const auto status = reader->commit_sync(offsets, 30s);
        if (status) return;
        EXPECT_TRUE(embedded())
            << status.error().to_string();  // which takes no commits while its group rebalances, as Kafka does
        EXPECT_EQ(status.error().code(), base::Code::kRetry);
      };
    };
    first_recorder.in_revoked = commit_all(first);
    second_recorder.in_revoked = commit_all(second);
    first = consumer(config, &first_recorder);
    ASSERT_TRUE(first->subscribe(std::vector<std::string>{topic}));
    ASSERT_TRUE(until([&] {
      read(*first);
      return seen.size() == 200;
    }));
    EXPECT_EQ(first_recorder.owned.size(), 4u);
    second = consumer(config, &second_recorder);
    ASSERT_TRUE(second->subscribe(std::vector<std::string>{topic}));
    ASSERT_TRUE(until(
        [&] {
          read(*first);
          read(*second);
          return first_recorder.owned.size() == 2 && second_recorder.owned.size() == 2;
        },
        60s));
    for (int p = 0; p < 4; ++p) produce(topic, numbers(50, 60), p);
    ASSERT_TRUE(until([&] {
      read(*first);
      read(*second);
      return seen.size() == 240;
    }));
    ASSERT_TRUE(second->close(30s));
    EXPECT_EQ(second_recorder.owned.size(), 0u);
    ASSERT_TRUE(until(
        [&] {
          read(*first);
          return first_recorder.owned.size() == 4;
        },
        60s));
    for (int p = 0; p < 4; ++p) produce(topic, numbers(60, 70), p);
    ASSERT_TRUE(until([&] {
      read(*first);
      return seen.size() == 280;
    }));
    EXPECT_EQ(embedded() ? 0 : repeated, 0);
    EXPECT_EQ(first_recorder.lost + second_recorder.lost, 0);
    EXPECT_EQ(first->assignment().size(), 4u);
  }
};

TEST_P(RebalanceTest, EagerSharesPartitions) {
  share("org.apache.kafka.clients.consumer.RangeAssignor");
}
TEST_P(RebalanceTest, CooperativeSharesPartitions) {
  share("org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
}

TEST_P(ConsumerTest, SlowCallerIsPutOutAndComesBack) {
  const std::string topic = new_topic();
  produce(topic, numbers(0, 10));
  Recorder recorder;
  auto reader = consumer(group(unique("g"), {{"max.poll.interval.ms", "6000"}}), &recorder);
  ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
  consume(*reader, 10);
  // tidy: allow(sleep): what is tested is that nobody polls for so long; the clock is librdkafka's
  std::this_thread::sleep_for(8s);
  consume(*reader, 10);  // again, since nothing had been committed
  EXPECT_EQ(recorder.assigned, 2);
  EXPECT_EQ(recorder.lost, 1);
  EXPECT_EQ(recorder.revoked, 0);
}

TEST_P(ConsumerTest, PatternIsJavaSyntaxAndMatchesWholeNames) {
  const std::string stem = unique("rx");
  const std::string first = stem + "-orders7", second = stem + "-orders42", other = stem + "-orders42x";
  for (const auto& topic : {first, other}) ASSERT_TRUE(admin()->create_topic({topic, 1, 1}, 30s));
  produce(first, {"a"});
  produce(other, {"z"});
  auto reader = consumer(group(unique("g"), {{"metadata.max.age.ms", "1000"}}));
  ASSERT_TRUE(reader->subscribe_pattern("(?:" + stem + ")-orders\\d++"));
  EXPECT_EQ(consume(*reader, 1)[0].value, "a");
  ASSERT_TRUE(reader->commit_sync(at(first, 0, 1), 30s));
  ASSERT_TRUE(admin()->create_topic({second, 1, 1}, 30s));  // found later
  produce(second, {"b"});
  EXPECT_EQ(consume(*reader, 1)[0].value, "b");
  EXPECT_TRUE(reader->poll(500ms)->empty());
  EXPECT_EQ(reader->subscribe_pattern("a(b").error().code(), base::Code::kInvalidConfig);
}

TEST_P(ConsumerTest, ResetNoneWithoutCommittedOffsetIsAnError) {
  const std::string topic = new_topic();
  produce(topic, {"x"});
  auto reader = consumer(group(unique("g"), {{"auto.offset.reset", "none"}}));
  ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
  base::Status status;
  ASSERT_TRUE(until([&] {
    MessageBatch batch;
    status = reader->poll_into(batch, 100ms);
    EXPECT_TRUE(batch.empty());
    return !status;
  }));
  EXPECT_EQ(status.error().code(), base::Code::kFatal);
  EXPECT_STREQ(status.error().exception(), "org.apache.kafka.clients.consumer.NoOffsetForPartitionException");
}

SLUICE_BROKER_TESTS_ON("embedded", EmbeddedConsumerTest, ConsumerTest);

TEST_P(EmbeddedConsumerTest, BrokerGoneAndBack) {
  const std::string topic = new_topic();
  produce(topic, numbers(0, 5));
  auto reader = consumer(group(unique("g")));
  ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
  consume(*reader, 5);
  broker().set_down(true);
  EXPECT_TRUE(reader->poll(1s)) << "an unreachable broker is no error of poll";
  const auto late = reader->commit_sync(at(topic, 0, 5), 300ms);
  ASSERT_FALSE(late);
  broker().set_down(false);
  produce(topic, numbers(5, 10));
  EXPECT_EQ(consume(*reader, 5)[0].value, "5");
}

SLUICE_BROKER_TESTS_ON("real", RealConsumerTest, ConsumerTest);

// The embedded broker keeps no offsets of transactions.
TEST_P(RealConsumerTest, SendsOffsetsInATransaction) {
  const std::string topic = new_topic();
  const std::string id = unique("g");
  produce(topic, numbers(0, 3));
  auto reader = consumer(group(id));
  ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
  consume(*reader, 3);
  auto maker = producer({{"transactional.id", unique("tx")}});
  ASSERT_TRUE(maker->init_transactions(30s));
  ASSERT_TRUE(maker->begin_transaction());
  const auto sent = maker->send_offsets(at(topic, 0, 3), *reader->group_metadata(), 30s);
  ASSERT_TRUE(sent) << sent.error().to_string();
  ASSERT_TRUE(maker->commit_transaction(30s, ignore));
  ASSERT_TRUE(until([&] { return (*reader->committed(std::vector<TopicPartition>{{topic, 0}}, 30s))[0].offset == 3; }));
}

SLUICE_BROKER_TESTS(ConsumerTest);
SLUICE_BROKER_TESTS(RebalanceTest);

}  // namespace
}  // namespace sluice::kafka
