#include "runtime/herder/work_pool.h"

#include <deque>
#include <mutex>
#include <utility>

#include "runtime/base/threads.h"

namespace sluice::herder {
namespace {
constexpr std::chrono::seconds kIdleMax{10};
}

struct WorkPool::State {
  State(std::string pool_name, std::size_t most_threads, std::size_t most_queued)
      : name(std::move(pool_name)), threads_max(most_threads), queue_max(most_queued) {}
  const std::string name;
  const std::size_t threads_max;
  const std::size_t queue_max;
  std::mutex mutex;
  base::Condition wake;
  base::Condition thread_ended;
  std::deque<Work> queue;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool stopping = false;
};

WorkPool::WorkPool(std::string name, std::size_t threads_max, std::size_t queue_max)
    : state_(std::make_shared<State>(std::move(name), threads_max, queue_max)) {}

WorkPool::~WorkPool() {
  stop(base::steady_now());
}

bool WorkPool::submit(Work work) {
  std::lock_guard lock(state_->mutex);
  if (state_->stopping) return false;
  const bool needs_thread = state_->queue.size() >= state_->idle;
  const bool may_start = state_->threads < state_->threads_max;
  if (needs_thread && !may_start && state_->queue.size() >= state_->queue_max) return false;
  state_->queue.push_back(std::move(work));
  if (needs_thread && may_start) {
    ++state_->threads;
    // Work that never returns must not keep the worker from ending; the state is shared with the thread.
    base::Thread::start_detached(state_->name, [state = state_] { run(state); });
  } else {
    state_->wake.notify_one();
  }
  return true;
}

bool WorkPool::stop(std::chrono::steady_clock::time_point deadline) {
  std::deque<Work> dropped;
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  dropped.swap(state_->queue);
  state_->wake.notify_all();
  const bool ended = state_->thread_ended.wait_until(lock, deadline, [&] { return state_->threads == 0; });
  lock.unlock();  // before `dropped` answers requests
  return ended;
}

void WorkPool::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    ++state->idle;
    const bool woken = state->wake.wait_for(lock, kIdleMax, [&] { return state->stopping || !state->queue.empty(); });
    --state->idle;
    if (!woken || state->stopping) break;
    Work work = std::move(state->queue.front());
    state->queue.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
  --state->threads;
  state->thread_ended.notify_all();
}

}  // namespace sluice::herder
