#pragma once
// A world in which all threads of several workers run as fibers on one system thread, in an order drawn from a seed,
// and time passes only when nobody has anything to do. The same seed gives the same history.
//
// Processes group what belongs to one worker: a frozen process (SIGSTOP) does nothing until it is thawed. Process 0 is
// the outside world: brokers, clients, the test.

#include <ucontext.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/threads.h"

namespace sluice::simulation {

using Ms = std::chrono::milliseconds;
using ProcessId = int;

class World final : public base::Scheduler {
 public:
  explicit World(std::uint64_t seed);  // installs itself
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  base::SteadyTime now() override { return now_; }
  Task spawn(std::string name, std::function<void()> run) override;
  void join(Task task) override;
  void wait(const base::Condition& condition, std::unique_lock<std::mutex>& lock,
            std::optional<base::SteadyTime> deadline) override;
  void notify(const base::Condition& condition) override;

  const base::Clock& clock() const { return clock_; }
  Ms elapsed() const;

  // In the process that is running now, or in the one given; `fn` must not wait (spawn for that).
  void after(Ms delay, std::function<void()> fn) { after_in(process(), delay, std::move(fn)); }
  void after_in(ProcessId process, Ms delay, std::function<void()> fn);
  Task spawn_in(ProcessId process, std::string name, std::function<void()> run);
  ProcessId process() const { return running_process_; }

  void freeze(ProcessId process) { frozen_.insert(process); }
  void thaw(ProcessId process);
  bool frozen(ProcessId process) const { return frozen_.contains(process); }

  // Not from a fiber. One thing happens; false: nothing is left to happen.
  bool step();
  // True: `done` holds, which is asked after each step. False: not within `limit`.
  bool run_until(const std::function<bool()>& done, Ms limit);
  void run_for(Ms time) {
    run_until([] { return false; }, time);
  }
  // Drops all that is still to happen: it may hold what is about to go.
  void forget();
  // Names of threads that have not ended.
  std::vector<std::string> threads() const;
  std::uint64_t steps() const { return steps_; }

  std::uint64_t random();
  int draw(int least, int most) { return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1)); }
  Ms delay(int least_ms, int most_ms) { return Ms(draw(least_ms, most_ms)); }
  bool chance(double probability) { return static_cast<double>(random() >> 11) * 0x1p-53 < probability; }

  // The story of this history, for a failing seed.
  bool telling = false;
  void tell(const std::string& text);

 private:
  struct Fiber;
  struct Ready {
    ProcessId process;
    Fiber* fiber;  // or
    std::function<void()> fn;
  };
  struct Clock final : base::Clock {
    explicit Clock(const World& of) : world(of) {}
    std::int64_t now_ms() const override;
    std::int64_t monotonic_ns() const override;
    const World& world;
  };
  using Timers = std::map<std::pair<base::SteadyTime, std::uint64_t>, Ready>;

  static void enter(unsigned high, unsigned low);
  void resume(Fiber& fiber);
  void suspend();
  void make_ready(Fiber& fiber);
  void run(Ready next);

  Clock clock_;
  base::SteadyTime now_;
  const base::SteadyTime begin_;
  std::uint64_t state_;
  ProcessId running_process_ = 0;
  Fiber* current_ = nullptr;
  std::map<Task, std::unique_ptr<Fiber>> fibers_;
  Task last_task_ = 0;
  std::vector<Ready> ready_;
  Timers timers_;
  std::uint64_t last_timer_ = 0;
  std::map<ProcessId, std::vector<Ready>> parked_;
  std::set<ProcessId> frozen_;
  std::unordered_map<const base::Condition*, std::vector<Fiber*>> waiting_;
  ucontext_t main_{};
  const void* main_stack_ = nullptr;
  std::size_t main_stack_size_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace sluice::simulation
