#include "runtime/herder/assignor.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

namespace sluice::herder {
namespace {

using base::TaskId;
using group::Work;

// Connectors and tasks without an owner, sorted.
struct Items {
  std::set<std::string> connectors;
  std::set<TaskId> tasks;
  bool empty() const { return connectors.empty() && tasks.empty(); }
};

// One worker's items in the order that decides what is taken from it first: what it said it runs, then what it is
// given.
struct Load {
  MemberId member;
  Work work;
};

// The rules are the same for connectors and for tasks, and the two never influence each other.
template <typename Rule>
void for_each_kind(Rule&& rule) {
  rule(&Work::connectors, &Items::connectors);
  rule(&Work::tasks, &Items::tasks);
}

template <typename Item>
void remove_all(std::set<Item>& from, const std::set<Item>& what) {
  for (const Item& item : what) from.erase(item);
}

template <typename... Others>
Items difference(Items from, const Others&... others) {
  for_each_kind([&](auto, auto kind) { (remove_all(from.*kind, others.*kind), ...); });
  return from;
}

void add_all(Items& to, const Items& what) {
  for_each_kind([&](auto, auto kind) { (to.*kind).insert((what.*kind).begin(), (what.*kind).end()); });
}

Items items_of(const Work& work) {
  return {{work.connectors.begin(), work.connectors.end()}, {work.tasks.begin(), work.tasks.end()}};
}

Items items_of(const ConfiguredWork& configured) {
  Items items;
  for (const auto& [connector, tasks] : configured.connectors) {
    items.connectors.insert(connector);
    for (int task = 0; task < tasks; ++task) items.tasks.insert({connector, task});
  }
  return items;
}

// Each item once, where it was first.
template <typename Item>
void remove_repetitions(std::vector<Item>& list) {
  std::set<Item> seen;
  std::erase_if(list, [&](const Item& item) { return !seen.insert(item).second; });
}

template <typename Item>
void remove_all(std::vector<Item>& from, const std::set<Item>& what) {
  if (!what.empty()) std::erase_if(from, [&](const Item& item) { return what.contains(item); });
}

void remove_all(Work& from, const Items& what) {
  for_each_kind([&](auto list, auto kind) { remove_all(from.*list, what.*kind); });
}

// How many of `total` items are too many for each worker, in their order, if all are to have the same number or one
// more: from each the first of its list.
template <typename Item>
void choose_surplus(std::size_t total, const std::vector<Load>& loads, std::vector<Item> Work::*list,
                    std::set<Item> Items::*kind, std::map<MemberId, Items>& surplus) {
  const std::size_t least = total / loads.size();
  const std::size_t extras = total % loads.size();
  const auto with = [&](std::size_t size) {
    return static_cast<std::size_t>(
        std::count_if(loads.begin(), loads.end(), [&](const Load& load) { return (load.work.*list).size() == size; }));
  };
  if (with(least + 1) == extras && with(least) + extras == loads.size()) return;

  std::size_t extras_given = 0;
  for (const Load& load : loads) {
    const std::vector<Item>& items = load.work.*list;
    if (items.size() <= least) continue;
    std::size_t allowed = least;
    if (extras_given < extras) {
      ++extras_given;
      ++allowed;
    }
    if (items.size() == allowed) continue;
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(items.size() - allowed);
    (surplus[load.member].*kind).insert(items.begin(), end);
  }
}

std::map<MemberId, Items> choose_surplus(const Items& configured, const std::vector<Load>& loads) {
  std::map<MemberId, Items> surplus;
  const bool idle = std::all_of(loads.begin(), loads.end(), [](const Load& load) { return load.work.empty(); });
  if (idle || configured.empty()) return surplus;
  for_each_kind([&](auto list, auto kind) { choose_surplus((configured.*kind).size(), loads, list, kind, surplus); });
  return surplus;
}

// Deals to the least loaded workers, in waves: each wave gives one item to every worker whose load is not above the
// first one's. The workers are sorted once, not after each wave.
template <typename Item>
void deal(std::vector<Load>& loads, const std::vector<Item>& items, std::vector<Item> Work::*list) {
  std::vector<Load*> order;
  order.reserve(loads.size());
  for (Load& load : loads) order.push_back(&load);
  std::sort(order.begin(), order.end(), [&](const Load* a, const Load* b) {
    return std::forward_as_tuple((a->work.*list).size(), a->member) <
           std::forward_as_tuple((b->work.*list).size(), b->member);
  });
  for (std::size_t given = 0; given < items.size();) {
    const std::size_t first_load = (order.front()->work.*list).size();
    const auto wave_end = std::find_if(order.begin(), order.end(),
                                       [&](const Load* load) { return (load->work.*list).size() > first_load; });
    for (auto worker = order.begin(); worker != wave_end && given < items.size(); ++worker)
      ((*worker)->work.*list).push_back(items[given++]);
  }
}

template <typename Item>
void deal_in_turn(const std::vector<Load*>& workers, const std::set<Item>& items, std::vector<Item> Work::*list) {
  std::size_t next = 0;
  for (const Item& item : items) (workers[next++ % workers.size()]->work.*list).push_back(item);
}

}  // namespace

std::map<MemberId, Work> assign_eagerly(const ConfiguredWork& configured, const std::vector<MemberId>& members) {
  std::map<MemberId, Work> shares;
  for (const MemberId& member : members) shares[member];
  if (shares.empty()) return shares;
  auto next = shares.begin();
  const auto take = [&]() -> Work& {
    Work& work = next->second;
    if (++next == shares.end()) next = shares.begin();
    return work;
  };
  for (const auto& [connector, tasks] : configured.connectors) take().connectors.push_back(connector);
  for (const auto& [connector, tasks] : configured.connectors)
    for (int task = 0; task < tasks; ++task) take().tasks.push_back({connector, task});
  return shares;
}

struct IncrementalAssignor::State {
  std::int64_t delay_max_ms = 0;

  // What the last round left: who has what from then on (or had it, and is gone), and what was taken away in it.
  Items previous;
  Items previous_revoked;
  std::int32_t previous_generation = -1;
  std::set<MemberId> previous_members;

  // Workers that were seen without work while lost work waits for its owner, in that order: they may be that owner.
  std::vector<MemberId> candidates;
  std::int64_t delay_ms = 0;
  std::int64_t scheduled_ms = 0;
  // Whether the last round took work away for the sake of balance, and how many times that was put off since.
  bool revoked_in_previous = false;
  int successive_revocations = 0;

  Items settle_lost(std::int64_t now_ms, const Items& lost, std::vector<Load>& loads);
  void await_owners(std::int64_t now_ms, const std::vector<Load>& loads);
  std::map<MemberId, Items> balance(std::int64_t now_ms, const Items& configured, const std::vector<Load>& loads);
  std::int64_t revocation_backoff_ms() const;
  void reset_delay();
};

void IncrementalAssignor::State::reset_delay() {
  candidates.clear();
  scheduled_ms = 0;
  delay_ms = 0;
}

// 40 ms, 1.6 s, 64 s, ... up to the longest delay. Kafka's exponential backoff, with its rounding.
std::int64_t IncrementalAssignor::State::revocation_backoff_ms() const {
  constexpr double kMultiplier = 40;
  if (delay_max_ms <= 1) return delay_max_ms;
  const double exponent_max = std::log(static_cast<double>(delay_max_ms)) / std::log(kMultiplier);
  const double exponent = std::min(static_cast<double>(successive_revocations), exponent_max);
  return std::min(static_cast<std::int64_t>(std::pow(kMultiplier, exponent)), delay_max_ms);
}

// Work that was assigned and that nobody runs: gives what is to be dealt out like new work, gives what belongs to
// workers that came back to them, or lets it wait.
Items IncrementalAssignor::State::settle_lost(std::int64_t now_ms, const Items& lost, std::vector<Load>& loads) {
  if (lost.empty() && !revoked_in_previous) {
    reset_delay();
    return {};
  }
  std::map<MemberId, Load*> present;
  for (Load& load : loads) present[load.member] = &load;
  const bool nobody_left = std::all_of(previous_members.begin(), previous_members.end(),
                                       [&](const MemberId& member) { return present.contains(member); });
  // An assignment did not arrive, if nobody left.
  if ((scheduled_ms <= 0 && nobody_left) || delay_max_ms == 0) return lost;
  if (scheduled_ms <= 0 || now_ms < scheduled_ms) {
    await_owners(now_ms, loads);
    return {};
  }

  std::vector<Load*> returned;
  for (const MemberId& member : candidates)
    if (const auto found = present.find(member); found != present.end()) returned.push_back(found->second);
  if (!returned.empty()) for_each_kind([&](auto list, auto kind) { deal_in_turn(returned, lost.*kind, list); });
  reset_delay();
  revoked_in_previous = false;
  return returned.empty() ? lost : Items{};
}

void IncrementalAssignor::State::await_owners(std::int64_t now_ms, const std::vector<Load>& loads) {
  for (const Load& load : loads)
    if (load.work.empty() && std::find(candidates.begin(), candidates.end(), load.member) == candidates.end())
      candidates.push_back(load.member);
  delay_ms = now_ms < scheduled_ms ? std::min(scheduled_ms - now_ms, delay_max_ms) : delay_max_ms;
  scheduled_ms = now_ms + delay_ms;
}

// What is to be taken from whom so that all have alike. Successive rounds of that are put off for longer and longer.
std::map<MemberId, Items> IncrementalAssignor::State::balance(std::int64_t now_ms, const Items& configured,
                                                              const std::vector<Load>& loads) {
  if (delay_ms != 0) {
    revoked_in_previous = false;
    return {};
  }
  std::map<MemberId, Items> surplus = choose_surplus(configured, loads);
  if (surplus.empty()) {
    if (revoked_in_previous) successive_revocations = 0;
    revoked_in_previous = false;
    return {};
  }
  if (revoked_in_previous) {
    if (successive_revocations < 1000) ++successive_revocations;
    delay_ms = revocation_backoff_ms();
    if (delay_ms != 0) {
      scheduled_ms = now_ms + delay_ms;
      return {};
    }
  }
  revoked_in_previous = true;
  return surplus;
}

IncrementalAssignor::IncrementalAssignor(std::chrono::milliseconds scheduled_rebalance_delay_max)
    : state_(std::make_unique<State>()) {
  state_->delay_max_ms = std::max<std::int64_t>(scheduled_rebalance_delay_max.count(), 0);
}
IncrementalAssignor::~IncrementalAssignor() = default;
IncrementalAssignor::IncrementalAssignor(IncrementalAssignor&&) noexcept = default;
IncrementalAssignor& IncrementalAssignor::operator=(IncrementalAssignor&&) noexcept = default;

std::int64_t IncrementalAssignor::scheduled_rebalance_ms() const {
  return state_->scheduled_ms;
}

namespace {

struct Activity {
  Items active;      // run by anyone
  Items duplicated;  // run by more than one
};

Activity activity_of(const std::vector<Load>& loads) {
  Activity activity;
  for (const Load& load : loads)
    for_each_kind([&](auto list, auto kind) {
      for (const auto& item : load.work.*list)
        if (!(activity.active.*kind).insert(item).second) (activity.duplicated.*kind).insert(item);
    });
  return activity;
}

// Those of `items` that the list holds, in its order.
Work intersection(const Work& work, const Items& items) {
  Work common;
  for_each_kind([&](auto list, auto kind) {
    for (const auto& item : work.*list)
      if ((items.*kind).contains(item)) (common.*list).push_back(item);
  });
  return common;
}

// Takes everything from the members that leave, and counts them no more; as long as somebody stays.
void set_leaving_aside(const std::set<MemberId>& leaving, std::vector<Load>& loads,
                       IncrementalAssignor::Outcome& outcome) {
  const auto leaves = [&](const Load& load) { return leaving.contains(load.member); };
  if (leaving.empty() || std::all_of(loads.begin(), loads.end(), leaves)) return;
  for (Load& load : loads) {
    if (!leaves(load)) continue;
    Work& revoked = outcome.members[load.member].revoked;
    for_each_kind([&](auto list, auto) {
      (revoked.*list).insert((revoked.*list).end(), (load.work.*list).begin(), (load.work.*list).end());
    });
  }
  std::erase_if(loads, leaves);
}

bool intersect(const Items& a, const Items& b) {
  bool common = false;
  for_each_kind([&](auto, auto kind) {
    common = common || std::any_of((a.*kind).begin(), (a.*kind).end(),
                                   [&](const auto& item) { return (b.*kind).contains(item); });
  });
  return common;
}

}  // namespace

IncrementalAssignor::Outcome IncrementalAssignor::assign(const Round& round) {
  State& state = *state_;
  Outcome outcome;
  if (round.members.empty()) return outcome;

  std::vector<Load> loads;
  for (const auto& [member, work] : round.members) {
    loads.push_back({member, work});
    for_each_kind([&](auto list, auto) { remove_repetitions(loads.back().work.*list); });
  }
  const Items configured = items_of(round.configured);
  const auto [active, duplicated] = activity_of(loads);
  if (state.previous_generation != round.last_completed_generation) state.previous = {};
  // What should have been revoked still runs: somebody did not hear of it.
  if (intersect(state.previous_revoked, active)) state.previous = active;
  state.previous_revoked = {};

  const Items deleted = difference(state.previous, configured);
  const Items lost = difference(state.previous, active, deleted);
  const Items created = difference(configured, state.previous, active);

  // A duplicate is taken from all who have it, and given to one in the next round.
  Items unwanted = deleted;
  add_all(unwanted, duplicated);
  std::map<MemberId, Items> current;
  for (Load& load : loads) {
    current[load.member] = items_of(load.work);
    outcome.members[load.member].revoked = intersection(load.work, unwanted);
    remove_all(load.work, unwanted);
  }

  set_leaving_aside(round.leaving, loads, outcome);
  const Items reassigned = state.settle_lost(round.now_ms, lost, loads);
  const std::map<MemberId, Items> surplus = state.balance(round.now_ms, configured, loads);
  for (Load& load : loads) {
    const auto found = surplus.find(load.member);
    if (found == surplus.end()) continue;
    const Work taken = intersection(load.work, found->second);
    Work& revoked = outcome.members[load.member].revoked;
    for_each_kind([&](auto list, auto) {
      (revoked.*list).insert((revoked.*list).end(), (taken.*list).begin(), (taken.*list).end());
    });
    remove_all(load.work, found->second);
  }

  for_each_kind([&](auto list, auto kind) {
    auto order = std::vector((created.*kind).begin(), (created.*kind).end());
    order.insert(order.end(), (reassigned.*kind).begin(), (reassigned.*kind).end());
    deal(loads, order, list);
  });

  state.previous = {};
  state.previous_members.clear();
  for (Load& load : loads) {
    add_all(state.previous, items_of(load.work));
    add_all(state.previous_revoked, items_of(outcome.members[load.member].revoked));
    state.previous_members.insert(load.member);
    remove_all(load.work, current[load.member]);
    outcome.members[load.member].assigned = std::move(load.work);
  }
  for (const MemberId& member : round.leaving)
    if (const auto share = outcome.members.find(member); share != outcome.members.end())
      add_all(state.previous_revoked, items_of(share->second.revoked));
  state.previous = difference(std::move(state.previous), state.previous_revoked);
  add_all(state.previous, lost);
  state.previous_generation = round.generation;
  outcome.delay = std::chrono::milliseconds(state.delay_ms);
  return outcome;
}

}  // namespace sluice::herder
