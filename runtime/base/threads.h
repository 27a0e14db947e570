#pragma once
// Threads, waits and the steady clock for code whose work is spread over threads: the system's own, unless the calling
// thread has a Scheduler. With one, all of that code runs on that one system thread, in the order and at the times that
// the scheduler decides: whole workers can be run so, much faster than time passes and the same way each time.
//
// Mutexes stay std::mutex; nobody may hold one while waiting, but for the one that goes with the Condition.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace sluice::base {

using SteadyTime = std::chrono::steady_clock::time_point;

class Condition;

// All calls come from the thread that it is installed on.
class Scheduler {
 public:
  using Task = std::uint64_t;
  virtual ~Scheduler() = default;
  virtual SteadyTime now() = 0;
  virtual Task spawn(std::string name, std::function<void()> run) = 0;
  virtual void join(Task task) = 0;
  // `lock` is held before and after. Nothing: no deadline. May return early.
  virtual void wait(const Condition& condition, std::unique_lock<std::mutex>& lock,
                    std::optional<SteadyTime> deadline) = 0;
  virtual void notify(const Condition& condition) = 0;

  // For the calling thread; null: none.
  static void install(Scheduler* scheduler);
  static Scheduler* installed();
};

SteadyTime steady_now();
void sleep_until(SteadyTime when);
inline void sleep_for(std::chrono::nanoseconds duration) {
  sleep_until(steady_now() + duration);
}

// As std::condition_variable.
class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  void notify_one();
  void notify_all();
  void wait(std::unique_lock<std::mutex>& lock);
  void wait_until(std::unique_lock<std::mutex>& lock, SteadyTime deadline);

  template <typename Predicate>
  void wait(std::unique_lock<std::mutex>& lock, Predicate predicate) {
    while (!predicate()) wait(lock);
  }
  // What the predicate says in the end.
  template <typename Predicate>
  bool wait_until(std::unique_lock<std::mutex>& lock, SteadyTime deadline, Predicate predicate) {
    while (!predicate()) {
      if (steady_now() >= deadline) return false;
      wait_until(lock, deadline);
    }
    return true;
  }
  template <typename Predicate>
  bool wait_for(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds duration, Predicate predicate) {
    return wait_until(lock, steady_now() + duration, std::move(predicate));
  }

 private:
  std::condition_variable condition_;
};

// As std::thread; to be joined before it goes.
class Thread {
 public:
  Thread() = default;
  // `name`: what the system shows of it, at most 15 characters.
  Thread(const std::string& name, std::function<void()> run);
  Thread(Thread&& other) noexcept
      : thread_(std::move(other.thread_)), task_(std::exchange(other.task_, std::nullopt)) {}
  Thread& operator=(Thread&& other) noexcept {
    thread_ = std::move(other.thread_);
    task_ = std::exchange(other.task_, std::nullopt);
    return *this;
  }

  // Nobody waits for it: for work that may never return, and that owns what it uses.
  static void start_detached(const std::string& name, std::function<void()> run);

  bool joinable() const { return task_.has_value() || thread_.joinable(); }
  void join();

 private:
  std::thread thread_;
  std::optional<Scheduler::Task> task_;
};

}  // namespace sluice::base
