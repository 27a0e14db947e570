#include "runtime/task/offset_ledger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::task {
namespace {

using base::TopicPartition;

const TopicPartition kA{"a", 0};
const TopicPartition kB{"b", 1};

TEST(OffsetLedger, CommitsWhatWasDeliveredAndNotYetCommitted) {
  OffsetLedger ledger;
  ledger.add(kA, 10);
  ledger.add(kB, 20);
  ledger.find(kA)->delivered = 15;
  const auto offsets = ledger.to_pre_commit({});
  ASSERT_EQ(offsets.size(), 2u);
  const auto commit = ledger.to_commit(offsets, [](const TopicPartition&, std::int64_t) { FAIL(); });
  ASSERT_EQ(commit.size(), 1u);  // b has nothing new
  EXPECT_EQ(commit[0].partition, kA);
  EXPECT_EQ(commit[0].offset, 15);
  ledger.committed(commit);
  EXPECT_TRUE(ledger.to_commit(ledger.to_pre_commit({}), [](const TopicPartition&, std::int64_t) { FAIL(); }).empty());
  EXPECT_EQ(ledger.uncommitted_records(), 0);
}

TEST(OffsetLedger, RefusesWhatWasNotConsumedAndWhatIsNotOurs) {
  OffsetLedger ledger;
  ledger.add(kA, 0);
  ledger.find(kA)->delivered = 5;
  std::vector<sluice_topic_offset> answer = ledger.to_pre_commit({});
  answer[0].offset = 6;
  answer.push_back({{"z", 1}, 0, 0, 1});
  std::string invalid;
  EXPECT_TRUE(ledger
                  .to_commit(answer,
                             [&](const TopicPartition& partition, std::int64_t offset) {
                               invalid = partition.to_string() + "@" + std::to_string(offset);
                             })
                  .empty());
  EXPECT_EQ(invalid, "a-0@6");
}

TEST(OffsetLedger, ASinkMayHoldOffsetsBack) {
  OffsetLedger ledger;
  ledger.add(kA, 0);
  ledger.add(kB, 0);
  ledger.find(kA)->delivered = 5;
  ledger.find(kB)->delivered = 7;
  std::vector<sluice_topic_offset> answer = ledger.to_pre_commit({});
  answer[0].flags = SLUICE_OFFSET_SKIP;
  answer[1].offset = 3;
  const auto commit = ledger.to_commit(answer, [](const TopicPartition&, std::int64_t) { FAIL(); });
  ASSERT_EQ(commit.size(), 1u);
  EXPECT_EQ(commit[0].partition, kB);
  EXPECT_EQ(commit[0].offset, 3);
}

TEST(OffsetLedger, PreCommitOfSomePartitionsOnly) {
  OffsetLedger ledger;
  ledger.add(kA, 1);
  ledger.add(kB, 2);
  const TopicPartition wanted[] = {kB};
  const auto offsets = ledger.to_pre_commit(wanted);
  ASSERT_EQ(offsets.size(), 1u);
  EXPECT_EQ(offsets[0].offset, 2);
}

}  // namespace
}  // namespace sluice::task
