#include "runtime/plugin/wire.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include <sluice/value.hpp>

namespace sluice::plugin {
namespace {

struct Pair {
  Pair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    left.emplace(Fd(ends[0]));
    right.emplace(Fd(ends[1]));
  }
  std::optional<Channel> left, right;
};

TEST(Wire, FieldsComeBack) {
  config::ConfigMap config{{"a", "1"}, {"b", std::nullopt}, {"c", ""}};
  Writer out;
  out.number(std::int64_t{-7});
  out.number(0.5);
  out.text(sluice_str{nullptr, 0});
  out.config(config);
  out.status(base::fail(base::Code::kRetry, base::exceptions::kRetriable, "later"));
  const sluice_topic_offset offset{str("t"), 3, SLUICE_OFFSET_SKIP, 99};
  out.offsets({&offset, 1});
  Reader in(out.bytes());
  EXPECT_EQ(in.number<std::int64_t>(), -7);
  EXPECT_EQ(in.number<double>(), 0.5);
  EXPECT_TRUE(absent(in.str()));
  EXPECT_EQ(in.config(), config);
  const auto status = in.status();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), base::Code::kRetry);
  EXPECT_EQ(status.error().to_string(), "org.apache.kafka.connect.errors.RetriableException: later");
  const auto offsets = in.offsets();
  ASSERT_EQ(offsets.size(), 1U);
  EXPECT_EQ(view(offsets[0].topic), "t");
  EXPECT_EQ(offsets[0].flags, SLUICE_OFFSET_SKIP);
  EXPECT_EQ(offsets[0].offset, 99);
  EXPECT_TRUE(in.ok());
}

TEST(Wire, EveryPrefixOfAFrameIsReadWithoutHarm) {
  Writer out;
  out.config({{"key", "value"}, {"other", "text"}});
  out.status(base::fail(base::Code::kFatal, base::exceptions::kConnect, "no"));
  const sluice_topic_partition partition{str("topic"), 1, 0};
  out.partitions({&partition, 1});
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    Reader in(std::string_view(out.bytes()).substr(0, size));
    in.config();
    const auto status = in.status();
    EXPECT_FALSE(status);
    in.partitions();
    EXPECT_FALSE(in.ok());
  }
}

TEST(Wire, CountsThatCannotBeAreNotBelieved) {
  Writer out;
  out.number(std::uint32_t{0xFFFF'FFFF});
  Reader in(out.bytes());
  EXPECT_TRUE(in.partitions().empty());
  EXPECT_FALSE(in.ok());
}

TEST(Wire, FramesOfAnySizeArrive) {
  Pair pair;
  const std::string large(5 << 20, 'x');
  std::thread sender([&] {
    EXPECT_TRUE(pair.left->send(Op::kLog, "small"));
    EXPECT_TRUE(pair.left->send(Op::kPut, large));
    EXPECT_TRUE(pair.left->send(Op::kCommit));
  });
  const auto first = pair.right->receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->op, Op::kLog);
  EXPECT_EQ(first->bytes, "small");
  const auto second = pair.right->receive();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->bytes, large);
  const auto third = pair.right->receive();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->op, Op::kCommit);
  EXPECT_TRUE(third->bytes.empty());
  sender.join();
  pair.left->shutdown();
  EXPECT_FALSE(pair.right->receive());
}

TEST(Wire, AFrameThatClaimsTooMuchEndsTheConnection) {
  Pair pair;
  const std::uint32_t header[2] = {0xFFFF'FFFF, 1};
  ASSERT_EQ(::send(pair.left->fd(), header, sizeof header, 0), static_cast<ssize_t>(sizeof header));
  EXPECT_FALSE(pair.right->receive());
}

}  // namespace
}  // namespace sluice::plugin
