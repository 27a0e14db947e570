#pragma once
// Inside the module: the connections behind a GroupMember. Finds the group's coordinator through any server that
// answers, keeps one connection to it, and a second one while a JoinGroup or SyncGroup waits on the first: a broker
// answers a connection's requests one after the other, and heartbeats must not wait. Pure but for Network; one thread.

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "runtime/group/broker_channel.h"
#include "runtime/group/group_member.h"

namespace sluice::group {

// "host:port", "[v6]:port". Error: kInvalidConfig.
base::Result<Endpoint> parse_endpoint(std::string_view text);

class CoordinatorClient final : public GroupMember::Coordinator, public BrokerChannel::Owner {
 public:
  // All references outlive the client; `servers` is not empty. `tokens` is needed for OAUTHBEARER.
  CoordinatorClient(Network& network, const MembershipOptions& options, std::vector<Endpoint> servers,
                    TokenSource* tokens, std::uint32_t seed);
  // Before anything else; answers go there.
  void set_member(GroupMember& member) { member_ = &member; }

  void seek() override;
  void drop() override;
  void abandon_round() override;
  void join(GroupMember::Token token, JoinRequest request) override;
  void sync(GroupMember::Token token, SyncRequest request) override;
  void heartbeat(GroupMember::Token token, HeartbeatRequest request) override;
  void leave(GroupMember::Token token, LeaveRequest request) override;

  // Deadlines of requests, and the second connection's end.
  void tick();
  std::optional<TimePoint> wake_at() const;

 private:
  void on_ready(BrokerChannel& channel) override;
  void on_broken(BrokerChannel& channel, base::Error why) override;

  void try_next();
  base::Status on_found(std::string_view body, std::int16_t version);
  std::unique_ptr<BrokerChannel> open(const Endpoint& endpoint);
  BrokerChannel& round_channel();
  BrokerChannel& free_channel();
  std::chrono::milliseconds round_timeout() const;
  std::chrono::milliseconds heartbeat_timeout() const;

  Network& network_;
  const MembershipOptions& options_;
  const ChannelOptions channel_options_;
  const std::vector<Endpoint> servers_;
  TokenSource* tokens_;
  GroupMember* member_ = nullptr;
  std::minstd_rand random_;

  bool seeking_ = false;
  std::deque<Endpoint> candidates_;     // to be asked for the coordinator
  std::deque<Endpoint> known_;          // former coordinators: asked when no bootstrap server answers
  std::optional<base::Error> problem_;  // of this search; one that an operator must mend comes first
  Endpoint coordinator_;
  std::unique_ptr<BrokerChannel> seeker_;
  std::unique_ptr<BrokerChannel> main_;
  std::unique_ptr<BrokerChannel> spare_;
  bool round_in_flight_ = false;
  GroupMember::Token heartbeat_token_ = 0;  // in flight
};

}  // namespace sluice::group
