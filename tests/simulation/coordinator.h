#pragma once
// A broker's coordinator of one group on Kafka's classic protocol, and memberships that talk to it over the simulated
// network (the contract of runtime/group/membership.h).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/group/membership.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace sluice::simulation {

enum class GroupError { kNone, kUnknownMember, kIllegalGeneration, kRebalanceInProgress };

struct JoinAnswer {
  GroupError error = GroupError::kNone;
  std::int32_t generation = -1;
  std::string member_id, leader, protocol;
  std::map<std::string, std::string> members;  // the leader's only
};
struct SyncAnswer {
  GroupError error = GroupError::kNone;
  std::string protocol, assignment;
};

class Coordinator {
 public:
  struct Timeouts {
    Ms session{10'000}, rebalance{60'000}, initial_delay{200};
  };
  explicit Coordinator(World& world) : world_(world) {}

  using Joined = std::function<void(JoinAnswer)>;
  using Synced = std::function<void(SyncAnswer)>;
  void join(const std::string& member_id, std::vector<group::OfferedProtocol> offers, Timeouts timeouts, Joined answer);
  void sync(const std::string& member_id, std::int32_t generation, std::map<std::string, std::string> assignments,
            Synced answer);
  GroupError heartbeat(const std::string& member_id, std::int32_t generation);
  void leave(const std::string& member_id);
  // Sessions begin anew, as after a move of the coordinator.
  void restart();

  bool has(const std::string& member_id) const { return members_.contains(member_id); }
  std::int32_t generation() const { return generation_; }
  // The group's protocol has become another one not long ago.
  bool protocol_changed() const { return world_.now() < protocol_changed_ + Ms(30'000); }
  bool stable() const { return state_ == State::kStable; }
  std::size_t size() const { return members_.size(); }

 private:
  enum class State { kEmpty, kPreparing, kCompleting, kStable };
  struct Member {
    std::vector<group::OfferedProtocol> offers;
    Timeouts timeouts;
    Joined joining;  // a request that waits
    Synced syncing;
    std::string assignment;
    std::uint64_t session = 0;  // number of the latest sign of life
    std::uint64_t order = 0;    // of arrival
  };
  void prepare(const std::string& why);
  void maybe_complete();
  void complete();
  void touch(const std::string& member_id);
  void remove(const std::string& member_id, const std::string& why);
  std::string choose_protocol() const;

  World& world_;
  State state_ = State::kEmpty;
  std::map<std::string, Member> members_;
  std::int32_t generation_ = 0;
  std::string leader_, protocol_;
  base::SteadyTime protocol_changed_{};
  std::uint64_t round_ = 0, last_member_ = 0, last_session_ = 0;
};

class SimulatedMembership final : public group::Membership {
 public:
  SimulatedMembership(World& world, Network& network, Coordinator& coordinator, Coordinator::Timeouts timeouts);
  ~SimulatedMembership() override = default;

  base::Status start(group::MembershipListener& listener) override;
  void join(std::vector<group::OfferedProtocol> offers) override;
  void lead(std::int32_t generation, std::map<std::string, std::string> assignments) override;
  void request_rejoin(std::string reason) override;
  void leave(std::string reason, std::chrono::milliseconds rejoin_after) override;
  void owner_alive() override;
  void stop(std::chrono::steady_clock::time_point deadline) override;

  // What this side believes; empty: no member.
  const std::string& member_id() const { return member_id_; }

 private:
  enum class State { kStopped, kLooking, kPreparing, kJoining, kElected, kSyncing, kStable, kAway };
  void look();
  void prepare();
  void send_join();
  void joined(const std::optional<JoinAnswer>& answer);
  void send_sync();
  void synced(const std::optional<SyncAnswer>& answer);
  void send_heartbeat();
  void heard(const std::optional<GroupError>& answer);
  void check();
  void lose(const std::string& why);
  void tell(std::function<void(group::MembershipListener&)> what);
  // Not when something else has begun meanwhile.
  template <typename Fn>
  auto current(Fn fn);
  void later(Ms delay, std::function<void()> fn);

  World& world_;
  Network& network_;
  Coordinator& coordinator_;
  const Coordinator::Timeouts timeouts_;
  group::MembershipListener* listener_ = nullptr;
  State state_ = State::kStopped;
  std::uint64_t epoch_ = 0;  // answers to what was asked in an older one are void
  std::string member_id_;
  std::int32_t generation_ = -1;
  std::vector<group::OfferedProtocol> offers_;
  std::map<std::string, std::string> assignments_;
  bool rejoin_wanted_ = false;
  base::SteadyTime last_contact_, last_alive_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace sluice::simulation
