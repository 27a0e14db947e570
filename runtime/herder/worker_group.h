#pragma once
// This worker's place in the group: what it tells the others when it joins, the leader's part of a rebalance, and what
// it makes of an assignment (spec connect-runtime.md sections 5.3, 5.6 to 5.8). Knows which work is held; starting and
// stopping it is the host's business.
//
// A round:  join -> [elected: assign] -> joined: stop what is revoked -> settle: the configuration must be the one that
// the leader had -> the host starts what is held. A rebalance that comes in between begins again at the join.
//
// All on the herder thread, but for the MembershipListener's calls, which only post.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/group/membership.h"
#include "runtime/herder/command_loop.h"
#include "runtime/herder/leader_round.h"
#include "runtime/herder/rebalance_metrics.h"

namespace sluice::herder {

// What the group needs of its worker. All on the herder thread.
class GroupHost {
 public:
  virtual ~GroupHost() = default;
  virtual std::int64_t config_offset() const = 0;
  virtual ConfiguredWork configured() const = 0;
  // Reads the config topic to its end. `done` on the herder thread.
  virtual void refresh_configs(std::chrono::milliseconds timeout, std::function<void(base::Status)> done) = 0;
  // What is held has become less: `done` when the rest has stopped.
  virtual void release(std::function<void()> done) = 0;
  // A rebalance is complete: start what is held.
  virtual void settled() = 0;
  // The group cannot be joined, or was left against our will; nothing is held any more.
  virtual void unsettled(const base::Error& why) = 0;
};

class WorkerGroup final : public group::MembershipListener {
 public:
  struct Options {
    group::ConnectProtocol highest = group::ConnectProtocol::kSessioned;
    std::string url;
    std::chrono::milliseconds scheduled_rebalance_delay_max{300'000};
    std::chrono::milliseconds sync_timeout{3'000};      // worker.sync.timeout.ms
    std::chrono::milliseconds unsync_backoff{300'000};  // worker.unsync.backoff.ms
    metrics::Registry* metrics = nullptr;               // may be null
  };
  struct Held {
    std::set<std::string> connectors;
    std::set<base::TaskId> tasks;
    bool empty() const { return connectors.empty() && tasks.empty(); }
  };

  // All must outlive this.
  WorkerGroup(Options options, std::shared_ptr<CommandLoop> loop, group::Membership& membership, GroupHost& host,
              const base::Clock& clock);

  // Hands what is held over to other members before this one leaves: `done` when nothing is held any more, or the
  // leader did not take it (it does not know how, or nobody else is there).
  void hand_over(std::function<void()> done);
  // Nothing is answered any more.
  void close() { closed_ = true; }
  // The configuration has changed in a way that the group must deal with; not if the last assignment knew it.
  void request_rebalance(const std::string& reason);

  const Held& held() const { return held_; }
  // The last round is complete and no other is wanted.
  bool settled() const { return settled_ && !rejoin_requested_; }
  // What is held may be started: the round that gave it is complete.
  bool may_start() const { return settled_; }
  // What was committed before this offset of the config topic, the last completed round has taken into account.
  std::int64_t covered_offset() const { return settled_ ? assignment_->config_offset : -1; }
  bool leading() const { return !member_id_.empty() && assignment_ && assignment_->leader == member_id_; }
  std::string leader_url() const { return assignment_ ? assignment_->leader_url : std::string(); }
  group::ConnectProtocol protocol() const { return protocol_; }
  std::int32_t generation() const { return generation_; }
  const std::string& member_id() const { return member_id_; }
  // [leading] Empty: nobody.
  std::string owner_url(const std::string& connector) const;
  std::string owner_url(const base::TaskId& task) const;

  void on_join_prepare() override;
  void on_protocol(std::string protocol) override;
  void on_elected(group::Election election) override;
  void on_joined(group::Joined joined) override;
  void on_lost(base::Error why) override;
  void on_refused(base::Error why) override;

 private:
  void post(std::function<void()> command);
  void release(std::function<void()> then);
  void prepare_join();
  void agreed(const std::string& protocol);
  void revoke_all();
  void join();
  void elect(const group::Election& election);
  void lead(const group::Election& election);
  void joined(const group::Joined& joined);
  void take(group::Assignment received);
  void settle();
  void catch_up();
  void sync_failed(const base::Error& why);
  void lost(const base::Error& why);
  void rejoin(const std::string& reason);
  void end_hand_over();
  void schedule_rebalance(std::chrono::milliseconds delay);

  const Options options_;
  const std::shared_ptr<CommandLoop> loop_;
  group::Membership& membership_;
  GroupHost& host_;
  const base::Clock& clock_;
  IncrementalAssignor assignor_;
  RebalanceMetrics metrics_;

  group::ConnectProtocol protocol_;
  std::int32_t generation_ = -1;
  std::int32_t last_completed_generation_ = -1;
  std::string member_id_;
  std::optional<group::Assignment> assignment_;  // `assigned`: all that is held, as the next metadata tells it
  Held held_;
  LeaderOutcome led_;        // of the round being led
  LeaderOutcome owners_;     // of the last completed round
  std::uint64_t round_ = 0;  // steps of older rounds are void
  int stopping_ = 0;         // releases that go on; a join waits for them
  bool join_waits_ = false;
  bool settled_ = false;
  bool rejoin_requested_ = false;
  bool rejoin_after_start_ = false;  // revoked work is free only in the next round
  int sync_retries_left_;
  std::function<void()> handed_over_;  // set: leaving
  bool leaving_told_ = false;          // in the metadata of the round that goes on
  bool closed_ = false;
};

}  // namespace sluice::herder
