// What the plan of one rebalance costs its leader: 100 workers, 1,000 connectors with 10 tasks each. Budget: 100 ms.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fixed_work.h"
#include "runtime/herder/assignor.h"

namespace sluice {
namespace {

constexpr int kWorkers = 100, kConnectors = 1000, kTasks = 10;

std::string numbered(std::string_view stem, int number) {
  const std::string digits = std::to_string(number);
  return std::string(stem) + std::string(5 - digits.size(), '0') + digits;
}

// A leader that has given out everything, and a group that runs it.
struct Cluster {
  Cluster() {
    for (int i = 0; i < kConnectors; ++i) round.configured.connectors[numbered("connector-", i)] = kTasks;
    for (int i = 0; i < kWorkers; ++i) round.members[numbered("worker-", i)] = {};
    while (plan() > 0) {
    }
  }

  // How much of the work moves; the group does what it is told.
  std::size_t plan() {
    ++round.generation;
    round.last_completed_generation = round.generation - 1;
    const auto outcome = assignor.assign(round);
    std::size_t moved = 0;
    for (const auto& [member, share] : outcome.members) {
      group::Work& runs = round.members[member];
      moved += share.assigned.tasks.size() + share.assigned.connectors.size() + share.revoked.tasks.size();
      std::erase_if(runs.tasks, [&](const auto& task) { return std::ranges::count(share.revoked.tasks, task) > 0; });
      std::erase_if(runs.connectors,
                    [&](const auto& name) { return std::ranges::count(share.revoked.connectors, name) > 0; });
      runs.tasks.insert(runs.tasks.end(), share.assigned.tasks.begin(), share.assigned.tasks.end());
      runs.connectors.insert(runs.connectors.end(), share.assigned.connectors.begin(), share.assigned.connectors.end());
    }
    return moved;
  }

  herder::IncrementalAssignor assignor{std::chrono::minutes(5)};
  herder::IncrementalAssignor::Round round;
};

// Nobody came or went.
void BM_RebalanceOfAStableGroup(benchmark::State& state) {
  Cluster cluster;
  for (auto _ : state) {
    ++cluster.round.generation;
    cluster.round.last_completed_generation = cluster.round.generation - 1;
    benchmark::DoNotOptimize(cluster.assignor.assign(cluster.round));
  }
}
BENCHMARK(BM_RebalanceOfAStableGroup)->Apply(bench::fixed_work)->Unit(benchmark::kMillisecond);

// A worker joins, and gets its share in the two rounds that this takes.
void BM_RebalanceWithANewWorker(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Cluster cluster;
    cluster.round.members["worker-new"] = {};
    state.ResumeTiming();
    benchmark::DoNotOptimize(cluster.plan());
    benchmark::DoNotOptimize(cluster.plan());
  }
}
BENCHMARK(BM_RebalanceWithANewWorker)->Apply(bench::fixed_work)->Unit(benchmark::kMillisecond);

// Everything to everyone: the first plan of all, or the eager protocol's every plan.
void BM_RebalanceFromNothing(benchmark::State& state) {
  const Cluster cluster;
  std::vector<herder::MemberId> members;
  for (const auto& [member, work] : cluster.round.members) members.push_back(member);
  for (auto _ : state) benchmark::DoNotOptimize(herder::assign_eagerly(cluster.round.configured, members));
}
BENCHMARK(BM_RebalanceFromNothing)->Apply(bench::fixed_work)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice
