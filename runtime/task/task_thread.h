#pragma once
// What source and sink tasks have in common: the thread, pause and stop, and who is told what became of the task. A
// runner's outside (TaskRunner) may be destroyed while an abandoned thread still runs: the thread owns everything
// through a shared pointer.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>

#include "runtime/base/status.h"
#include "runtime/task/listener.h"
#include "runtime/task/stop_signal.h"
#include "runtime/task/task_metrics.h"
#include "runtime/task/task_runner.h"

namespace sluice::task {

class TaskThread : public TaskRunner, public std::enable_shared_from_this<TaskThread> {
 public:
  void start() final;
  void set_paused(bool paused) final;
  void request_stop() final;
  void set_limits(const RateLimits& limits) final;
  bool await(std::chrono::steady_clock::time_point deadline) final;
  void abandon() final;
  std::shared_ptr<const TaskProgress> progress() const final { return progress_; }
  ~TaskThread() override;

 protected:
  TaskThread(const WorkerContext& worker, TaskSpec spec, TaskListener& listener);

  // The task's life, on its thread. An error makes it FAILED, unless a stop was requested.
  virtual base::Status run() = 0;
  // [any] Passes the request to the plugin instance, if there is one.
  virtual void notify_stop() = 0;
  virtual void notify_pause() {}
  // [any] The task was given up: another may take its work over, and nothing of this one may reach Kafka any more.
  virtual void notify_abandon() {}

  bool stopping() const { return stop_.requested(); }
  bool pause_wanted() const { return paused_.load(std::memory_order_relaxed); }
  bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }
  // [task] Waits while the task is to be paused; reports PAUSED and RUNNING. False: stop was requested.
  void report_startup(std::string_view version);
  void report_paused();
  void report_resumed();
  // The task has failed and only cleans up from now on: a plugin that hangs in stop() must not hide it.
  void report_failure(const base::Error& error);
  // A record for (or from) this topic went through. Told to the listener once, again after a reset of the active
  // topics, and now and then, in case others have forgotten them.
  void note_topic(std::string_view topic);
  // [task] Sleeps until resumed or stopped.
  void wait_while_paused();

  const WorkerContext& worker_;
  TaskSpec spec_;
  StopSignal stop_;
  RateLimiter limiter_;
  const std::shared_ptr<TaskProgress> progress_;
  std::shared_ptr<TaskMetrics> metrics_;

 private:
  struct End;
  void thread_main();
  base::Status guarded_run();
  void tell(const base::Status& result);

  TaskListener& listener_;
  std::atomic<bool> paused_;
  std::atomic<bool> abandoned_{false};
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool started_ = false;
  bool ended_ = false;
  std::thread thread_;

  std::unordered_set<std::string> noted_topics_;  // [task] since noted_since_ms_
  std::int64_t noted_since_ms_ = 0;
  std::uint64_t noted_generation_ = 0;
};

}  // namespace sluice::task
