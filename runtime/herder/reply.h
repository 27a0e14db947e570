#pragma once
// The answer to one request: whoever works on it holds a Reply, the requesting thread waits on its Awaited. A request
// whose last Reply is dropped without an answer (the herder is shutting down) is answered with Connect's "Worker is
// shutting down".

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/base/status.h"
#include "runtime/base/threads.h"
#include "runtime/herder/stage.h"

namespace sluice::herder {

// "Request timed out", with what the request was waiting for where that is known.
base::Error request_timed_out(const StageTracker& stage);
base::Error worker_is_shutting_down();

namespace internal {
template <typename T>
struct Answer {
  explicit Answer(const base::Clock& clock) : stage(clock) {}
  void complete(base::Result<T> outcome) {
    std::lock_guard lock(mutex);
    if (result) return;
    result.emplace(std::move(outcome));
    changed.notify_all();
  }
  std::mutex mutex;
  base::Condition changed;
  std::optional<base::Result<T>> result;
  StageTracker stage;
};

template <typename T>
struct Promise {
  explicit Promise(std::shared_ptr<Answer<T>> to) : answer(std::move(to)) {}
  ~Promise() { answer->complete(base::fail(worker_is_shutting_down())); }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  std::shared_ptr<Answer<T>> answer;
};
}  // namespace internal

// A handle that may be copied. The first answer counts. [any]
template <typename T>
class Reply {
 public:
  explicit Reply(std::shared_ptr<internal::Answer<T>> answer)
      : promise_(std::make_shared<internal::Promise<T>>(std::move(answer))) {}

  void complete(base::Result<T> result) const { promise_->answer->complete(std::move(result)); }
  void fail(base::Error error) const { complete(base::fail(std::move(error))); }
  void stage(std::string description) const { promise_->answer->stage.begin(std::move(description)); }
  StageTracker& stages() const { return promise_->answer->stage; }

 private:
  std::shared_ptr<internal::Promise<T>> promise_;
};

template <typename T>
class Awaited {
 public:
  // `closed`, if given, outlives this: once it is set, nobody waits any more for work that does not return.
  explicit Awaited(const base::Clock& clock, const std::atomic<bool>* closed = nullptr)
      : answer_(std::make_shared<internal::Answer<T>>(clock)), closed_(closed) {}
  // Once.
  Reply<T> reply() const { return Reply<T>(answer_); }

  base::Result<T> wait(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(answer_->mutex);
    const auto answered = [&] { return answer_->result.has_value(); };
    while (!answered()) {
      const auto now = base::steady_now();
      if (now >= deadline) return base::fail(request_timed_out(answer_->stage));
      if (closed_ != nullptr && closed_->load()) return base::fail(worker_is_shutting_down());
      answer_->changed.wait_until(lock, std::min(deadline, now + kClosedCheck), answered);
    }
    return std::move(*answer_->result);
  }

 private:
  static constexpr std::chrono::milliseconds kClosedCheck{200};
  std::shared_ptr<internal::Answer<T>> answer_;
  const std::atomic<bool>* closed_;
};

}  // namespace sluice::herder
