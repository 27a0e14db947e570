#pragma once
// A few threads for work that blocks: waiting for tasks to end, reading secrets, asking plugins. Threads come when
// there is work and go when there was none for a while. Work that never returns keeps its thread, and only that: the
// pool can be stopped and destroyed all the same, and what the work uses must outlive it by other means.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace sluice::herder {

class WorkPool {
 public:
  using Work = std::function<void()>;

  // `name`: at most 15 characters. `queue_max`: work accepted while all threads are busy.
  WorkPool(std::string name, std::size_t threads_max, std::size_t queue_max);
  ~WorkPool();  // drops what has not begun, waits for nothing
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // [any] False: stopped, or the queue is full.
  bool submit(Work work);
  // Drops what has not begun and waits for what has. False: some of it has not returned by the deadline.
  bool stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace sluice::herder
