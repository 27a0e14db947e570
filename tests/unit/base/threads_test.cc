#include "runtime/base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace sluice::base {
namespace {

using namespace std::chrono_literals;

TEST(Threads, RunAndAreJoined) {
  std::atomic<int> ran{0};
  Thread thread("a name that is far too long for a thread", [&] { ++ran; });
  EXPECT_TRUE(thread.joinable());
  Thread moved = std::move(thread);
  EXPECT_FALSE(thread.joinable());
  moved.join();
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(moved.joinable());
}

TEST(Threads, ConditionsWakeAndExpire) {
  std::mutex mutex;
  Condition changed;
  bool ready = false;
  Thread setter("setter", [&] {
    std::lock_guard lock(mutex);
    ready = true;
    changed.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 20s, [&] { return ready; }));
    EXPECT_FALSE(changed.wait_for(lock, 1ms, [] { return false; }));
  }
  setter.join();
}

// Runs what is spawned at once; time passes only by waiting.
class OneThread final : public Scheduler {
 public:
  OneThread() { install(this); }
  ~OneThread() override { install(nullptr); }
  SteadyTime now() override { return now_; }
  Task spawn(std::string, std::function<void()> run) override {
    run();
    return ++tasks_;
  }
  void join(Task task) override { joined_.push_back(task); }
  void wait(const Condition&, std::unique_lock<std::mutex>&, std::optional<SteadyTime> deadline) override {
    now_ = deadline.value();
  }
  void notify(const Condition&) override { ++notified_; }

  SteadyTime now_{};
  Task tasks_ = 0;
  int notified_ = 0;
  std::vector<Task> joined_;
};

TEST(Threads, ASchedulerDecidesWhatHappensAndWhen) {
  OneThread scheduler;
  bool ran = false;
  Thread thread("t", [&] { ran = true; });
  EXPECT_TRUE(ran);
  Thread::start_detached("t", [] {});
  thread.join();
  EXPECT_EQ(scheduler.joined_, std::vector<Scheduler::Task>{1});
  sleep_for(1h);
  EXPECT_EQ(steady_now(), SteadyTime(1h));
  std::mutex mutex;
  std::unique_lock lock(mutex);
  Condition condition;
  EXPECT_FALSE(condition.wait_for(lock, 2h, [] { return false; }));
  EXPECT_EQ(steady_now(), SteadyTime(3h));
  condition.notify_one();
  condition.notify_all();
  EXPECT_EQ(scheduler.notified_, 2);
}

}  // namespace
}  // namespace sluice::base
