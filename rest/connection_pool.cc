#include "rest/connection_pool.h"

#include <pthread.h>

#include <csignal>

#include "runtime/base/status.h"

namespace sluice::rest {
namespace {

constexpr std::chrono::seconds kIdleThreadLife{30};

// Signals belong to the main thread; SIGPIPE becomes the error of the write.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

ConnectionPool::ConnectionPool(std::size_t threads_max, std::size_t waiting_max)
    : threads_max_(threads_max), waiting_max_(waiting_max) {}

ConnectionPool::~ConnectionPool() {
  SLUICE_ASSERT(workers_.empty());
}

bool ConnectionPool::submit(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  if (stopping_ || waiting_.size() >= waiting_max_) return false;
  waiting_.push_back(std::move(job));
  if (idle_ >= waiting_.size() || running_ >= threads_max_) {
    wake_.notify_one();
    return true;
  }
  reap_finished();
  Worker& worker = workers_.emplace_back();
  ++running_;
  worker.thread = std::thread([this, &worker] { run(worker); });
  return true;
}

bool ConnectionPool::crowded() const {
  std::lock_guard lock(mutex_);
  return waiting_.size() > idle_ && running_ >= threads_max_;
}

void ConnectionPool::stop() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  // Nobody submits any more, so the list no longer grows; threads still look at their own entry.
  for (Worker& worker : workers_) worker.thread.join();
  std::lock_guard lock(mutex_);
  workers_.clear();
}

void ConnectionPool::run(Worker& self) {
  block_signals();
  std::unique_lock lock(mutex_);
  for (;;) {
    if (waiting_.empty() && !stopping_) {
      ++idle_;
      const bool woken = wake_.wait_for(lock, kIdleThreadLife, [&] { return stopping_ || !waiting_.empty(); });
      --idle_;
      if (!woken) break;
    }
    if (waiting_.empty()) break;  // stopping
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
  --running_;
  self.finished = true;
}

void ConnectionPool::reap_finished() {
  for (auto it = workers_.begin(); it != workers_.end();) {
    if (it->finished) {
      it->thread.join();  // it has left the lock for good: this waits for its last instructions only
      it = workers_.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace sluice::rest
