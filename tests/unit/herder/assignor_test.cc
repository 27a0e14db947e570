#include "runtime/herder/assignor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <random>
#include <set>

namespace sluice::herder {
namespace {

using base::TaskId;
using group::Work;
using std::chrono::milliseconds;

TEST(EagerAssignor, GoesRoundWithConnectorsThenTasks) {
  const auto shares = assign_eagerly({{{"alpha", 2}, {"beta", 3}, {"gamma", 1}}}, {"w1", "w0"});
  EXPECT_EQ(shares.at("w0").connectors, (std::vector<std::string>{"alpha", "gamma"}));
  EXPECT_EQ(shares.at("w1").connectors, (std::vector<std::string>{"beta"}));
  // The circle goes on where the connectors ended.
  EXPECT_EQ(shares.at("w1").tasks, (std::vector<TaskId>{{"alpha", 0}, {"beta", 0}, {"beta", 2}}));
  EXPECT_EQ(shares.at("w0").tasks, (std::vector<TaskId>{{"alpha", 1}, {"beta", 1}, {"gamma", 0}}));
}

TEST(EagerAssignor, NobodyAndNothing) {
  EXPECT_TRUE(assign_eagerly({{{"alpha", 2}}}, {}).empty());
  EXPECT_TRUE(assign_eagerly({}, {"w0"}).at("w0").empty());
}

// A group whose workers do what they are told. `now_ms` moves only on request.
class Group {
 public:
  explicit Group(milliseconds delay_max, std::uint32_t seed = 0)
      : delay_max_(delay_max), assignor_(delay_max), random_(seed) {}

  ConfiguredWork configured;
  std::map<MemberId, Work> running;
  std::int64_t now_ms = 1'000'000;

  // One round; `deaf` members do not hear its result, and lose nothing by that.
  IncrementalAssignor::Outcome round(const std::set<MemberId>& deaf = {}) {
    IncrementalAssignor::Outcome outcome =
        assignor_.assign({now_ms, std::exchange(completed_, generation_ + 1), ++generation_, configured, running});
    for (auto& [member, work] : running) {
      if (deaf.contains(member)) continue;
      const IncrementalAssignor::Share& share = outcome.members.at(member);
      apply(work.connectors, share.assigned.connectors, share.revoked.connectors);
      apply(work.tasks, share.assigned.tasks, share.revoked.tasks);
    }
    return outcome;
  }

  // Rounds for as long as a worker, or the leader (LeaderOutcome::leaves_unconfigured_work), has a reason to ask for
  // one. False: that does not end.
  bool settle() {
    for (int rounds = 0; rounds < 50; ++rounds) {
      const IncrementalAssignor::Outcome outcome = round();
      check_owners();
      now_ms += outcome.delay.count();
      const bool revoked = std::any_of(outcome.members.begin(), outcome.members.end(),
                                       [](const auto& member) { return !member.second.revoked.empty(); });
      if (!revoked && outcome.delay.count() == 0 && !runs_unconfigured_work()) return true;
    }
    return false;
  }

  void new_leader() { assignor_ = IncrementalAssignor(delay_max_); }
  void skip_generation() { completed_ = ++generation_; }
  IncrementalAssignor& assignor() { return assignor_; }

  std::multiset<std::string> connectors_run() const {
    std::multiset<std::string> all;
    for (const auto& [member, work] : running) all.insert(work.connectors.begin(), work.connectors.end());
    return all;
  }
  std::multiset<TaskId> tasks_run() const {
    std::multiset<TaskId> all;
    for (const auto& [member, work] : running) all.insert(work.tasks.begin(), work.tasks.end());
    return all;
  }

  void check_owners() const {
    const auto connectors = connectors_run();
    for (const std::string& connector : connectors) EXPECT_EQ(connectors.count(connector), 1u) << connector;
    const auto tasks = tasks_run();
    for (const TaskId& task : tasks) EXPECT_EQ(tasks.count(task), 1u) << task.to_string();
  }

  void check_everything_runs() const {
    std::multiset<std::string> connectors;
    std::multiset<TaskId> tasks;
    for (const auto& [connector, count] : configured.connectors) {
      connectors.insert(connector);
      for (int task = 0; task < count; ++task) tasks.insert({connector, task});
    }
    if (running.empty()) return;
    EXPECT_EQ(connectors_run(), connectors);
    EXPECT_TRUE(tasks_run() == tasks);
  }

  void check_balance() const {
    if (running.empty()) return;
    const auto spread = [&](auto list) {
      const auto [least, most] = std::minmax_element(running.begin(), running.end(), [&](const auto& a, const auto& b) {
        return (a.second.*list).size() < (b.second.*list).size();
      });
      return (most->second.*list).size() - (least->second.*list).size();
    };
    EXPECT_LE(spread(&Work::connectors), 1u);
    EXPECT_LE(spread(&Work::tasks), 1u);
  }

  std::mt19937& random() { return random_; }
  int draw(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

 private:
  bool runs_unconfigured_work() const {
    for (const auto& [member, work] : running) {
      for (const std::string& connector : work.connectors)
        if (!configured.connectors.contains(connector)) return true;
      for (const TaskId& task : work.tasks) {
        const auto found = configured.connectors.find(task.connector);
        if (found == configured.connectors.end() || task.task >= found->second) return true;
      }
    }
    return false;
  }

  template <typename Item>
  static void apply(std::vector<Item>& items, std::vector<Item> assigned, const std::vector<Item>& revoked) {
    std::erase_if(items,
                  [&](const Item& item) { return std::find(revoked.begin(), revoked.end(), item) != revoked.end(); });
    assigned.insert(assigned.end(), items.begin(), items.end());
    items = std::move(assigned);
  }

  milliseconds delay_max_;
  IncrementalAssignor assignor_;
  std::int32_t generation_ = 0, completed_ = -1;
  std::mt19937 random_;
};

Group three_workers(milliseconds delay_max) {
  Group group(delay_max);
  group.running = {{"w1", {}}, {"w2", {}}, {"w3", {}}};
  group.configured.connectors = {{"a", 3}, {"b", 3}, {"c", 3}};
  EXPECT_TRUE(group.settle());
  return group;
}

TEST(IncrementalAssignor, LostWorkWaitsForItsOwnerAndGoesBackToIt) {
  Group group = three_workers(std::chrono::minutes(5));
  const Work w2 = group.running.at("w2");
  group.running.erase("w2");
  EXPECT_EQ(group.round().delay, std::chrono::minutes(5));
  group.now_ms += 60'000;
  group.running["w2-again"] = {};
  EXPECT_EQ(group.round().delay, std::chrono::minutes(4));
  EXPECT_TRUE(group.running.at("w2-again").empty());
  group.now_ms += 240'000;
  EXPECT_EQ(group.round().delay, milliseconds(0));
  const Work back = group.running.at("w2-again");
  EXPECT_EQ(back.connectors, w2.connectors);
  EXPECT_EQ(std::set(back.tasks.begin(), back.tasks.end()), std::set(w2.tasks.begin(), w2.tasks.end()));
}

TEST(IncrementalAssignor, LostWorkIsSharedOutWhenItsOwnerStaysAway) {
  Group group = three_workers(std::chrono::minutes(5));
  group.running.erase("w2");
  group.round();
  EXPECT_EQ(group.tasks_run().size(), 6u);
  group.now_ms += 299'999;
  EXPECT_EQ(group.round().delay, milliseconds(1));
  EXPECT_EQ(group.tasks_run().size(), 6u);
  group.now_ms += 1;
  group.round();
  group.check_everything_runs();
  group.check_balance();
}

TEST(IncrementalAssignor, LostWorkIsSharedOutAtOnceWithoutDelay) {
  Group group = three_workers(milliseconds(0));
  group.running.erase("w2");
  EXPECT_EQ(group.round().delay, milliseconds(0));
  group.check_everything_runs();
}

TEST(IncrementalAssignor, ADuplicateIsTakenFromAllAndGivenToOne) {
  Group group = three_workers(std::chrono::minutes(5));
  const TaskId task = group.running.at("w1").tasks.front();
  group.running.at("w2").tasks.push_back(task);
  group.round();
  EXPECT_EQ(group.tasks_run().count(task), 0u);
  EXPECT_TRUE(group.settle());
  group.check_everything_runs();
}

TEST(IncrementalAssignor, SuccessiveRevocationsArePutOff) {
  Group group = three_workers(std::chrono::minutes(5));
  group.running["w4"] = {};
  EXPECT_EQ(group.round().delay, milliseconds(0));  // revokes
  group.running["w5"] = {};
  EXPECT_EQ(group.round().delay, milliseconds(40));  // would revoke again
  EXPECT_EQ(group.assignor().scheduled_rebalance_ms(), group.now_ms + 40);
  EXPECT_TRUE(group.settle());
  group.check_everything_runs();
  group.check_balance();
}

TEST(IncrementalAssignor, AMemberMayRepeatItself) {
  Group group = three_workers(std::chrono::minutes(5));
  Work& work = group.running.at("w1");
  work.tasks.push_back(work.tasks.front());
  const auto outcome = group.round();
  for (const auto& [member, share] : outcome.members) EXPECT_TRUE(share.revoked.empty()) << member;
}

TEST(IncrementalAssignor, TheWorkOfALeavingMemberGoesToOthersWithoutDelay) {
  IncrementalAssignor assignor(milliseconds(300'000));
  const ConfiguredWork configured{{{"a", 2}}};
  const Work all{{"a"}, {{"a", 0}, {"a", 1}}};
  assignor.assign({0, -1, 1, configured, {{"w0", {}}}});
  const auto first = assignor.assign({1, 1, 2, configured, {{"w0", all}, {"w1", {}}}, {"w0"}});
  EXPECT_EQ(first.members.at("w0").revoked, all);
  EXPECT_TRUE(first.members.at("w0").assigned.empty());
  EXPECT_TRUE(first.members.at("w1").assigned.empty()) << "it still runs elsewhere";
  EXPECT_EQ(first.delay.count(), 0);
  const auto second = assignor.assign({2, 2, 3, configured, {{"w1", {}}}});
  EXPECT_EQ(second.members.at("w1").assigned, all);
  EXPECT_EQ(second.delay.count(), 0);
}

TEST(IncrementalAssignor, NothingIsHandedOverWhereAllLeave) {
  IncrementalAssignor assignor(milliseconds(300'000));
  const ConfiguredWork configured{{{"a", 1}}};
  assignor.assign({0, -1, 1, configured, {{"w0", {}}}});
  const auto outcome = assignor.assign({1, 1, 2, configured, {{"w0", {{"a"}, {{"a", 0}}}}}, {"w0"}});
  EXPECT_TRUE(outcome.members.at("w0").revoked.empty());
}

TEST(IncrementalAssignor, AnEmptyGroupHasNoOutcome) {
  Group group(milliseconds(0));
  group.configured.connectors = {{"a", 3}};
  EXPECT_TRUE(group.round().members.empty());
}

// Random lives of a group. SLUICE_ASSIGNOR_SEED=n runs one of them.

std::vector<std::uint32_t> seeds() {
  if (const char* chosen = std::getenv("SLUICE_ASSIGNOR_SEED"))
    return {static_cast<std::uint32_t>(std::strtoul(chosen, nullptr, 10))};
  std::vector<std::uint32_t> all(2000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i + 1);
  return all;
}

milliseconds delay_of(std::uint32_t seed) {
  constexpr int kDelaysMs[] = {0, 1, 100, 3'000, 60'000, 300'000};
  return milliseconds(kDelaysMs[seed % std::size(kDelaysMs)]);
}

template <typename Map>
auto any_of(Group& group, Map& map) {
  return std::next(map.begin(), group.draw(0, static_cast<int>(map.size()) - 1));
}

class RandomLife {
 public:
  explicit RandomLife(std::uint32_t seed) : group_(delay_of(seed), seed), delay_max_(delay_of(seed)) {}

  void run() {
    for (int i = group_.draw(1, 5); i > 0; --i) add_worker();
    for (int i = group_.draw(0, 6); i > 0; --i) add_connector();
    for (int step = 0; step < 8 && !testing::Test::HasFailure(); ++step) {
      disturb();
      for (int rounds = group_.draw(0, 2); rounds > 0; --rounds) {
        round_with_deaf_members();
        group_.now_ms += group_.draw(0, 50);
      }
      if (group_.draw(0, 2) == 0) settle_and_check();
    }
    settle_and_check();
  }

 private:
  void add_worker() { group_.running["w" + std::to_string(++last_worker_)]; }
  void add_connector() { group_.configured.connectors["c" + std::to_string(++last_connector_)] = group_.draw(0, 9); }

  void disturb() {
    switch (group_.draw(0, 9)) {
      case 0:
      case 1:
        return add_worker();
      case 2:
      case 3:
        if (group_.running.size() > 1) group_.running.erase(any_of(group_, group_.running));
        return;
      case 4:
      case 5:
        return add_connector();
      case 6:
        if (!group_.configured.connectors.empty())
          group_.configured.connectors.erase(any_of(group_, group_.configured.connectors));
        return;
      case 7:
        if (!group_.configured.connectors.empty())
          any_of(group_, group_.configured.connectors)->second = group_.draw(0, 9);
        return;
      case 8:
        return group_.draw(0, 1) == 0 ? group_.new_leader() : group_.skip_generation();
      default:
        group_.now_ms += group_.draw(0, 400'000);
    }
  }

  // No item runs twice, whoever did not hear what.
  void round_with_deaf_members() {
    std::set<MemberId> deaf;
    if (group_.draw(0, 3) == 0)
      for (const auto& [member, work] : group_.running)
        if (group_.draw(0, 1) == 0) deaf.insert(member);
    group_.round(deaf);
    group_.check_owners();
  }

  void settle_and_check() {
    ASSERT_TRUE(group_.settle());
    group_.check_everything_runs();
    group_.check_balance();
    check_nothing_moves_for_a_new_connector();
    check_lost_work_waits();
  }

  void check_nothing_moves_for_a_new_connector() {
    const auto before = group_.running;
    add_connector();
    const auto outcome = group_.round();
    for (const auto& [member, share] : outcome.members) {
      EXPECT_TRUE(share.revoked.empty()) << member;
      for (const std::string& connector : before.at(member).connectors) {
        const auto& now = group_.running.at(member).connectors;
        EXPECT_NE(std::find(now.begin(), now.end(), connector), now.end());
      }
    }
    group_.check_everything_runs();  // in one round
    group_.check_balance();
  }

  // From rest, one worker disappears; another may come, and connectors too.
  void check_lost_work_waits() {
    if (group_.running.size() < 2) return;
    const auto gone = any_of(group_, group_.running);
    const Work lost = gone->second;
    group_.running.erase(gone);
    const std::int64_t until_ms = group_.now_ms + delay_max_.count();
    const auto is_lost_run = [&] {
      const auto tasks = group_.tasks_run();
      const auto connectors = group_.connectors_run();
      return std::any_of(lost.tasks.begin(), lost.tasks.end(), [&](const TaskId& t) { return tasks.contains(t); }) ||
             std::any_of(lost.connectors.begin(), lost.connectors.end(),
                         [&](const std::string& c) { return connectors.contains(c); });
    };
    while (!lost.empty() && group_.now_ms < until_ms) {
      const milliseconds delay = group_.round().delay;
      EXPECT_EQ(group_.now_ms + delay.count(), until_ms);
      EXPECT_FALSE(is_lost_run());
      if (group_.draw(0, 2) == 0) add_worker();
      if (group_.draw(0, 2) == 0) add_connector();
      group_.now_ms += group_.draw(1, static_cast<int>(delay_max_.count()));
    }
    ASSERT_TRUE(group_.settle());
    group_.check_everything_runs();
  }

  Group group_;
  milliseconds delay_max_;
  int last_worker_ = 0, last_connector_ = 0;
};

TEST(IncrementalAssignor, RandomLives) {
  for (const std::uint32_t seed : seeds()) {
    SCOPED_TRACE("SLUICE_ASSIGNOR_SEED=" + std::to_string(seed));
    RandomLife(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::herder
