#include "runtime/task/offset_committer.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/base/log.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.WorkerSourceTask"};

}  // namespace

struct OffsetCommitter::Answer {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<base::Status> status;
};

OffsetCommitter::OffsetCommitter(base::TaskId task, Timing timing, store::OffsetStore& store, OffsetTracker& tracker,
                                 TaskMetrics& metrics, const base::Clock& clock)
    : task_(std::move(task)),
      timing_(timing),
      store_(store),
      tracker_(tracker),
      metrics_(metrics),
      clock_(clock),
      due_ms_(clock.monotonic_ns() / 1'000'000 + timing.interval_ms) {}

std::int64_t OffsetCommitter::ms_until_due() const {
  const std::int64_t left = due_ms_ - clock_.monotonic_ns() / 1'000'000;
  return left < 0 ? 0 : left;
}

void OffsetCommitter::begin() {
  if (const std::string error = tracker_.take_error(); !error.empty()) {
    kLog.error(
        "CRITICAL: Failed to serialize offset data, making it impossible to commit offsets under namespace {}. This "
        "likely won't recover unless "
        "the unserializable partition or offset information is overwritten.\n{}",
        task_.connector, error);
  }
  pending_ = tracker_.take();
  answer_ = std::make_shared<Answer>();
  began_ms_ = clock_.monotonic_ns() / 1'000'000;
  store_.put(pending_, [answer = answer_](base::Status status) {
    std::lock_guard lock(answer->mutex);
    answer->status = std::move(status);
    answer->came.notify_all();
  });
}

bool OffsetCommitter::take_answer(bool* stored) {
  if (answer_ == nullptr) return true;
  const std::int64_t now = clock_.monotonic_ns() / 1'000'000;
  std::optional<base::Status> status;
  {
    std::lock_guard lock(answer_->mutex);
    status = answer_->status;
  }
  if (!status) {
    if (now - began_ms_ < timing_.timeout_ms) return false;
    kLog.error(
        "WorkerSourceTask{{id={}}} Timed out waiting to flush offsets to storage; will try again on next flush "
        "interval with latest offsets",
        task_.to_string());
  } else if (!*status) {
    kLog.error("WorkerSourceTask{{id={}}} Failed to flush offsets to storage: {}", task_.to_string(),
               status->error().to_string());
  }
  if (status && *status) {
    *stored = true;
    metrics_.commit_succeeded(static_cast<double>(now - began_ms_));
  } else {
    metrics_.commit_failed();
    tracker_.give_back(std::move(pending_));
  }
  pending_.clear();
  answer_.reset();
  return true;
}

bool OffsetCommitter::step() {
  bool stored = false;
  if (!take_answer(&stored)) return false;
  if (ms_until_due() > 0) return stored;
  due_ms_ = clock_.monotonic_ns() / 1'000'000 + timing_.interval_ms;
  if (tracker_.anything_to_commit()) {
    begin();
  } else {
    metrics_.commit_succeeded(0);
    stored = true;  // nothing to write counts as success
  }
  return stored;
}

bool OffsetCommitter::finish(std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    if (answer_ == nullptr) {
      if (!tracker_.anything_to_commit()) return true;
      begin();
    }
    {
      std::unique_lock lock(answer_->mutex);
      if (!answer_->came.wait_until(lock, deadline, [&] { return answer_->status.has_value(); })) return false;
      if (!*answer_->status) {
        kLog.error("WorkerSourceTask{{id={}}} Failed to flush offsets to storage: {}", task_.to_string(),
                   answer_->status->error().to_string());
        metrics_.commit_failed();
        return false;
      }
    }
    bool stored = false;
    take_answer(&stored);
  }
}

}  // namespace sluice::task
