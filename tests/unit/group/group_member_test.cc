// The member's state machine: no network, no threads, time by hand.

#include "runtime/group/group_member.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sluice::group {
namespace {

using namespace std::chrono_literals;
using Token = GroupMember::Token;

// Remembers what was asked; a test answers when it likes.
class FakeCoordinator final : public GroupMember::Coordinator {
 public:
  void seek() override {
    ++seeks;
    seeking = true;
    forget_all();
  }
  void drop() override { forget_all(); }
  void abandon_round() override {
    ++abandoned;
    join_token = sync_token = heartbeat_token = 0;
  }
  void join(Token token, JoinRequest request) override {
    ++joins;
    join_token = token;
    last_join = std::move(request);
  }
  void sync(Token token, SyncRequest request) override {
    ++syncs;
    sync_token = token;
    last_sync = std::move(request);
  }
  void heartbeat(Token token, HeartbeatRequest request) override {
    ++heartbeats;
    heartbeat_token = token;
    heartbeat_sent_at = *now;
    last_heartbeat = std::move(request);
  }
  void leave(Token token, LeaveRequest request) override {
    ++leaves;
    leave_token = token;
    last_leave = std::move(request);
  }
  void forget_all() { join_token = sync_token = heartbeat_token = leave_token = 0; }

  int seeks = 0, joins = 0, syncs = 0, heartbeats = 0, leaves = 0, abandoned = 0;
  bool seeking = false;
  const TimePoint* now = nullptr;
  TimePoint heartbeat_sent_at;
  Token join_token = 0, sync_token = 0, heartbeat_token = 0, leave_token = 0;
  JoinRequest last_join;
  SyncRequest last_sync;
  HeartbeatRequest last_heartbeat;
  LeaveRequest last_leave;
};

class FakeListener final : public MembershipListener {
 public:
  void on_join_prepare() override { events.emplace_back("prepare"); }
  void on_protocol(std::string protocol) override { last_protocol = std::move(protocol); }
  void on_elected(Election election) override {
    events.push_back("elected " + std::to_string(election.generation));
    last_election = std::move(election);
  }
  void on_joined(Joined joined) override {
    events.push_back("joined " + std::to_string(joined.generation));
    last_joined = std::move(joined);
  }
  void on_lost(base::Error) override { events.emplace_back("lost"); }
  void on_refused(base::Error) override { events.emplace_back("refused"); }

  std::vector<std::string> take() { return std::exchange(events, {}); }

  std::vector<std::string> events;
  std::string last_protocol;
  Election last_election;
  Joined last_joined;
};

using Events = std::vector<std::string>;

class GroupMemberTest : public ::testing::Test {
 protected:
  GroupMemberTest() {
    coordinator_.now = &now_;
    options_.group_id = "g";
    options_.session_timeout = 10s;
    options_.rebalance_timeout = 60s;
    options_.heartbeat_interval = 3s;
    options_.attention_after_round = 0s;
    member_ = std::make_unique<GroupMember>(options_, coordinator_, listener_, 1);
  }

  // Time passes; the owner lives and says so.
  void pass(std::chrono::nanoseconds time, bool owner_lives = true) {
    const TimePoint end = now_ + time;
    TimePoint next_sign = now_;
    while (true) {
      TimePoint at = std::min(end, std::max(now_, member_->wake_at(now_)));
      if (owner_lives) at = std::min(at, next_sign);
      now_ = at;
      if (owner_lives && now_ >= next_sign) {
        member_->owner_alive(now_);
        next_sign = now_ + 500ms;
      }
      member_->tick(now_);
      if (now_ >= end) return;
    }
  }
  void find() {
    ASSERT_TRUE(coordinator_.seeking);
    coordinator_.seeking = false;
    member_->coordinator_found(now_);
  }
  void answer_join(std::int16_t error, std::int32_t generation = 1, const std::string& leader = "m-1",
                   const std::string& id = "m-1") {
    ASSERT_NE(coordinator_.join_token, 0u);
    JoinResponse response;
    response.error = error;
    response.generation = error == 0 ? generation : -1;
    response.protocol_type = "connect";
    response.protocol = "sessioned";
    response.leader = leader;
    response.member_id = id;
    if (leader == id) response.members = {{"m-1", "a"}, {"m-2", "b"}};
    member_->joined(now_, std::exchange(coordinator_.join_token, 0), response);
  }
  void answer_sync(std::int16_t error, const std::string& assignment = "work") {
    ASSERT_NE(coordinator_.sync_token, 0u);
    SyncResponse response;
    response.error = error;
    response.assignment = assignment;
    member_->synced(now_, std::exchange(coordinator_.sync_token, 0), response);
  }
  void answer_heartbeat(std::int16_t error) {
    ASSERT_NE(coordinator_.heartbeat_token, 0u);
    member_->heartbeat_answered(now_, std::exchange(coordinator_.heartbeat_token, 0), error);
  }
  void offer(const std::string& metadata = "a") { member_->join(now_, {{"sessioned", metadata}, {"default", "d"}}); }

  // A follower in generation 1, its first heartbeat answered.
  void become_member() {
    member_->start(now_);
    find();
    offer();
    answer_join(0, 1, "m-2", "m-1");
    answer_sync(0);
    answer_heartbeat(0);
    EXPECT_EQ(listener_.take(), (Events{"prepare", "joined 1"}));
  }

  MembershipOptions options_;
  FakeCoordinator coordinator_;
  FakeListener listener_;
  TimePoint now_{std::chrono::hours(1)};
  std::unique_ptr<GroupMember> member_;
};

TEST_F(GroupMemberTest, FirstRoundAsLeader) {
  member_->start(now_);
  EXPECT_EQ(listener_.take(), Events{});  // nothing to prepare for without a coordinator
  find();
  EXPECT_EQ(listener_.take(), Events{"prepare"});
  EXPECT_EQ(coordinator_.joins, 0);
  offer();
  EXPECT_EQ(coordinator_.last_join.member_id, "");
  EXPECT_EQ(coordinator_.last_join.protocol_type, "connect");
  EXPECT_EQ(coordinator_.last_join.session_timeout_ms, 10'000);
  EXPECT_EQ(coordinator_.last_join.rebalance_timeout_ms, 60'000);
  ASSERT_EQ(coordinator_.last_join.protocols.size(), 2u);
  answer_join(errors::kMemberIdRequired, -1, "", "m-1");
  EXPECT_EQ(coordinator_.joins, 2);  // at once, with the name it got
  EXPECT_EQ(coordinator_.last_join.member_id, "m-1");
  answer_join(0);
  EXPECT_EQ(listener_.take(), Events{"elected 1"});
  EXPECT_EQ(listener_.last_election.members.size(), 2u);
  EXPECT_EQ(coordinator_.syncs, 0);
  pass(3500ms);
  EXPECT_EQ(coordinator_.heartbeats, 1);  // while the leader thinks
  answer_heartbeat(0);
  member_->lead(now_, 0, {});  // of another generation
  EXPECT_EQ(coordinator_.syncs, 0);
  member_->lead(now_, 1, {{"m-1", "x"}, {"m-2", "y"}});
  EXPECT_EQ(coordinator_.last_sync.assignments.at("m-2"), "y");
  answer_sync(0, "x");
  EXPECT_EQ(listener_.take(), Events{"joined 1"});
  EXPECT_EQ(listener_.last_joined.assignment, "x");
  EXPECT_EQ(listener_.last_joined.protocol, "sessioned");
}

TEST_F(GroupMemberTest, FollowerSyncsEmptyHandedAndBeats) {
  become_member();
  EXPECT_TRUE(coordinator_.last_sync.assignments.empty());
  for (int i = 0; i < 20; ++i) {
    pass(3s);
    ASSERT_EQ(coordinator_.heartbeats, 2 + i);
    EXPECT_EQ(coordinator_.last_heartbeat.generation, 1);
    answer_heartbeat(0);
  }
  EXPECT_EQ(listener_.take(), Events{});
}

TEST_F(GroupMemberTest, ListensCloselyForAWhileAfterARound) {
  options_.attention_after_round = 1s;
  options_.attentive_heartbeat_interval = 200ms;
  member_ = std::make_unique<GroupMember>(options_, coordinator_, listener_, 1);
  become_member();
  for (int i = 0; i < 5; ++i) {
    pass(200ms);
    ASSERT_EQ(coordinator_.heartbeats, 2 + i);
    answer_heartbeat(0);
  }
  pass(2s);
  EXPECT_EQ(coordinator_.heartbeats, 6);
  pass(1s);
  EXPECT_EQ(coordinator_.heartbeats, 7);
}

TEST_F(GroupMemberTest, HeartbeatsGoOnThroughARound) {
  become_member();
  pass(3s);
  answer_heartbeat(errors::kRebalanceInProgress);
  EXPECT_EQ(listener_.take(), Events{"prepare"});
  for (int i = 0; i < 5; ++i) {  // the owner stops its work for longer than the session timeout
    pass(3s);
    answer_heartbeat(errors::kRebalanceInProgress);
  }
  offer();
  EXPECT_EQ(coordinator_.last_join.member_id, "m-1");
  for (int i = 0; i < 5; ++i) {  // the others take their time
    pass(3s);
    EXPECT_EQ(coordinator_.last_heartbeat.generation, 1);
    answer_heartbeat(errors::kRebalanceInProgress);
  }
  EXPECT_EQ(coordinator_.joins, 2);
  answer_join(0, 2, "m-2", "m-1");
  answer_sync(0);
  EXPECT_EQ(listener_.take(), Events{"joined 2"});
}

TEST_F(GroupMemberTest, LostConnectionIsNotLostMembership) {
  become_member();
  pass(1s);
  member_->coordinator_lost(now_, base::Error(base::Code::kRetry, "x", "reset"));
  pass(2s);
  ASSERT_TRUE(coordinator_.seeking);
  member_->coordinator_missing(now_, base::Error(base::Code::kRetry, "x", "refused"));
  pass(2s);
  find();
  answer_heartbeat(0);  // at once
  EXPECT_EQ(coordinator_.joins, 1);
  EXPECT_EQ(listener_.take(), Events{});
}

TEST_F(GroupMemberTest, SessionEndsWithoutConfirmation) {
  become_member();
  pass(3s);
  answer_heartbeat(0);
  const TimePoint confirmed = now_;
  pass(3s);  // this one is never answered
  member_->coordinator_lost(now_, base::Error(base::Code::kTimeout, "x", "no answer"));
  pass(confirmed + 10s - now_ - 1ms);
  EXPECT_EQ(listener_.take(), Events{});
  pass(2ms);
  EXPECT_EQ(listener_.take(), Events{"lost"});
  pass(60s);
  EXPECT_EQ(listener_.take(), Events{});
  find();
  EXPECT_EQ(listener_.take(), Events{"prepare"});
  offer();
  EXPECT_EQ(coordinator_.last_join.member_id, "m-1");  // nobody has to wait for the old one's end
  answer_join(errors::kUnknownMemberId);
  pass(1s);
  EXPECT_EQ(coordinator_.last_join.member_id, "");
  EXPECT_EQ(listener_.take(), Events{});
}

TEST_F(GroupMemberTest, SessionCountsFromTheRequestNotTheAnswer) {
  become_member();
  pass(3s);
  const TimePoint sent = now_;
  pass(2s);
  answer_heartbeat(0);
  member_->coordinator_lost(now_, base::Error(base::Code::kRetry, "x", "reset"));
  pass(sent + 10s - now_ + 1ms);
  EXPECT_EQ(listener_.take(), Events{"lost"});
}

TEST_F(GroupMemberTest, BrokerThatForgotUsIsTold) {
  become_member();
  pass(3s);
  answer_heartbeat(errors::kUnknownMemberId);
  EXPECT_EQ(listener_.take(), (Events{"lost", "prepare"}));
  offer();
  EXPECT_EQ(coordinator_.last_join.member_id, "");
}

TEST_F(GroupMemberTest, FencedIsLost) {
  become_member();
  pass(3s);
  answer_heartbeat(errors::kFencedInstanceId);
  EXPECT_EQ(listener_.take(), (Events{"lost", "prepare"}));
}

TEST_F(GroupMemberTest, MissedGenerationKeepsTheWork) {
  become_member();
  pass(3s);
  answer_heartbeat(errors::kIllegalGeneration);
  EXPECT_EQ(listener_.take(), Events{"prepare"});
  offer();
  EXPECT_EQ(coordinator_.last_join.member_id, "m-1");
}

TEST_F(GroupMemberTest, RoundThatWillNeverBeAnsweredBeginsAgain) {
  become_member();
  pass(3s);
  answer_heartbeat(errors::kRebalanceInProgress);
  offer();
  pass(3s);
  answer_heartbeat(errors::kIllegalGeneration);  // the round went on without us, or the answer is on its way
  EXPECT_EQ(coordinator_.joins, 2);
  pass(3s);
  answer_heartbeat(errors::kIllegalGeneration);
  EXPECT_EQ(coordinator_.abandoned, 1);
  EXPECT_EQ(coordinator_.joins, 3);
  answer_join(0, 3, "m-2", "m-1");
  answer_sync(0);
  EXPECT_EQ(listener_.take(), (Events{"prepare", "joined 3"}));
}

TEST_F(GroupMemberTest, CoordinatorMoves) {
  member_->start(now_);
  find();
  offer("first");
  answer_join(errors::kNotCoordinator);
  pass(1s);
  EXPECT_EQ(coordinator_.seeks, 2);
  find();
  EXPECT_EQ(coordinator_.joins, 2);
  EXPECT_EQ(coordinator_.last_join.protocols[0].second, "first");
  answer_join(errors::kCoordinatorLoadInProgress);
  EXPECT_EQ(coordinator_.joins, 2);  // not at once
  pass(1s);
  EXPECT_EQ(coordinator_.joins, 3);
  EXPECT_EQ(coordinator_.seeks, 2);
  answer_join(0, 1, "m-2", "m-1");
  answer_sync(errors::kNotCoordinator);
  pass(1s);
  find();
  EXPECT_EQ(coordinator_.syncs, 2);  // the round is good still
  answer_sync(0);
  EXPECT_EQ(listener_.take(), (Events{"prepare", "joined 1"}));
}

// librdkafka's mock coordinator refuses whoever syncs after the leader, each time again.
TEST_F(GroupMemberTest, RefusedSyncBeginsANewRound) {
  constexpr std::int16_t kInvalidRequest = 42;
  member_->start(now_);
  find();
  offer("mine");
  answer_join(0, 1, "m-2", "m-1");
  EXPECT_EQ(listener_.last_protocol, "sessioned");  // told though the round fails
  answer_sync(kInvalidRequest);
  pass(1s);
  EXPECT_EQ(coordinator_.syncs, 1);
  EXPECT_EQ(coordinator_.joins, 2);
  EXPECT_EQ(coordinator_.last_join.member_id, "m-1");
  EXPECT_EQ(coordinator_.last_join.protocols[0].second, "mine");
  answer_join(0, 2, "m-2", "m-1");
  answer_sync(0);
  EXPECT_EQ(listener_.take(), (Events{"prepare", "joined 2"}));
}

TEST_F(GroupMemberTest, ConnectionLossInARoundAsksAgain) {
  member_->start(now_);
  find();
  offer();
  member_->coordinator_lost(now_, base::Error(base::Code::kRetry, "x", "reset"));
  pass(1s);
  find();
  EXPECT_EQ(coordinator_.joins, 2);
  answer_join(0);
  member_->lead(now_, 1, {{"m-1", "x"}});
  member_->coordinator_lost(now_, base::Error(base::Code::kRetry, "x", "reset"));
  pass(1s);
  find();
  EXPECT_EQ(coordinator_.syncs, 2);
  EXPECT_EQ(coordinator_.last_sync.assignments.size(), 1u);
  answer_sync(0);
  EXPECT_EQ(listener_.take(), (Events{"prepare", "elected 1", "joined 1"}));
}

TEST_F(GroupMemberTest, RebalanceWhileTheLeaderThinks) {
  member_->start(now_);
  find();
  offer();
  answer_join(0);
  pass(3s);
  answer_heartbeat(errors::kRebalanceInProgress);
  EXPECT_EQ(coordinator_.joins, 2);
  member_->lead(now_, 1, {{"m-1", "old"}});
  EXPECT_EQ(coordinator_.syncs, 0);
  answer_join(0, 2);
  EXPECT_EQ(listener_.take(), (Events{"prepare", "elected 1", "elected 2"}));
}

TEST_F(GroupMemberTest, RefusalIsToldOnceAndTriedAgain) {
  member_->start(now_);
  find();
  offer();
  for (int i = 0; i < 3; ++i) {
    answer_join(errors::kInconsistentGroupProtocol);
    pass(4900ms);
    EXPECT_EQ(coordinator_.joins, 1 + i);
    pass(200ms);
    EXPECT_EQ(coordinator_.joins, 2 + i);
  }
  EXPECT_EQ(listener_.take(), (Events{"prepare", "refused"}));
  answer_join(errors::kGroupAuthorizationFailed);
  EXPECT_EQ(listener_.take(), Events{"refused"});  // another reason
  pass(5100ms);
  answer_join(0, 1, "m-2", "m-1");
  answer_sync(0);
  EXPECT_EQ(listener_.take(), Events{"joined 1"});
}

TEST_F(GroupMemberTest, BadCredentialsAreRefused) {
  member_->start(now_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(std::exchange(coordinator_.seeking, false));
    member_->coordinator_missing(now_, base::Error(base::Code::kInvalidConfig, "x", "wrong password"));
    pass(4s);
    EXPECT_FALSE(coordinator_.seeking);
    pass(1100ms);
  }
  EXPECT_EQ(listener_.take(), Events{"refused"});
}

TEST_F(GroupMemberTest, RightTakenAwayFromAMember) {
  become_member();
  pass(3s);
  answer_heartbeat(errors::kGroupAuthorizationFailed);
  EXPECT_EQ(listener_.take(), Events{"refused"});
  pass(3s);
  answer_heartbeat(errors::kGroupAuthorizationFailed);
  EXPECT_EQ(listener_.take(), Events{});
  pass(6s);
  EXPECT_EQ(listener_.take(), (Events{"lost", "prepare"}));
}

TEST_F(GroupMemberTest, HangingOwner) {
  become_member();
  for (int i = 0; i < 19; ++i) {
    pass(3s, false);
    answer_heartbeat(0);
  }
  EXPECT_EQ(coordinator_.leaves, 0);
  pass(4s, false);
  EXPECT_EQ(coordinator_.leaves, 1);
  EXPECT_EQ(coordinator_.last_leave.member_id, "m-1");
  EXPECT_EQ(listener_.take(), Events{"lost"});
  pass(60s, false);
  EXPECT_EQ(listener_.take(), Events{});  // not before it lives again
  member_->owner_alive(now_);
  EXPECT_EQ(listener_.take(), Events{"prepare"});
}

// SIGSTOP of the whole process for longer than the rebalance timeout: the owner is not to blame, the session is over.
TEST_F(GroupMemberTest, FrozenProcessIsNotAHangingOwner) {
  become_member();
  pass(1s);
  now_ += 90s;
  member_->tick(now_);
  EXPECT_EQ(listener_.take(), (Events{"lost", "prepare"}));
  EXPECT_EQ(coordinator_.leaves, 0);
}

TEST_F(GroupMemberTest, LeaveAndComeBack) {
  become_member();
  member_->leave(now_, "cannot read", 5s);
  EXPECT_EQ(coordinator_.leaves, 1);
  EXPECT_EQ(coordinator_.last_leave.reason, "cannot read");
  member_->left(now_, std::exchange(coordinator_.leave_token, 0), 0);
  pass(4900ms);
  EXPECT_EQ(listener_.take(), Events{});
  pass(200ms);
  EXPECT_EQ(listener_.take(), Events{"prepare"});
  offer();
  EXPECT_EQ(coordinator_.last_join.member_id, "");
}

TEST_F(GroupMemberTest, ManyRejoinRequestsAreOneRound) {
  become_member();
  for (int i = 0; i < 5; ++i) member_->request_rejoin(now_, "new connector");
  EXPECT_EQ(listener_.take(), Events{"prepare"});
  offer();
  EXPECT_EQ(coordinator_.last_join.reason, "new connector");
  // After the member has said what it knows, a request is one for the round after.
  for (int i = 0; i < 5; ++i) member_->request_rejoin(now_, "and another");
  EXPECT_EQ(listener_.take(), Events{});
  answer_join(0, 2, "m-2", "m-1");
  answer_sync(0);
  EXPECT_EQ(listener_.take(), (Events{"joined 2", "prepare"}));
}

// The owner answers on_join_prepare, while on_lost and another on_join_prepare are on their way to it.
TEST_F(GroupMemberTest, LateAnswerIsReplacedByTheRightOne) {
  become_member();
  pass(3s);
  answer_heartbeat(errors::kRebalanceInProgress);
  pass(3s);
  answer_heartbeat(errors::kUnknownMemberId);
  EXPECT_EQ(listener_.take(), (Events{"prepare", "lost", "prepare"}));
  offer("with work");
  offer("without work");
  EXPECT_EQ(coordinator_.abandoned, 1);
  EXPECT_EQ(coordinator_.last_join.protocols[0].second, "without work");
  answer_join(0, 5, "m-2", "m-3");
  answer_sync(0);
  EXPECT_EQ(listener_.take(), Events{"joined 5"});
  offer("later still");
  EXPECT_EQ(listener_.take(), Events{"prepare"});
}

TEST_F(GroupMemberTest, AnswersToOldQuestionsAreIgnored) {
  become_member();
  member_->joined(now_, 999, {});
  member_->synced(now_, 999, {});
  member_->heartbeat_answered(now_, 999, errors::kUnknownMemberId);
  member_->coordinator_found(now_);
  EXPECT_EQ(listener_.take(), Events{});
}

TEST_F(GroupMemberTest, ForeignProtocolTypeIsRefused) {
  member_->start(now_);
  find();
  offer();
  JoinResponse response;
  response.generation = 1;
  response.protocol_type = "consumer";
  response.member_id = "m-1";
  member_->joined(now_, std::exchange(coordinator_.join_token, 0), response);
  EXPECT_EQ(listener_.take(), (Events{"prepare", "refused"}));
}

TEST_F(GroupMemberTest, StopLeaves) {
  become_member();
  member_->stop(now_);
  EXPECT_FALSE(member_->stopped());
  member_->left(now_, coordinator_.leave_token, 0);
  EXPECT_TRUE(member_->stopped());
  pass(60s, false);
  EXPECT_EQ(listener_.take(), Events{});
}

TEST_F(GroupMemberTest, StopWithoutCoordinatorIsAtOnce) {
  member_->start(now_);
  member_->stop(now_);
  EXPECT_TRUE(member_->stopped());
}

// Whatever the coordinator and the network do, from a seed: work is never held for longer than the session timeout
// after the last confirmed request, events come in an order that makes sense, and the member always comes back.
class GroupMemberHistory : public GroupMemberTest, public ::testing::WithParamInterface<int> {
 protected:
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  void owner_reacts() {
    for (const std::string& event : listener_.take()) {
      if (event == "prepare") {
        EXPECT_NE(state_, State::kPreparing) << "asked twice for the same";
        state_ = State::kPreparing;
        offered_ = chance(90);
        if (offered_) offer();
      } else if (event.starts_with("elected")) {
        EXPECT_EQ(state_, State::kPreparing);
        silent_leader_ = !healthy_ && chance(20);
        if (!silent_leader_) member_->lead(now_, listener_.last_election.generation, {{"m-1", "x"}});
      } else if (event.starts_with("joined")) {
        EXPECT_EQ(state_, State::kPreparing);
        state_ = State::kStable;
        has_work_ = true;
      } else if (event == "lost") {
        EXPECT_TRUE(has_work_);
        has_work_ = false;
        state_ = State::kIdle;
      }
    }
    // An owner that took its time, or says it again.
    if (state_ == State::kPreparing && chance(offered_ ? (healthy_ ? 0 : 2) : 20)) {
      offered_ = true;
      offer();
    }
  }

  void coordinator_reacts(bool healthy) {
    static constexpr std::int16_t kErrors[] = {14, 15, 16, 22, 23, 25, 27, 30, 79, 82, 99};
    const auto outcome = [&]() -> std::int16_t {
      return healthy || chance(70) ? 0 : kErrors[random_() % std::size(kErrors)];
    };
    if (coordinator_.seeking && (healthy || chance(50))) {
      coordinator_.seeking = false;
      if (healthy || chance(70))
        member_->coordinator_found(now_);
      else
        member_->coordinator_missing(
            now_, base::Error(chance(20) ? base::Code::kInvalidConfig : base::Code::kRetry, "x", "not there"));
    }
    if (!healthy && chance(3)) {
      coordinator_.forget_all();
      member_->coordinator_lost(now_, base::Error(base::Code::kRetry, "x", "reset"));
    }
    if (coordinator_.heartbeat_token != 0 && (healthy || chance(60))) {
      // A leader that never leads is put out by the broker when the rebalance timeout has passed.
      const std::int16_t error = healthy && std::exchange(silent_leader_, false) ? errors::kUnknownMemberId : outcome();
      if (error == 0 || error == errors::kRebalanceInProgress)
        confirmed_ = std::max(confirmed_, coordinator_.heartbeat_sent_at);
      answer_heartbeat(error);
    }
    if (coordinator_.join_token != 0 && (healthy || chance(40))) {
      const std::int16_t error = outcome();
      if (error == 0) confirmed_ = now_;
      answer_join(error, ++generation_, chance(50) ? "m-1" : "m-2", "m-1");
    }
    if (coordinator_.sync_token != 0 && (healthy || chance(40))) {
      const std::int16_t error = outcome();
      if (error == 0) confirmed_ = now_;
      answer_sync(error);
    }
    if (coordinator_.leave_token != 0 && chance(50)) member_->left(now_, std::exchange(coordinator_.leave_token, 0), 0);
  }

  void step(bool healthy) {
    healthy_ = healthy;
    coordinator_reacts(healthy);
    owner_reacts();
    if (!healthy && chance(1)) member_->request_rejoin(now_, "r");
    owner_reacts();
    if (!healthy && chance(1)) {
      member_->leave(now_, "l", std::chrono::milliseconds(random_() % 2000));
      has_work_ = false;
      state_ = State::kIdle;
    }
    now_ += std::chrono::milliseconds(random_() % 400);
    if (chance(95)) member_->owner_alive(now_);
    member_->tick(now_);
    owner_reacts();
    if (has_work_) {
      EXPECT_LE((now_ - confirmed_).count(), std::chrono::nanoseconds(10s).count());
    }
  }

  enum class State { kIdle, kPreparing, kStable };
  State state_ = State::kIdle;
  bool offered_ = false;
  bool healthy_ = false;
  bool silent_leader_ = false;
  bool has_work_ = false;
  std::int32_t generation_ = 0;
  TimePoint confirmed_ = now_;
  std::minstd_rand random_{static_cast<unsigned>(GetParam()) + 1};
};

TEST_P(GroupMemberHistory, HoldsWhatItPromises) {
  SCOPED_TRACE(GetParam());
  member_->start(now_);
  for (int i = 0; i < 2000 && !HasFailure(); ++i) step(false);
  for (int i = 0; i < 400; ++i) step(true);
  EXPECT_TRUE(has_work_);
  EXPECT_EQ(state_, State::kStable);
}

INSTANTIATE_TEST_SUITE_P(Seeds, GroupMemberHistory, ::testing::Range(0, 40));

}  // namespace
}  // namespace sluice::group
