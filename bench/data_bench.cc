// What batches, schemas and offsets cost, per record. Budgets: design of the data path, bench/README.md.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/fixed_work.h"
#include "runtime/base/clock.h"
#include "runtime/data/batch.h"
#include "runtime/data/schema.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/offset_tracker.h"
#include "runtime/task/stop_signal.h"
#include "runtime/task/transform_chain.h"

namespace sluice {
namespace {

constexpr std::uint32_t kRecords = 1000;

void BM_BatchBuild(benchmark::State& state) {
  data::Batch batch;
  for (auto _ : state) {
    batch.reset();
    batch.topic_index("orders");
    batch.allocate_records(kRecords);
    for (std::uint32_t i = 0; i < kRecords; ++i) batch.record(i).value = Value::string("payload");
    benchmark::DoNotOptimize(batch.c());
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(BM_BatchBuild)->Apply(bench::fixed_work);

void BM_SchemaInternKnown(benchmark::State& state) {
  data::SchemaPool pool;
  data::SchemaBuilder builder = data::SchemaBuilder::structure();
  builder.name("s.public.orders.Value");
  for (int i = 0; i < 8; ++i) builder.field("column_" + std::to_string(i), pool.int64());
  for (auto _ : state) benchmark::DoNotOptimize(builder.build(pool).value());
}
BENCHMARK(BM_SchemaInternKnown)->Apply(bench::fixed_work);

void BM_SchemaIndexLookup(benchmark::State& state) {
  data::SchemaPool pool;
  data::Batch batch;
  batch.schema_index(pool.int64());
  batch.schema_index(pool.string());
  for (auto _ : state) benchmark::DoNotOptimize(batch.schema_index(pool.int64()));
}
BENCHMARK(BM_SchemaIndexLookup)->Apply(bench::fixed_work);

void BM_OffsetTracker(benchmark::State& state) {
  const sluice_value key_and_number[] = {Value::string("p"), Value::int64(0)};
  const sluice_value offset = Value::map(key_and_number, 1);
  task::OffsetTracker tracker("bench");
  const std::uint32_t line = tracker.line(offset).value();
  std::vector<task::OffsetTracker::Ticket> tickets(kRecords);
  for (auto _ : state) {
    for (auto& ticket : tickets) ticket = tracker.submit(line, offset, nullptr);
    for (const auto& ticket : tickets) tracker.ack(ticket);
    tracker.collect([](void*) {});
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(BM_OffsetTracker)->Apply(bench::fixed_work);

class Nothing final : public data::RecordTransform {
  base::Status apply_record(const data::TransformContext&, data::Batch&, data::Record&) override { return {}; }
};

// A chain of state.range(0) transforms that do nothing: what the chain itself costs a record and transform.
void BM_TransformChain(benchmark::State& state) {
  metrics::Registry registry({}, base::system_clock());
  auto group = registry.group("task-error-metrics", {});
  task::StopSignal stop;
  task::ErrorPolicy policy({"bench", 0}, {}, nullptr, *group, stop, base::system_clock());
  std::vector<task::TransformStage> stages(static_cast<std::size_t>(state.range(0)));
  for (auto& stage : stages) stage.transform = std::make_unique<Nothing>();
  task::TransformChain chain(std::move(stages));
  data::SchemaPool pool;
  data::Batch batch;
  batch.allocate_records(kRecords);
  for (auto _ : state) benchmark::DoNotOptimize(chain.apply({&pool, false}, batch, policy));
  state.SetItemsProcessed(state.iterations() * kRecords * state.range(0));
}
BENCHMARK(BM_TransformChain)->Apply(bench::fixed_work)->Arg(1)->Arg(5);

}  // namespace
}  // namespace sluice
