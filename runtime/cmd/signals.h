#pragma once
// SIGTERM and SIGINT as something main can wait for. Create before any other thread, so that all inherit the blocked
// signals.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

namespace sluice::cmd {

// Lives as long as the process: one per process.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The first signal, or request(). A second signal ends the process at once.
  void wait();
  bool requested() const;
  // [any] As if a first signal had come.
  void request();

 private:
  void watch();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool requested_ = false;
};

// Writes out the log and ends the process without waiting for threads that plugins hold.
[[noreturn]] void end_process(int status);

}  // namespace sluice::cmd
