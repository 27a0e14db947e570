#include "runtime/herder/worker_group.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace sluice::herder {
namespace {

using group::Assignment;
using group::ConnectProtocol;
using std::chrono::milliseconds;

// Notes what the member is told to do; all on the herder thread.
struct FakeMembership final : group::Membership {
  base::Status start(group::MembershipListener&) override { return {}; }
  void join(std::vector<group::OfferedProtocol> given) override { joins.push_back(std::move(given)); }
  void lead(std::int32_t, std::map<std::string, std::string> given) override { led.push_back(std::move(given)); }
  void request_rejoin(std::string) override { ++rejoins; }
  void leave(std::string, milliseconds after) override { left.push_back(after); }
  void owner_alive() override {}
  void stop(std::chrono::steady_clock::time_point) override {}

  std::vector<std::vector<group::OfferedProtocol>> joins;
  std::vector<std::map<std::string, std::string>> led;
  std::vector<milliseconds> left;
  int rejoins = 0;
};

struct FakeHost final : GroupHost {
  std::int64_t config_offset() const override { return offset; }
  ConfiguredWork configured() const override { return work; }
  void refresh_configs(milliseconds, std::function<void(base::Status)> done) override {
    ++refreshes;
    if (offset_after_refresh) offset = *offset_after_refresh;
    done(offset_after_refresh ? base::Status()
                              : base::fail(base::Code::kTimeout, base::exceptions::kTimeout, "too slow"));
  }
  void release(std::function<void()> done) override {
    ++releases;
    if (slow) {
      held_back.push_back(std::move(done));
    } else {
      done();
    }
  }
  void settled() override { ++settles; }
  void unsettled(const base::Error&) override { ++losses; }

  std::int64_t offset = 7;
  std::optional<std::int64_t> offset_after_refresh;
  ConfiguredWork work;
  bool slow = false;
  std::vector<std::function<void()>> held_back;
  int refreshes = 0, releases = 0, settles = 0, losses = 0;
};

class WorkerGroupTest : public testing::Test {
 protected:
  void SetUp() override { make(ConnectProtocol::kSessioned); }
  void TearDown() override { loop_->stop(); }

  void make(ConnectProtocol highest) {
    if (loop_) loop_->stop();
    loop_ = std::make_shared<CommandLoop>(base::system_clock());
    WorkerGroup::Options options;
    options.highest = highest;
    options.url = "http://w1:8083/";
    options.scheduled_rebalance_delay_max = milliseconds(1000);
    group_ = std::make_unique<WorkerGroup>(options, loop_, member_, host_, base::system_clock());
    loop_->start();
  }
  // Lets the herder thread do what was posted.
  void drain() {
    std::promise<void> done;
    loop_->post([&] { done.set_value(); });
    done.get_future().wait();
  }
  void join() {
    group_->on_join_prepare();
    drain();
  }
  void joined(const Assignment& assignment, std::int32_t generation = 1, std::string protocol = "sessioned") {
    group_->on_joined({generation, "m1", std::move(protocol), group::encode(assignment)});
    drain();
  }
  static Assignment assignment(std::int64_t offset, group::Work assigned, group::Work revoked = {}) {
    Assignment given;
    given.version = 2;
    given.leader = "m2";
    given.leader_url = "http://w2:8083/";
    given.config_offset = offset;
    given.assigned = std::move(assigned);
    given.revoked = std::move(revoked);
    return given;
  }
  group::MemberMetadata told(std::size_t protocol = 0) const {
    return *group::decode_metadata(member_.joins.back().at(protocol).metadata);
  }

  FakeMembership member_;
  FakeHost host_;
  std::shared_ptr<CommandLoop> loop_;
  std::unique_ptr<WorkerGroup> group_;
};

TEST_F(WorkerGroupTest, OffersEveryProtocolUpToTheHighest) {
  join();
  ASSERT_EQ(member_.joins.size(), 1u);
  ASSERT_EQ(member_.joins[0].size(), 3u);
  EXPECT_EQ(member_.joins[0][0].name, "sessioned");
  EXPECT_EQ(member_.joins[0][2].name, "default");
  EXPECT_EQ(told().url, "http://w1:8083/");
  EXPECT_EQ(told().config_offset, 7);
  EXPECT_FALSE(told().allocation);
}

TEST_F(WorkerGroupTest, StartsWhatIsAssignedAndTellsItInTheNextRound) {
  join();
  joined(assignment(7, {{"c"}, {{"c", 0}}}));
  EXPECT_TRUE(group_->settled());
  EXPECT_EQ(host_.settles, 1);
  EXPECT_TRUE(group_->held().tasks.contains({"c", 0}));
  EXPECT_EQ(group_->leader_url(), "http://w2:8083/");
  EXPECT_FALSE(group_->leading());
  join();
  ASSERT_TRUE(told().allocation);
  EXPECT_EQ(told().allocation->assigned.connectors, std::vector<std::string>{"c"});
  joined(assignment(7, {{}, {{"c", 1}}}), 2);
  EXPECT_EQ(group_->held().tasks.size(), 2u) << "what was held stays held";
}

TEST_F(WorkerGroupTest, RevokedWorkStopsBeforeAnythingStartsAndIsFreedByAnotherRound) {
  join();
  joined(assignment(7, {{"c"}, {{"c", 0}, {"c", 1}}}));
  join();
  host_.slow = true;
  joined(assignment(7, {{"d"}, {}}, {{}, {{"c", 1}}}), 2);
  EXPECT_FALSE(group_->held().tasks.contains({"c", 1}));
  EXPECT_EQ(host_.settles, 1) << "nothing starts while the revoked work stops";
  loop_->post([&] { host_.held_back.at(0)(); });
  drain();
  EXPECT_EQ(host_.settles, 2);
  EXPECT_EQ(member_.rejoins, 1);
}

TEST_F(WorkerGroupTest, AJoinWaitsForRevokedWorkToStop) {
  join();
  joined(assignment(7, {{"c"}, {}}));
  join();
  host_.slow = true;
  joined(assignment(7, {}, {{"c"}, {}}), 2);
  join();
  EXPECT_EQ(member_.joins.size(), 2u);
  loop_->post([&] { host_.held_back.at(0)(); });
  drain();
  EXPECT_EQ(member_.joins.size(), 3u);
  EXPECT_EQ(host_.settles, 1) << "the round that was overtaken starts nothing";
}

TEST_F(WorkerGroupTest, ReadsOnWhenTheGroupKnowsMoreOfTheConfiguration) {
  host_.offset_after_refresh = 9;
  join();
  joined(assignment(9, {{"c"}, {}}));
  EXPECT_EQ(host_.refreshes, 1);
  EXPECT_TRUE(group_->settled());
}

TEST_F(WorkerGroupTest, LeavesForAWhileWhenTheConfigurationCannotBeRead) {
  join();
  joined(assignment(9, {{"c"}, {}}));
  ASSERT_EQ(member_.left.size(), 1u);
  EXPECT_EQ(member_.left[0], milliseconds(1000 / 10 / 5));
  EXPECT_TRUE(group_->held().empty());
  EXPECT_EQ(host_.losses, 1);
}

TEST_F(WorkerGroupTest, AsksForAnotherRoundWhenTheConfigurationHasMovedOn) {
  host_.offset = 12;
  join();
  joined(assignment(9, {{"c"}, {}}));
  EXPECT_EQ(host_.settles, 0);
  EXPECT_EQ(member_.rejoins, 1);
}

TEST_F(WorkerGroupTest, AsksForARebalanceOnlyForWhatTheLastRoundDidNotKnow) {
  join();
  joined(assignment(7, {{"c"}, {}}));
  loop_->post([&] { group_->request_rebalance("known already"); });
  drain();
  EXPECT_EQ(member_.rejoins, 0);
  loop_->post([&] {
    host_.offset = 8;
    group_->request_rebalance("news");
    group_->request_rebalance("more news");
  });
  drain();
  EXPECT_EQ(member_.rejoins, 1);
  EXPECT_FALSE(group_->settled());
  EXPECT_TRUE(group_->may_start()) << "what is held goes on";
}

TEST_F(WorkerGroupTest, HoldsNothingOnceTheMembershipIsLost) {
  join();
  joined(assignment(7, {{"c"}, {{"c", 0}}}));
  group_->on_lost(base::Error(base::Code::kTimeout, base::exceptions::kTimeout, "the session expired"));
  drain();
  EXPECT_TRUE(group_->held().empty());
  EXPECT_FALSE(group_->may_start());
  EXPECT_EQ(group_->leader_url(), "");
  EXPECT_EQ(host_.losses, 1);
  join();
  EXPECT_FALSE(told().allocation);
}

TEST_F(WorkerGroupTest, LeadsItsGroup) {
  host_.work.connectors = {{"c", 2}};
  join();
  group_->on_elected({3, "m1", "sessioned", {{"m1", member_.joins[0][0].metadata}}});
  drain();
  ASSERT_EQ(member_.led.size(), 1u);
  group_->on_joined({3, "m1", "sessioned", member_.led[0].at("m1")});
  drain();
  EXPECT_TRUE(group_->leading());
  EXPECT_EQ(group_->held().tasks.size(), 2u);
  EXPECT_EQ(group_->owner_url("c"), "http://w1:8083/");
  EXPECT_EQ(group_->owner_url(base::TaskId{"c", 1}), "http://w1:8083/");
  EXPECT_EQ(group_->owner_url("d"), "");
}

TEST_F(WorkerGroupTest, AMemberThatCannotBeReadDoesNotEndTheLeader) {
  join();
  group_->on_elected({3, "m1", "sessioned", {{"m1", member_.joins[0][0].metadata}, {"m2", "\x01"}}});
  drain();
  EXPECT_EQ(member_.led.size(), 0u);
  EXPECT_EQ(member_.left.size(), 1u);
}

TEST_F(WorkerGroupTest, AnEagerMemberStopsEverythingBeforeItJoins) {
  make(ConnectProtocol::kEager);
  join();
  Assignment given = assignment(7, {{"c"}, {{"c", 0}}});
  given.version = 0;
  joined(given, 1, "default");
  ASSERT_TRUE(group_->settled());
  host_.slow = true;
  join();
  EXPECT_TRUE(group_->held().empty());
  EXPECT_EQ(member_.joins.size(), 1u);
  loop_->post([&] { host_.held_back.at(0)(); });
  drain();
  EXPECT_EQ(member_.joins.size(), 2u);
}

// The leader of an eager round gives this member's work to others, whether or not the round is ever complete here.
TEST_F(WorkerGroupTest, AGroupThatFallsBackToEagerRevokesWhatTheRoundWasEnteredWith) {
  join();
  joined(assignment(7, {{"c"}, {{"c", 0}}}));
  join();
  EXPECT_EQ(told().allocation->assigned.tasks.size(), 1u);
  const int releases = host_.releases;
  group_->on_protocol("compatible");
  drain();
  EXPECT_FALSE(group_->held().empty());
  group_->on_protocol("default");
  drain();
  EXPECT_TRUE(group_->held().empty());
  EXPECT_EQ(host_.releases, releases + 1);
  join();  // another round instead of the end of that one
  EXPECT_TRUE(told().allocation->assigned.empty());
}

TEST_F(WorkerGroupTest, HandsOverBeforeItLeaves) {
  join();
  joined(assignment(7, {{"c"}, {{"c", 0}}}));
  bool done = false;
  loop_->post([&] { group_->hand_over([&] { done = true; }); });
  drain();
  EXPECT_FALSE(done);
  EXPECT_EQ(member_.rejoins, 1);
  join();
  EXPECT_TRUE(told().leaving);
  EXPECT_FALSE(told(2).leaving) << "Connect's eager protocol has no room for it";
  joined(assignment(7, {}, {{"c"}, {{"c", 0}}}), 2);
  EXPECT_TRUE(done);
  EXPECT_TRUE(group_->held().empty());
}

TEST_F(WorkerGroupTest, ALeaderThatDoesNotTakeOverEndsTheHandingOver) {
  join();
  joined(assignment(7, {{"c"}, {{"c", 0}}}));
  bool done = false;
  loop_->post([&] { group_->hand_over([&] { done = true; }); });
  drain();
  join();
  joined(assignment(7, {}), 2);
  EXPECT_TRUE(done);
  EXPECT_FALSE(group_->held().empty());
}

}  // namespace
}  // namespace sluice::herder
