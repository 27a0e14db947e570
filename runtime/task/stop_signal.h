#pragma once
// "Stop, please": asked for once from any thread, seen by a task in every form in which it can wait: a flag, a sleep
// that ends early, and a file descriptor for poll sets.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sluice::task {

class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void request();  // [any] never blocks for long
  bool requested() const { return requested_.load(std::memory_order_acquire); }
  // True: stop was requested. Also ends early, with false, after wake().
  bool sleep_for(std::chrono::milliseconds time);
  void wake();                    // [any]
  int fd() const { return fd_; }  // readable once requested; -1: the system had no descriptor left

 private:
  std::atomic<bool> requested_{false};
  bool woken_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  int fd_;
};

}  // namespace sluice::task
