#include "runtime/task/progress.h"

namespace sluice::task {
namespace {

constexpr int kCallbackShift = 56;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kCallbackShift) - 1;
constexpr std::size_t kErrorMax = 2000;

}  // namespace

void TaskProgress::stamp_callback(plugin::Callback callback) {
  callback_.store(
      (static_cast<std::uint64_t>(callback) << kCallbackShift) | (static_cast<std::uint64_t>(now_ms()) & kTimeMask),
      std::memory_order_release);
}

void TaskProgress::took_records(std::uint64_t records) {
  retrying_since_ms_ = -1;
  done_ms_ = now_ms();
  if (records == 0) return;
  records_ms_ = now_ms();
  records_ += records;
}

void TaskProgress::outstanding(std::uint64_t records) {
  const std::uint64_t before = outstanding_.exchange(records);
  if (records == 0)
    outstanding_since_ms_ = -1;
  else if (before == 0)
    outstanding_since_ms_ = now_ms();
}

void TaskProgress::retried(const std::string& why) {
  ++retries_;
  if (retrying_since_ms_ < 0) retrying_since_ms_ = now_ms();
  std::lock_guard lock(error_mutex_);
  last_error_.assign(why, 0, kErrorMax);
}

void TaskProgress::committed() {
  commit_ms_ = now_ms();
  commits_fail_since_ms_ = -1;
}

void TaskProgress::commit_failed() {
  if (commits_fail_since_ms_ < 0) commits_fail_since_ms_ = now_ms();
}

ProgressSnapshot TaskProgress::snapshot() const {
  ProgressSnapshot now;
  now.phase = phase_.load(std::memory_order_acquire);
  now.told = told_.load(std::memory_order_acquire);
  const std::uint64_t callback = callback_.load(std::memory_order_acquire);
  now.callback = static_cast<plugin::Callback>(callback >> kCallbackShift);
  if (callback != 0) now.callback_since_ms = static_cast<std::int64_t>(callback & kTimeMask);
  now.beat_ms = beat_ms_;
  now.done_ms = done_ms_;
  now.records_ms = records_ms_;
  now.ack_ms = ack_ms_;
  now.commit_ms = commit_ms_;
  now.outstanding_since_ms = outstanding_since_ms_;
  now.retrying_since_ms = retrying_since_ms_;
  now.commits_fail_since_ms = commits_fail_since_ms_;
  now.outstanding = outstanding_;
  now.records = records_;
  now.retries = retries_;
  std::lock_guard lock(error_mutex_);
  now.last_error = last_error_;
  return now;
}

}  // namespace sluice::task
