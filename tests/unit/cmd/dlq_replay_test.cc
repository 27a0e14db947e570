// Where `sluice dlq replay` sends a record, by its headers.

#include "runtime/cmd/dlq_replay.h"

#include <gtest/gtest.h>

namespace sluice::cmd {
namespace {

using Headers = std::vector<kafka::HeaderView>;

ReplayOptions options() {
  ReplayOptions options;
  options.queue = "dead";
  return options;
}

TEST(ReplayTarget, IsTheTopicOfTheHeadersWithoutThem) {
  const Headers headers = {
      {"id", "7"}, {"__connect.errors.topic", "orders"}, {"__connect.errors.partition", "3"}, {"empty", {}}};
  const auto target = replay_target(headers, options());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->topic, "orders");
  EXPECT_EQ(target->partition, kafka::kAnyPartition);
  ASSERT_EQ(target->headers.size(), 2u);
  EXPECT_EQ(target->headers[0].value, "7");
  EXPECT_EQ(target->headers[1].value.data(), nullptr);
}

TEST(ReplayTarget, KeepsThePartitionWhereAsked) {
  auto wanted = options();
  wanted.keep_partition = true;
  EXPECT_EQ(
      replay_target({{"__connect.errors.topic", "orders"}, {"__connect.errors.partition", "3"}}, wanted)->partition, 3);
  const auto broken =
      replay_target({{"__connect.errors.topic", "orders"}, {"__connect.errors.partition", "x"}}, wanted);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message().find("'x'"), std::string::npos);
}

TEST(ReplayTarget, TheLastQueueThatARecordWasInCounts) {
  EXPECT_EQ(
      replay_target({{"__connect.errors.topic", "first"}, {"__connect.errors.topic", "second"}}, options())->topic,
      "second");
}

TEST(ReplayTarget, RecordsOfASourceGoWhereTheyWereMeantToIfTheyAreConverted) {
  EXPECT_EQ(replay_target({{"__sluice.errors.topic", "out"}, {"__sluice.errors.form", "converted"}}, options())->topic,
            "out");
  const Headers json = {{"__sluice.errors.topic", "out"}, {"__sluice.errors.form", "json"}};
  EXPECT_FALSE(replay_target(json, options()));
  auto wanted = options();
  wanted.to = "elsewhere";
  const auto target = replay_target(json, wanted);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->topic, "elsewhere");
  EXPECT_TRUE(target->headers.empty());
}

TEST(ReplayTarget, ARecordThatTellsNothingIsRefused) {
  const auto target = replay_target({{"id", "7"}}, options());
  ASSERT_FALSE(target);
  EXPECT_NE(target.error().message().find("--to"), std::string::npos);
}

TEST(ReplayTarget, TheQueueIsNotFilledFromItself) {
  EXPECT_FALSE(replay_target({{"__connect.errors.topic", "dead"}}, options()));
  auto wanted = options();
  wanted.to = "dead";
  EXPECT_FALSE(replay_target({{"__connect.errors.topic", "orders"}}, wanted));
}

}  // namespace
}  // namespace sluice::cmd
