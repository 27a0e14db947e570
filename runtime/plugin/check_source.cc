// Level 4 for sources: batches are well formed and may be released late, in any order, on any thread; a restart from
// any stored offset goes on where it left off.

#include <algorithm>

#include "runtime/data/value_ops.h"
#include "runtime/plugin/check_tasks.h"

namespace sluice::plugin {
namespace {

using namespace std::chrono_literals;
using base::Code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRecordsWanted = 500;
constexpr auto kPatience = 5s;
const std::vector<std::int32_t> kSources = {SLUICE_KIND_SOURCE};

// Polls until there are `wanted` records or patience ends. Batches stay alive in `batches`.
base::Status gather(CheckSource& task, std::size_t wanted, std::vector<std::unique_ptr<data::Batch>>& batches) {
  const auto until = Clock::now() + kPatience;
  std::size_t have = 0;
  while (have < wanted && Clock::now() < until) {
    auto batch = std::make_unique<data::Batch>();
    const auto status = task.instance->poll(*batch);
    if (!status && status.error().code() == Code::kRetry) continue;
    if (!status) return status;
    SLUICE_TRY(check_batch(*batch->c()));
    have += batch->size();
    if (batch->size() > 0) batches.push_back(std::move(batch));
  }
  return {};
}

Verdict batches_are_well_formed(CheckSubject& subject) {
  CheckSource task;
  if (auto status = task.start(subject); !status) return failed_with("start", status.error());
  std::vector<std::unique_ptr<data::Batch>> batches;
  const auto status = gather(task, kRecordsWanted, batches);
  task.stop();
  if (!status) return failed("{}", status.error().message());
  return batches.empty() ? skipped("it gave no record within {} s", kPatience.count()) : passed();
}

Verdict release_is_free(CheckSubject& subject) {
  CheckSource task;
  if (auto status = task.start(subject); !status) return failed_with("start", status.error());
  std::vector<std::unique_ptr<data::Batch>> batches;
  for (int i = 0; i < 5; ++i)
    if (auto status = gather(task, 1, batches); !status) return failed("{}", status.error().message());
  // Last first, on another thread, some of them after the task has gone.
  const std::size_t kept = batches.size() / 2;
  std::thread([&] {
    while (batches.size() > kept) batches.pop_back();
  }).join();
  task.stop();
  std::thread([&] {
    while (!batches.empty()) batches.pop_back();
  }).join();
  return passed();
}

struct Position {
  Value partition;
  Value offset;
};

std::vector<Position> positions(const std::vector<std::unique_ptr<data::Batch>>& batches) {
  std::vector<Position> all;
  for (const auto& batch : batches)
    for (std::uint32_t i = 0; i < batch->size(); ++i) {
      const auto& record = batch->record(i);
      if (!Value(record.source_offset).is_null())
        all.push_back({batch->source_partition(record), record.source_offset});
    }
  return all;
}

// Where `position` is among `all`; its last place, since several records may share an offset.
std::ptrdiff_t place(const std::vector<Position>& all, const Position& position) {
  for (std::size_t i = all.size(); i-- > 0;)
    if (data::values_equal(all[i].partition, position.partition) && data::values_equal(all[i].offset, position.offset))
      return static_cast<std::ptrdiff_t>(i);
  return -1;
}

// With the offset of record i stored, the next record may be any up to i+1 (a repeat is allowed), never a later one.
Verdict restart_leaves_no_gap(CheckSubject& subject) {
  std::vector<std::unique_ptr<data::Batch>> batches;
  CheckSource first;
  if (auto status = first.start(subject); !status) return failed_with("start", status.error());
  if (auto status = gather(first, 50, batches); !status) return failed("{}", status.error().message());
  first.stop();
  const auto all = positions(batches);
  if (all.size() < 2) return skipped("it gave fewer than two records with offsets within {} s", kPatience.count());
  for (const std::size_t at : {std::size_t{0}, all.size() / 2, all.size() - 2}) {
    CheckSource again;
    for (std::size_t i = 0; i <= at; ++i) again.services.store_offset(all[i].partition, all[i].offset);
    if (auto status = again.start(subject); !status) return failed_with("start from a stored offset", status.error());
    std::vector<std::unique_ptr<data::Batch>> more;
    if (auto status = gather(again, 1, more); !status) return failed("{}", status.error().message());
    again.stop();
    const auto resumed = positions(more);
    if (resumed.empty())
      return failed("after a restart from the offset of record {} no record came within {} s", at, kPatience.count());
    const std::ptrdiff_t where = place(all, resumed[0]);
    // With several partitions the next record may belong to another one.
    if (!data::values_equal(resumed[0].partition, all[at].partition)) continue;
    if (where < 0 || where > static_cast<std::ptrdiff_t>(place(all, all[at])) + 1)
      return failed("after a restart from the offset of record {} the next record was {}: what lies between is lost",
                    at, where < 0 ? std::string("one never seen before") : fmt::format("number {}", where));
  }
  return passed();
}

Verdict acks_and_commits_are_taken(CheckSubject& subject) {
  CheckSource task;
  if (auto status = task.start(subject); !status) return failed_with("start", status.error());
  std::vector<std::unique_ptr<data::Batch>> batches;
  if (auto status = gather(task, 20, batches); !status) return failed("{}", status.error().message());
  for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {  // out of order, as brokers answer
    std::vector<sluice_ack> acks;
    for (std::uint32_t i = 0; i < (*batch)->size(); ++i) {
      const auto& record = (*batch)->record(i);
      acks.push_back(
          {record.cookie, str((*batch)->topic(record)), i % 2 == 0 ? 0 : -1, i, static_cast<std::int64_t>(i), 0});
    }
    task.instance->delivered(acks);
  }
  if (auto status = task.instance->commit(); !status && status.error().code() == Code::kBug)
    return failed_with("commit", status.error());
  task.stop();
  return passed();
}

}  // namespace

std::span<const CheckTest> source_checks() {
  static const std::vector<CheckTest> tests = {
      {"data.batches", 4, "what poll gives is well formed", 30s, kSources, true, batches_are_well_formed},
      {"data.release", 4, "batches are released late, out of order, elsewhere", 60s, kSources, true, release_is_free},
      {"data.restart", 4, "a restart from a stored offset loses nothing", 60s, kSources, true, restart_leaves_no_gap},
      {"data.acks", 4, "acknowledgements and commits are taken in any order", 30s, kSources, true,
       acks_and_commits_are_taken},
  };
  return tests;
}

}  // namespace sluice::plugin
