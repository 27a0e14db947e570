// Members against a coordinator: librdkafka's mock cluster, and with SLUICE_TEST_BOOTSTRAP a real broker. Groups of
// several need the real one: the mock ends a round when its leader has synced, and refuses those that come after.

#include <unistd.h>

#include <cstdlib>
#include <tuple>

#include "runtime/kafka/embedded_broker.h"
#include "tests/unit/group/test_owner.h"
#include "tests/unit/kafka/broker_kinds.h"

namespace sluice::group {
namespace {

class BrokerMembershipTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() != "embedded") {
      server_ = std::getenv("SLUICE_TEST_BOOTSTRAP");
      return;
    }
    auto broker = kafka::EmbeddedBroker::start();
    ASSERT_TRUE(broker) << broker.error().to_string();
    broker_ = std::move(*broker);
    server_ = broker_->bootstrap_servers();
  }
  bool embedded() const { return broker_ != nullptr; }
  kafka::EmbeddedBroker& broker() { return *broker_; }

  MembershipOptions options() const {
    MembershipOptions options;
    options.group_id = group_;
    options.client_id = "test";
    options.bootstrap_servers = {"127.0.0.1:1", server_};  // one where nobody is: the other is found
    options.session_timeout = 6s;                          // the least that brokers take by default
    options.rebalance_timeout = 10s;
    options.heartbeat_interval = 300ms;
    return options;
  }

 private:
  static std::string unique() {
    static int count = 0;
    return "group-" + std::to_string(::getpid()) + "-" +
           std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + "-" + std::to_string(++count);
  }
  std::string group_ = unique();
  std::string server_;
  std::unique_ptr<kafka::EmbeddedBroker> broker_;
};

SLUICE_BROKER_TESTS(BrokerMembershipTest);
SLUICE_BROKER_TESTS_ON("real", GroupMembershipTest, BrokerMembershipTest);
SLUICE_BROKER_TESTS_ON("embedded", EmbeddedMembershipTest, BrokerMembershipTest);

TEST_P(BrokerMembershipTest, OneMemberLeadsItself) {
  TestOwner one("one", options());
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(one.until_joined());
  EXPECT_EQ(one.seen().assignment, "one/one");
  EXPECT_EQ(one.seen().protocol, "sessioned");
  EXPECT_FALSE(one.seen().member_id.empty());
  EXPECT_TRUE(one.seen().leader);
}

TEST_P(GroupMembershipTest, ThreeMembersShareOneLeader) {
  TestOwner one("one", options()), two("two", options()), three("three", options());
  for (auto* owner : {&one, &two, &three}) ASSERT_TRUE(owner->start());
  std::vector<TestOwner*> all{&one, &two, &three};
  // The last round has all three, wherever it is led.
  const auto complete = [&] {
    const auto leaders = std::count_if(all.begin(), all.end(), [](auto* owner) { return owner->seen().leader; });
    const auto same = std::all_of(all.begin(), all.end(), [&](auto* owner) {
      const auto seen = owner->seen();
      return seen.member && seen.generation == one.seen().generation && (!seen.leader || seen.members == 3);
    });
    return leaders == 1 && same;
  };
  ASSERT_TRUE(one.until([&](const TestOwner::Seen&) { return true; }));
  const auto deadline = std::chrono::steady_clock::now() + 90s;
  while (!complete() && std::chrono::steady_clock::now() < deadline)
    std::ignore = one.until([](const TestOwner::Seen&) { return false; }, 50ms);
  ASSERT_TRUE(complete());
  const auto leader = std::find_if(all.begin(), all.end(), [](auto* owner) { return owner->seen().leader; });
  const std::string name = leader == all.begin() ? "one" : leader == all.begin() + 1 ? "two" : "three";
  EXPECT_EQ(one.seen().assignment, name + "/one");
  EXPECT_EQ(two.seen().assignment, name + "/two");
  EXPECT_EQ(three.seen().assignment, name + "/three");
  for (auto* owner : all) EXPECT_EQ(owner->seen().losses, 0);
}

TEST_P(BrokerMembershipTest, RequestedRejoinIsAnotherRound) {
  TestOwner one("one", options());
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(one.until_joined());
  const auto generation = one.seen().generation;
  one.membership().request_rejoin("new connector");
  ASSERT_TRUE(one.until([&](const auto& seen) { return seen.generation > generation; }));
  EXPECT_EQ(one.seen().losses, 0);
}

TEST_P(GroupMembershipTest, MemberThatLeavesComesBackAsAnother) {
  TestOwner one("one", options()), two("two", options());
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(one.until_joined());
  ASSERT_TRUE(two.start());
  ASSERT_TRUE(two.until_joined());
  const auto before = two.seen();
  const auto rounds = one.seen().joins;
  two.membership().leave("taking too long to read the log", 50ms);
  ASSERT_TRUE(two.until([&](const auto& seen) { return seen.joins > before.joins; }));
  EXPECT_NE(two.seen().member_id, before.member_id);
  EXPECT_EQ(two.seen().losses, 0);
  ASSERT_TRUE(one.until([&](const auto& seen) { return seen.joins > rounds; }));
  EXPECT_EQ(one.seen().losses, 0);
}

TEST_P(GroupMembershipTest, StopLeavesAtOnce) {
  TestOwner one("one", options());
  auto two = std::make_unique<TestOwner>("two", options());
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(two->start());
  ASSERT_TRUE(two->until_joined());
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.member; }));
  const auto begun = std::chrono::steady_clock::now();
  two.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  // The other is told within a heartbeat or two, long before the session of the one that left ends.
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.member && seen.leader && seen.members == 1; }, 5s));
}

TEST_P(GroupMembershipTest, HangingOwnerGivesItsWorkAway) {
  MembershipOptions slow = options();
  slow.rebalance_timeout = 2s;
  TestOwner one("one", slow);
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(one.until_joined());
  TestOwner two("two", options());
  one.hang(true);
  ASSERT_TRUE(two.start());
  ASSERT_TRUE(two.until_joined());
  ASSERT_TRUE(two.until([](const auto& seen) { return seen.leader && seen.members == 1; }));
  one.hang(false);
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.losses == 1 && seen.member; }));
}

TEST_P(BrokerMembershipTest, NobodyThereIsNoEnd) {
  MembershipOptions nowhere = options();
  nowhere.bootstrap_servers = {"127.0.0.1:1", "no-such-host.invalid:9092"};
  TestOwner one("one", nowhere);
  ASSERT_TRUE(one.start());
  EXPECT_FALSE(one.until([](const auto& seen) { return seen.prepares + seen.refusals > 0; }, 500ms));
  const auto begun = std::chrono::steady_clock::now();
  one.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
}

// A short cut: the member stays one. A long one: lost after the session timeout, and back by itself.
// Needs a broker that can be switched off.
TEST_P(EmbeddedMembershipTest, CoordinatorIsCutOff) {
  MembershipOptions quick = options();
  quick.session_timeout = 3s;
  TestOwner one("one", quick);
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(one.until_joined());
  broker().set_down(true);
  EXPECT_FALSE(one.until([](const auto& seen) { return seen.losses > 0; }, 1s));
  broker().set_down(false);
  EXPECT_FALSE(one.until([](const auto& seen) { return seen.losses > 0; }, 3s));
  broker().set_down(true);
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.losses == 1; }, 5s));
  broker().set_down(false);
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.member; }));
}

}  // namespace
}  // namespace sluice::group
