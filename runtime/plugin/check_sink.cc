// Level 4 for sinks: every record shape is taken or refused, never edited; redelivery, rebalances and commits hold.

#include <algorithm>

#include "runtime/plugin/check_tasks.h"

namespace sluice::plugin {
namespace {

using namespace std::chrono_literals;
using base::Code;

constexpr std::string_view kTopic = "sluice-check";
const std::vector<std::int32_t> kSinks = {SLUICE_KIND_SINK};
const sluice_topic_partition kPartition = {str(kTopic), 0, 0};

// Puts a batch; RETRY is repeated a few times. A refusal of what a record holds is an answer, a bug is not.
base::Status put(CheckSink& task, data::Batch& batch) {
  for (int attempt = 0;; ++attempt) {
    std::uint32_t retry_after_ms = 0;
    const auto status = task.instance->put(*batch.c(), &retry_after_ms);
    if (status || status.error().code() != Code::kRetry || attempt == 3) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min<std::uint32_t>(retry_after_ms, 200)));
  }
}

bool is_answer(const base::Status& status) {
  return status || (status.error().code() != Code::kBug && status.error().code() != Code::kNoMemory);
}

base::Status begin(CheckSink& task, CheckSubject& subject) {
  SLUICE_TRY(task.start(subject));
  return task.instance->open({&kPartition, 1});
}

Verdict empty_put_is_nothing(CheckSubject& subject) {
  CheckSink task;
  if (auto status = begin(task, subject); !status) return failed_with("start and open", status.error());
  data::Batch batch;
  for (int i = 0; i < 3; ++i)
    if (auto status = put(task, batch); !status) return failed_with("put of no records", status.error());
  task.stop();
  return passed();
}

// Record by record, so that one that is refused hides no other. A task that has failed is not asked again: the next
// record gets a new one.
Verdict every_shape_is_answered(CheckSubject& subject) {
  data::SchemaPool pool;
  Corpus corpus(pool);
  corpus.seal();
  std::unique_ptr<CheckSink> task;
  for (std::uint32_t i = 0; i < corpus.size(); ++i) {
    if (task == nullptr) {
      task = std::make_unique<CheckSink>();
      if (auto status = begin(*task, subject); !status) return failed_with("start and open", status.error());
    }
    data::Batch batch;
    if (!corpus.fill(batch, kTopic, 0)) return failed("the batch does not fit");
    for (std::uint32_t other = 0; other < batch.size(); ++other)
      if (other != i) batch.record(other).flags |= SLUICE_RECORD_DROP;
    const auto status = put(*task, batch);
    if (!is_answer(status)) return failed("record {} of the corpus: {}", i, status.error().message());
    if (status) continue;
    task->stop();
    task.reset();
  }
  if (task != nullptr) task->stop();
  return passed();
}

Verdict redelivery_is_tolerated(CheckSubject& subject) {
  CheckSink task;
  if (auto status = begin(task, subject); !status) return failed_with("start and open", status.error());
  Corpus corpus(task.services.schemas());
  for (int round = 0; round < 2; ++round) {
    data::Batch batch;
    if (!corpus.fill(batch, kTopic, 100)) return failed("the batch does not fit");
    const auto status = put(task, batch);
    if (!is_answer(status)) return failed("round {}: {}", round, status.error().message());
    if (!status) return skipped("it refuses the corpus: {}", status.error().message());
  }
  task.stop();
  return passed();
}

Verdict commits_are_bounded(CheckSubject& subject) {
  CheckSink task;
  if (auto status = begin(task, subject); !status) return failed_with("start and open", status.error());
  Corpus corpus(task.services.schemas());
  data::Batch batch;
  if (!corpus.fill(batch, kTopic, 0)) return failed("the batch does not fit");
  if (auto status = put(task, batch); !status)
    return is_answer(status) ? skipped("it refuses the corpus: {}", status.error().message())
                             : failed_with("put", status.error());
  const auto consumed = static_cast<std::int64_t>(corpus.size());
  sluice_topic_offset offset{str(kTopic), 0, 0, consumed};
  if (auto status = task.instance->pre_commit({&offset, 1}); !status)
    return is_answer(status) ? passed() : failed_with("pre_commit", status.error());
  if ((offset.flags & SLUICE_OFFSET_SKIP) == 0 && (offset.offset > consumed || offset.offset < 0))
    return failed("pre_commit answers offset {} where {} were put", offset.offset, consumed);
  task.stop();
  return passed();
}

Verdict rebalances_are_survived(CheckSubject& subject) {
  CheckSink task;
  if (auto status = begin(task, subject); !status) return failed_with("start and open", status.error());
  Corpus corpus(task.services.schemas());
  for (int round = 0; round < 3; ++round) {
    data::Batch batch;
    if (!corpus.fill(batch, kTopic, round * 1000)) return failed("the batch does not fit");
    if (auto status = put(task, batch); !status)
      return is_answer(status) ? skipped("it refuses the corpus: {}", status.error().message())
                               : failed_with("put", status.error());
    sluice_topic_offset offset{str(kTopic), 0, 0, round * 1000 + static_cast<std::int64_t>(corpus.size())};
    if (auto status = task.instance->pre_commit({&offset, 1}); !is_answer(status))
      return failed_with("pre_commit", status.error());
    if (auto status = task.instance->close({&kPartition, 1}); !status) return failed_with("close", status.error());
    if (auto status = task.instance->open({&kPartition, 1}); !status)
      return failed_with("open after close", status.error());
  }
  task.stop();
  return passed();
}

// Counts what a sink does with the right to release a batch. `owner_data` moves with the struct.
void count_release(sluice_batch* batch) {
  ++*static_cast<std::atomic<int>*>(batch->owner_data);
}

Verdict batches_are_released_once(CheckSubject& subject) {
  data::SchemaPool pool;
  Corpus corpus(pool);
  std::atomic<int> releases{0};
  data::Batch batch;
  CheckSink task;
  if (auto status = begin(task, subject); !status) return failed_with("start and open", status.error());
  if (!corpus.fill(batch, kTopic, 0)) return failed("the batch does not fit");
  batch.c()->release = count_release;
  batch.c()->owner_data = &releases;
  const auto status = put(task, batch);
  const bool taken = batch.c()->release == nullptr;
  if (!is_answer(status)) return failed_with("put", status.error());
  if (!taken && releases > 0) return failed("put released the batch and left it to the host to release it again");
  if (taken && !status) return failed("put took the batch although it failed");
  batch.c()->release = nullptr;
  task.stop();
  if (taken && releases != 1) return failed("the batch that put took was released {} times", releases.load());
  return passed();
}

}  // namespace

std::span<const CheckTest> sink_checks() {
  static const std::vector<CheckTest> tests = {
      {"data.empty", 4, "an empty put is nothing", 30s, kSinks, true, empty_put_is_nothing},
      {"data.corpus", 4, "every shape of record is taken or refused, none edited", 60s, kSinks, true,
       every_shape_is_answered},
      {"data.release", 4, "a batch is released once, by the sink or by the host", 30s, kSinks, true,
       batches_are_released_once},
      {"data.redelivery", 4, "the same records may come again", 30s, kSinks, true, redelivery_is_tolerated},
      {"data.commits", 4, "pre_commit answers no offset beyond what was put", 30s, kSinks, true, commits_are_bounded},
      {"data.rebalance", 4, "close and open may come between puts", 30s, kSinks, true, rebalances_are_survived},
  };
  return tests;
}

}  // namespace sluice::plugin
