// What a worker's group costs its members: reading what a member runs, out of JoinGroup's and SyncGroup's bytes, with
// 100 connectors and 1,000 tasks. The leader of a large group reads one of these from every member in every round.

#include <benchmark/benchmark.h>

#include <string>

#include "bench/fixed_work.h"
#include "runtime/group/connect_protocol.h"

namespace sluice {
namespace {

constexpr int kConnectors = 100, kTasksEach = 10;

group::Assignment assignment() {
  group::Assignment made;
  made.version = 2;
  made.leader = "connect-127.0.0.1:8083-6f1f7f0e-7a53-4d62-8d3b-0d4f0a1a2b3c";
  made.leader_url = "http://127.0.0.1:8083/";
  made.config_offset = 1234;
  for (int connector = 0; connector < kConnectors; ++connector) {
    const std::string name = "orders-source-" + std::to_string(connector);
    made.assigned.connectors.push_back(name);
    for (int task = 0; task < kTasksEach; ++task) made.assigned.tasks.push_back({name, task});
  }
  return made;
}

void BM_GroupDecodeAssignment(benchmark::State& state) {
  const std::string bytes = group::encode(assignment());
  for (auto _ : state) benchmark::DoNotOptimize(group::decode_assignment(bytes).value());
  state.SetItemsProcessed(state.iterations() * kConnectors * kTasksEach);
}
BENCHMARK(BM_GroupDecodeAssignment)->Apply(bench::fixed_work);

void BM_GroupDecodeMetadata(benchmark::State& state) {
  group::MemberMetadata metadata;
  metadata.version = 2;
  metadata.url = "http://127.0.0.1:8083/";
  metadata.config_offset = 1234;
  metadata.allocation = assignment();
  const std::string bytes = group::encode(metadata);
  for (auto _ : state) benchmark::DoNotOptimize(group::decode_metadata(bytes).value());
  state.SetItemsProcessed(state.iterations() * kConnectors * kTasksEach);
}
BENCHMARK(BM_GroupDecodeMetadata)->Apply(bench::fixed_work);

}  // namespace
}  // namespace sluice
