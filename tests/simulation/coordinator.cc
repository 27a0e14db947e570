#include "tests/simulation/coordinator.h"

#include <algorithm>
#include <set>
#include <utility>

namespace sluice::simulation {

// ---- the coordinator

void Coordinator::join(const std::string& member_id, std::vector<group::OfferedProtocol> offers, Timeouts timeouts,
                       Joined answer) {
  if (!member_id.empty() && !members_.contains(member_id))
    return answer({GroupError::kUnknownMember, -1, {}, {}, {}, {}});
  std::string id = member_id;
  if (id.empty()) {
    // The order of the ids has nothing to do with the order of arrival.
    id = "member-" + std::to_string(world_.draw(100, 999)) + "-" + std::to_string(++last_member_);
    members_[id].order = last_member_;
  }
  Member& member = members_.at(id);
  const auto same = [](const group::OfferedProtocol& a, const group::OfferedProtocol& b) {
    return a.name == b.name && a.metadata == b.metadata;
  };
  const bool unchanged = std::equal(member.offers.begin(), member.offers.end(), offers.begin(), offers.end(), same);
  // A follower that says nothing new gets the round that is complete, or is being completed.
  if (!member_id.empty() && unchanged &&
      (state_ == State::kCompleting || (state_ == State::kStable && id != leader_))) {
    touch(id);
    JoinAnswer again{GroupError::kNone, generation_, id, leader_, protocol_, {}};
    if (id == leader_)
      for (const auto& [other, its] : members_)
        for (const auto& offer : its.offers)
          if (offer.name == protocol_) again.members[other] = offer.metadata;
    return answer(std::move(again));
  }
  member.offers = std::move(offers);
  member.timeouts = timeouts;
  member.joining = std::move(answer);
  member.session = ++last_session_;  // a member that waits does not expire
  if (state_ != State::kPreparing) prepare("join of " + id);
  maybe_complete();
}

void Coordinator::prepare(const std::string& why) {
  world_.tell("coordinator: rebalance: " + why);
  const bool first = state_ == State::kEmpty;
  state_ = State::kPreparing;
  Ms timeout{0};
  for (auto& [id, member] : members_) {
    timeout = std::max(timeout, member.timeouts.rebalance);
    if (const auto waiting = std::exchange(member.syncing, nullptr))
      waiting({GroupError::kRebalanceInProgress, {}, {}});
  }
  const std::uint64_t round = ++round_;
  if (first) {  // others may be coming
    world_.after_in(0, Timeouts().initial_delay, [this, round] {
      if (round == round_ && state_ == State::kPreparing) complete();
    });
    return;
  }
  world_.after_in(0, timeout, [this, round] {
    if (round == round_ && state_ == State::kPreparing) complete();
  });
}

void Coordinator::maybe_complete() {
  if (state_ != State::kPreparing || generation_ == 0) return;
  if (std::all_of(members_.begin(), members_.end(),
                  [](const auto& member) { return member.second.joining != nullptr; }))
    complete();
}

std::string Coordinator::choose_protocol() const {
  for (const auto& offer : members_.begin()->second.offers) {
    const bool common = std::all_of(members_.begin(), members_.end(), [&](const auto& member) {
      return std::any_of(member.second.offers.begin(), member.second.offers.end(),
                         [&](const auto& other) { return other.name == offer.name; });
    });
    if (common) return offer.name;
  }
  return {};
}

void Coordinator::complete() {
  ++round_;
  std::erase_if(members_, [&](const auto& member) {
    if (member.second.joining) return false;
    world_.tell("coordinator: " + member.first + " did not join in time");
    return true;
  });
  if (members_.empty()) {
    state_ = State::kEmpty;
    return;
  }
  ++generation_;
  state_ = State::kCompleting;
  const std::string before = std::exchange(protocol_, choose_protocol());
  if (!before.empty() && before != protocol_) protocol_changed_ = world_.now();
  if (!members_.contains(leader_))
    leader_ = std::min_element(members_.begin(), members_.end(), [](const auto& a, const auto& b) {
                return a.second.order < b.second.order;
              })->first;
  world_.tell("coordinator: generation " + std::to_string(generation_) + " of " + std::to_string(members_.size()) +
              ", leader " + leader_);
  std::map<std::string, std::string> metadata;
  for (auto& [id, member] : members_) {
    member.assignment.clear();
    for (const auto& offer : member.offers)
      if (offer.name == protocol_) metadata[id] = offer.metadata;
  }
  Ms timeout{0};
  for (auto& [id, member] : members_) {
    timeout = std::max(timeout, member.timeouts.rebalance);
    const Joined answer = std::exchange(member.joining, nullptr);
    answer({GroupError::kNone, generation_, id, leader_, protocol_,
            id == leader_ ? metadata : std::map<std::string, std::string>()});
    touch(id);
  }
  // A leader that lives and never says anything is not waited for.
  world_.after_in(0, timeout, [this, round = round_] {
    if (round == round_ && state_ == State::kCompleting) remove(leader_, "the leader did not assign");
  });
}

void Coordinator::sync(const std::string& member_id, std::int32_t generation,
                       std::map<std::string, std::string> assignments, Synced answer) {
  const auto found = members_.find(member_id);
  if (found == members_.end()) return answer({GroupError::kUnknownMember, {}, {}});
  if (generation != generation_) return answer({GroupError::kIllegalGeneration, {}, {}});
  if (state_ == State::kPreparing) return answer({GroupError::kRebalanceInProgress, {}, {}});
  touch(member_id);
  if (state_ == State::kStable) return answer({GroupError::kNone, protocol_, found->second.assignment});
  found->second.syncing = std::move(answer);
  if (member_id != leader_) return;
  state_ = State::kStable;
  for (auto& [id, member] : members_) {
    member.assignment = assignments[id];
    if (const auto waiting = std::exchange(member.syncing, nullptr))
      waiting({GroupError::kNone, protocol_, member.assignment});
  }
}

GroupError Coordinator::heartbeat(const std::string& member_id, std::int32_t generation) {
  if (!members_.contains(member_id)) return GroupError::kUnknownMember;
  if (generation != generation_) return GroupError::kIllegalGeneration;
  touch(member_id);
  return state_ == State::kPreparing ? GroupError::kRebalanceInProgress : GroupError::kNone;
}

void Coordinator::leave(const std::string& member_id) {
  remove(member_id, "left");
}

void Coordinator::restart() {
  for (auto& [id, member] : members_) touch(id);
}

void Coordinator::touch(const std::string& member_id) {
  Member& member = members_.at(member_id);
  const std::uint64_t session = member.session = ++last_session_;
  world_.after_in(0, member.timeouts.session, [this, member_id, session] {
    const auto found = members_.find(member_id);
    if (found == members_.end() || found->second.session != session || found->second.joining) return;
    remove(member_id, "session expired");
  });
}

void Coordinator::remove(const std::string& member_id, const std::string& why) {
  if (members_.erase(member_id) == 0) return;
  world_.tell("coordinator: " + member_id + " " + why);
  if (members_.empty()) {
    ++round_;
    state_ = State::kEmpty;
    return;
  }
  if (state_ == State::kPreparing) return maybe_complete();
  prepare(member_id + " " + why);
}

// ---- a member

SimulatedMembership::SimulatedMembership(World& world, Network& network, Coordinator& coordinator,
                                         Coordinator::Timeouts timeouts)
    : world_(world), network_(network), coordinator_(coordinator), timeouts_(timeouts) {}

void SimulatedMembership::later(Ms delay, std::function<void()> fn) {
  world_.after(delay, [weak = std::weak_ptr(alive_), epoch = epoch_, this, fn = std::move(fn)] {
    if (weak.lock() && epoch == epoch_ && state_ != State::kStopped) fn();
  });
}

template <typename Fn>
auto SimulatedMembership::current(Fn fn) {
  return [weak = std::weak_ptr(alive_), epoch = epoch_, this, fn = std::move(fn)](const auto& answer) {
    if (weak.lock() && epoch == epoch_ && state_ != State::kStopped) fn(answer);
  };
}

void SimulatedMembership::tell(std::function<void(group::MembershipListener&)> what) {
  world_.after(Ms(0), [weak = std::weak_ptr(alive_), this, what = std::move(what)] {
    if (weak.lock() && state_ != State::kStopped) what(*listener_);
  });
}

base::Status SimulatedMembership::start(group::MembershipListener& listener) {
  listener_ = &listener;
  last_contact_ = last_alive_ = world_.now();
  state_ = State::kLooking;
  look();
  check();
  return {};
}

// Until a coordinator answers.
void SimulatedMembership::look() {
  network_.ask_broker<bool>(
      Ms(5000), [](const auto& answer) { answer(true); }, current([this](const std::optional<bool>& answer) {
        if (state_ != State::kLooking) return;
        if (!answer) return later(world_.delay(50, 1000), [this] { look(); });
        last_contact_ = world_.now();
        prepare();
      }));
}

void SimulatedMembership::prepare() {
  ++epoch_;
  state_ = State::kPreparing;
  rejoin_wanted_ = false;
  tell([](group::MembershipListener& listener) { listener.on_join_prepare(); });
  send_heartbeat();
}

void SimulatedMembership::join(std::vector<group::OfferedProtocol> offers) {
  if (state_ != State::kPreparing) return;
  ++epoch_;
  offers_ = std::move(offers);
  send_join();
}

void SimulatedMembership::send_join() {
  state_ = State::kJoining;
  network_.ask_broker<JoinAnswer>(
      timeouts_.rebalance + Ms(5000),
      [coordinator = &coordinator_, id = member_id_, offers = offers_, timeouts = timeouts_](const auto& answer) {
        coordinator->join(id, offers, timeouts, answer);
      },
      current([this](const std::optional<JoinAnswer>& answer) { joined(answer); }));
}

void SimulatedMembership::joined(const std::optional<JoinAnswer>& answer) {
  if (!answer) {
    if (world_.chance(0.3)) return later(world_.delay(10, 500), [this] { prepare(); });
    return later(world_.delay(10, 500), [this] { send_join(); });
  }
  last_contact_ = world_.now();
  if (answer->error != GroupError::kNone) return lose("the join was refused");
  member_id_ = answer->member_id;
  generation_ = answer->generation;
  if (answer->leader != member_id_) {
    assignments_.clear();
    return send_sync();
  }
  ++epoch_;
  state_ = State::kElected;
  send_heartbeat();
  tell([election = group::Election{generation_, member_id_, answer->protocol, answer->members}](
           group::MembershipListener& listener) { listener.on_elected(election); });
}

void SimulatedMembership::lead(std::int32_t generation, std::map<std::string, std::string> assignments) {
  if (state_ != State::kElected || generation != generation_) return;
  assignments_ = std::move(assignments);
  send_sync();
}

void SimulatedMembership::send_sync() {
  ++epoch_;
  state_ = State::kSyncing;
  send_heartbeat();
  network_.ask_broker<SyncAnswer>(
      timeouts_.rebalance + Ms(5000),
      [coordinator = &coordinator_, id = member_id_, generation = generation_,
       assignments = assignments_](const auto& answer) { coordinator->sync(id, generation, assignments, answer); },
      current([this](const std::optional<SyncAnswer>& answer) { synced(answer); }));
}

void SimulatedMembership::synced(const std::optional<SyncAnswer>& answer) {
  if (!answer) return later(world_.delay(10, 500), [this] { send_sync(); });
  last_contact_ = world_.now();
  if (answer->error == GroupError::kRebalanceInProgress) return prepare();
  if (answer->error != GroupError::kNone) return lose("fenced at the sync");
  ++epoch_;
  state_ = State::kStable;
  tell([joined = group::Joined{generation_, member_id_, answer->protocol, answer->assignment}](
           group::MembershipListener& listener) { listener.on_joined(joined); });
  send_heartbeat();
  if (rejoin_wanted_) prepare();
}

void SimulatedMembership::send_heartbeat() {
  if (member_id_.empty()) return;
  later(world_.delay(2500, 3000), [this] {
    network_.ask_broker<GroupError>(
        Ms(5000),
        [coordinator = &coordinator_, id = member_id_, generation = generation_](const auto& answer) {
          answer(coordinator->heartbeat(id, generation));
        },
        current([this](const std::optional<GroupError>& answer) { heard(answer); }));
  });
}

void SimulatedMembership::heard(const std::optional<GroupError>& answer) {
  if (state_ == State::kJoining) return;
  if (answer) {
    last_contact_ = world_.now();
    if (*answer == GroupError::kUnknownMember || *answer == GroupError::kIllegalGeneration)
      return lose("fenced at a heartbeat");
    if (*answer == GroupError::kRebalanceInProgress && state_ == State::kStable) return prepare();
  }
  send_heartbeat();
}

// Time that passes without a word from the coordinator, or from the owner.
void SimulatedMembership::check() {
  world_.after(Ms(1000), [weak = std::weak_ptr(alive_), this] {
    if (!weak.lock() || state_ == State::kStopped) return;
    if (state_ != State::kLooking && state_ != State::kAway) {
      if (world_.now() - last_alive_ > timeouts_.rebalance) {
        leave("the owner does not answer", Ms(100));
        tell([](group::MembershipListener& listener) {
          listener.on_lost({base::Code::kTimeout, base::exceptions::kTimeout, "the owner does not answer"});
        });
      } else if (world_.now() - last_contact_ > timeouts_.session && state_ != State::kJoining) {
        lose("the coordinator does not answer");
      } else if (world_.now() - last_contact_ > timeouts_.session && !member_id_.empty() &&
                 !network_.reachable(world_.process())) {
        // A join may wait long for its answer, but not on a connection that is gone.
        lose("the coordinator does not answer");
      }
    }
    check();
  });
}

void SimulatedMembership::lose(const std::string& why) {
  world_.tell("membership " + member_id_ + " lost: " + why);
  ++epoch_;
  member_id_.clear();
  generation_ = -1;
  state_ = State::kLooking;
  tell([why](group::MembershipListener& listener) {
    listener.on_lost({base::Code::kRetry, base::exceptions::kConnect, why});
  });
  later(world_.delay(10, 200), [this] { look(); });
}

void SimulatedMembership::request_rejoin(std::string) {
  if (state_ == State::kStable) return prepare();
  if (state_ == State::kJoining || state_ == State::kElected || state_ == State::kSyncing) rejoin_wanted_ = true;
}

void SimulatedMembership::leave(std::string, std::chrono::milliseconds rejoin_after) {
  if (state_ == State::kStopped) return;
  ++epoch_;
  if (!member_id_.empty())
    network_.ask_broker<bool>(
        Ms(5000),
        [coordinator = &coordinator_, id = member_id_](const auto& answer) {
          coordinator->leave(id);
          answer(true);
        },
        [](const std::optional<bool>&) {});
  member_id_.clear();
  generation_ = -1;
  state_ = State::kAway;
  later(rejoin_after, [this] {
    state_ = State::kLooking;
    look();
  });
}

void SimulatedMembership::owner_alive() {
  last_alive_ = world_.now();
}

void SimulatedMembership::stop(std::chrono::steady_clock::time_point deadline) {
  if (state_ == State::kStopped) return;
  leave("stop", std::chrono::hours(1));
  state_ = State::kStopped;
  ++epoch_;
  base::sleep_until(std::min(deadline, world_.now() + Ms(50)));
}

}  // namespace sluice::simulation
