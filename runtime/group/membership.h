#pragma once
// A member of a group on Kafka's classic group protocol, as Connect's workers are: joins, hears what it is assigned,
// keeps its membership alive, leaves. It knows nothing of what is assigned: bytes in, bytes out.
//
// One round:   on_join_prepare -> join(offers) -> on_protocol -> [leader only: on_elected -> lead(assignments)]
//              -> on_joined
// The group may start a new round at any time after on_joined: on_join_prepare comes again. When membership is lost
// (coordinator gone for too long, session expired, fenced by the broker) on_lost comes first, then on_join_prepare as
// soon as there is a coordinator again: a lost member always tries to come back until it is stopped.
//
// Threads: listener calls come on a thread of the membership, one at a time, and only enqueue. The calls of Membership
// may come from any thread and return at once, except stop().

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::group {

struct OfferedProtocol {
  std::string name;
  std::string metadata;
};

// To the member that the broker chose as leader: everyone's metadata for the protocol that all share.
struct Election {
  std::int32_t generation = -1;
  std::string member_id;  // ours
  std::string protocol;
  std::map<std::string, std::string> members;  // member id -> metadata; with ourselves
};

struct Joined {
  std::int32_t generation = -1;
  std::string member_id;
  std::string protocol;
  std::string assignment;
};

class MembershipListener {
 public:
  virtual ~MembershipListener() = default;
  // The member is about to join, or to join again. Answer with Membership::join() once nothing stands in the way
  // (eager: all work has stopped), within the rebalance timeout.
  virtual void on_join_prepare() = 0;
  // The protocol that the group has agreed upon for this round, which may never come to on_joined: the others may act
  // by its rules already.
  virtual void on_protocol(std::string protocol) = 0;
  // Answer with Membership::lead(): an assignment for each member.
  virtual void on_elected(Election election) = 0;
  virtual void on_joined(Joined joined) = 0;
  // Not a member any more, or the coordinator has not answered for so long that another may have our work by now: stop
  // everything.
  virtual void on_lost(base::Error why) = 0;
  // The group cannot be joined at all for a reason that an operator must mend (another protocol type, no permission,
  // bad credentials); it is tried again every few seconds. Told once per reason.
  virtual void on_refused(base::Error why) = 0;
};

class Membership {
 public:
  virtual ~Membership() = default;  // stop()

  virtual base::Status start(MembershipListener& listener) = 0;
  virtual void join(std::vector<OfferedProtocol> offers) = 0;
  virtual void lead(std::int32_t generation, std::map<std::string, std::string> assignments) = 0;
  // A new round as soon as possible; many requests before it begins are one.
  virtual void request_rejoin(std::string reason) = 0;
  // Leaves the group, and joins again after `rejoin_after` (on_join_prepare). No on_lost for it.
  virtual void leave(std::string reason, std::chrono::milliseconds rejoin_after) = 0;
  // The owner is alive: to be called at least every second. Without it for rebalance.timeout.ms the member leaves the
  // group (on_lost), so that its work goes to others.
  virtual void owner_alive() = 0;
  // Leaves the group (if the coordinator can be reached by the deadline) and joins the threads.
  virtual void stop(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace sluice::group
