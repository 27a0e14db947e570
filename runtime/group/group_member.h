#pragma once
// Inside the module: what a member does in every situation, as a state machine without network, threads or clock. Calls
// of the owner, answers of the coordinator and the passing of time go in; requests (GroupMember::Coordinator) and
// listener calls come out. Every call takes the time and runs the machine as far as it goes.
//
//   idle -> preparing -> joining -> [elected] -> syncing -> stable -> preparing -> ...
//
// A lost connection changes no state: the coordinator is looked for again and whatever was in flight is asked again.
// Membership ends when the broker says so, or when it has not been confirmed for the session timeout, counted from when
// the confirmed request was sent: by then the coordinator may have given our work to others.

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "runtime/group/broker_membership.h"
#include "runtime/group/membership.h"
#include "runtime/group/messages.h"
#include "runtime/group/network.h"

namespace sluice::group {

class GroupMember {
 public:
  // Tells an answer that is still wanted from one that is not.
  using Token = std::uint64_t;

  class Coordinator {
   public:
    virtual ~Coordinator() = default;
    // Finds and connects the coordinator anew, dropping the old connections; the answer is coordinator_found() or
    // coordinator_missing().
    virtual void seek() = 0;
    // Drops the connections: nothing that was asked will be answered.
    virtual void drop() = 0;
    // Drops a JoinGroup or SyncGroup that waits for its answer, and with it any other request but LeaveGroup.
    virtual void abandon_round() = 0;
    virtual void join(Token token, JoinRequest request) = 0;
    virtual void sync(Token token, SyncRequest request) = 0;
    virtual void heartbeat(Token token, HeartbeatRequest request) = 0;
    virtual void leave(Token token, LeaveRequest request) = 0;
  };

  // `options`, `coordinator` and `listener` outlive the member. `seed` is for the jitter of back-offs.
  GroupMember(const MembershipOptions& options, Coordinator& coordinator, MembershipListener& listener,
              std::uint32_t seed);

  // The owner.
  void start(TimePoint now);
  void join(TimePoint now, std::vector<OfferedProtocol> offers);
  void lead(TimePoint now, std::int32_t generation, std::map<std::string, std::string> assignments);
  void request_rejoin(TimePoint now, std::string reason);
  void leave(TimePoint now, std::string reason, std::chrono::milliseconds rejoin_after);
  void owner_alive(TimePoint now);
  // Leaves; stopped() once that is done or cannot be.
  void stop(TimePoint now);
  bool stopped() const { return stopping_ && leave_token_ == 0; }

  // The coordinator. Codes are the broker's.
  void coordinator_found(TimePoint now);
  void coordinator_missing(TimePoint now, base::Error why);
  void coordinator_lost(TimePoint now, base::Error why);
  void joined(TimePoint now, Token token, JoinResponse response);
  void synced(TimePoint now, Token token, SyncResponse response);
  void heartbeat_answered(TimePoint now, Token token, std::int16_t error);
  // Not answered, for a reason that says nothing about the coordinator.
  void heartbeat_failed(TimePoint now, Token token);
  void left(TimePoint now, Token token, std::int16_t error);

  // Time. To be called at wake_at() or earlier.
  void tick(TimePoint now) { advance(now); }
  TimePoint wake_at(TimePoint now) const;

 private:
  enum class Round { kIdle, kPreparing, kJoining, kElected, kSyncing, kStable };
  enum class Link { kNone, kSeeking, kKnown };

  void advance(TimePoint now);
  void watch_owner(TimePoint now);
  void watch_session(TimePoint now);
  void advance_round(TimePoint now);
  void maybe_heartbeat(TimePoint now);

  void prepare();
  void send_join(TimePoint now);
  void send_sync(TimePoint now);
  void send_leave(std::string reason);
  void abandon_round();
  void begin_again(TimePoint now);  // the round is void: join with the same offers
  void accept_join(TimePoint now, JoinResponse response);
  void confirmed(TimePoint sent_at);  // the coordinator took us for a member
  // The coordinator does not know us. `told_by_broker`: the member id is worthless too.
  void lose(TimePoint now, base::Error why, bool told_by_broker);
  void round_failed(TimePoint now, std::int16_t error, std::string_view what);
  void forget_coordinator(TimePoint now);
  void refuse(base::Error why);
  void retry_round(TimePoint now);
  bool may_heartbeat() const;
  std::chrono::milliseconds backoff(int attempt, std::chrono::milliseconds first, std::chrono::milliseconds most);
  Token next_token() { return ++last_token_; }

  const MembershipOptions& options_;
  Coordinator& coordinator_;
  MembershipListener& listener_;
  std::minstd_rand random_;

  Round round_ = Round::kIdle;
  Link link_ = Link::kNone;
  std::string member_id_;
  std::int32_t generation_ = -1;  // that heartbeats name; -1: none
  std::string protocol_;
  bool has_work_ = false;  // on_joined was told, and no on_lost since
  std::vector<OfferedProtocol> offers_;
  std::map<std::string, std::string> assignments_;  // the leader's, until the round is over
  bool rejoin_wanted_ = false;
  std::string reason_;
  std::string refused_;  // what was told last

  Token last_token_ = 0;
  Token round_token_ = 0;  // of the JoinGroup or SyncGroup in flight; 0: none
  Token heartbeat_token_ = 0;
  Token leave_token_ = 0;
  TimePoint round_sent_at_;
  TimePoint heartbeat_sent_at_;
  int doubts_ = 0;  // heartbeats in a row that speak against the round in flight

  TimePoint round_at_;  // not before: begin or retry the round
  TimePoint seek_at_;
  TimePoint heartbeat_at_;
  TimePoint attentive_until_;
  TimePoint session_ends_;
  TimePoint owner_ends_;
  TimePoint woken_for_;  // the last wake_at(), to tell a frozen process from a hanging owner
  int round_attempts_ = 0;
  int seek_attempts_ = 0;
  bool owner_hangs_ = false;
  bool stopping_ = false;
  bool started_ = false;
};

}  // namespace sluice::group
