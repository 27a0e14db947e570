#include "runtime/task/task_thread.h"

#include <cxxabi.h>
#include <pthread.h>

#include <exception>
#include <new>
#include <utility>

#include "runtime/base/log.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.WorkerTask"};
constexpr std::int64_t kTopicsNotedMs = 2000;

}  // namespace

TaskThread::TaskThread(const WorkerContext& worker, TaskSpec spec, TaskListener& listener)
    : TaskRunner(spec.id),
      worker_(worker),
      spec_(std::move(spec)),
      limiter_(*worker.clock),
      progress_(std::make_shared<TaskProgress>(*worker.clock)),
      metrics_(std::make_shared<TaskMetrics>(*worker.metrics, spec_.id, *worker.clock, progress_)),
      listener_(listener),
      paused_(spec_.paused) {
  if (spec_.limits.any()) limiter_.set_limits(spec_.limits);
}

void TaskThread::start() {
  {
    std::lock_guard lock(mutex_);
    SLUICE_ASSERT(!started_);
    started_ = true;
  }
  // The thread keeps the task alive: a task that is abandoned goes on until its plugin returns.
  thread_ = std::thread([self = shared_from_this()] { self->thread_main(); });
}

TaskThread::~TaskThread() {
  // tidy: allow(detach): nobody awaited it, or this is the task's own thread letting go of the last reference
  if (thread_.joinable()) thread_.detach();
}

// However the thread ends, by pthread_exit() in a plugin too: its end is told, and nobody waits for it any more.
struct TaskThread::End {
  TaskThread& task;
  base::Status result =
      base::fail(base::Code::kBug, base::exceptions::kConnect, "The task's thread was ended from inside");
  ~End() {
    try {
      task.tell(result);
    } catch (const std::exception&) {  // out of memory, say: the herder's watch finds it untold
    }
    task.progress_->set_phase(Phase::kEnded);
    std::lock_guard lock(task.mutex_);
    task.ended_ = true;
    task.ended_changed_.notify_all();
  }
};

void TaskThread::thread_main() {
  // Linux shows 15 characters.
  pthread_setname_np(pthread_self(), ("task-" + id().to_string()).substr(0, 15).c_str());
  const base::LogContext context(id().connector, id().task);
  End end{*this};
  progress_->set_phase(Phase::kStarting);
  end.result = guarded_run();
}

// The last line of defence: a plugin's thunks catch what they throw, but bad_alloc may come from our own containers.
base::Status TaskThread::guarded_run() {
  try {
    return run();
  } catch (const abi::__forced_unwind&) {
    throw;  // tidy: allow(throw): it must pass, or the process is aborted
  } catch (const std::bad_alloc&) {
    return base::fail(base::Code::kNoMemory, base::exceptions::kConnect, "The task ran out of memory");
  } catch (const std::exception& e) {
    return base::fail(base::Code::kBug, base::exceptions::kConnect, "The task threw a C++ exception: {}", e.what());
  } catch (...) {
    return base::fail(base::Code::kBug, base::exceptions::kConnect, "The task threw a C++ exception of unknown type");
  }
}

void TaskThread::tell(const base::Status& result) {
  if (!result && !stopping()) return report_failure(result.error());
  if (!result && result.error().code() != base::Code::kStopping) {
    kLog.warn("WorkerTask{{id={}}} After being scheduled for shutdown, task threw an uncaught exception.\n{}",
              id().to_string(), result.error().trace());
  }
  metrics_->set_state(TaskState::kUnassigned);
  if (!abandoned()) listener_.on_task_shutdown(id());
  progress_->set_told();
}

void TaskThread::report_failure(const base::Error& error) {
  if (stopping() || progress_->snapshot().told) return;
  kLog.error(
      "WorkerTask{{id={}}} Task threw an uncaught and unrecoverable exception. Task is being killed and will not "
      "recover until "
      "manually restarted\n{}",
      id().to_string(), error.trace());
  metrics_->set_state(TaskState::kFailed);
  if (!abandoned()) listener_.on_task_failure(id(), error);
  progress_->set_phase(Phase::kEnding);
  progress_->set_told();
}

void TaskThread::set_paused(bool paused) {
  if (paused_.exchange(paused) == paused) return;
  stop_.wake();
  notify_pause();
}

void TaskThread::request_stop() {
  stop_.request();
  notify_stop();
}

void TaskThread::set_limits(const RateLimits& limits) {
  limiter_.set_limits(limits);
  stop_.wake();  // it may wait for what the former limits owe
}

bool TaskThread::await(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (!started_) return true;
  if (!ended_changed_.wait_until(lock, deadline, [&] { return ended_; })) return false;
  lock.unlock();
  if (thread_.joinable()) thread_.join();
  return true;
}

void TaskThread::abandon() {
  abandoned_.store(true, std::memory_order_release);
  notify_abandon();
  // tidy: allow(detach): a plugin that hangs keeps its thread; nobody may wait for it
  if (thread_.joinable()) thread_.detach();
  kLog.error("Graceful stop of task {} failed.", id().to_string());
}

void TaskThread::report_startup(std::string_view version) {
  metrics_->set_state(TaskState::kRunning);
  if (!abandoned()) listener_.on_task_startup(id(), version);
}

void TaskThread::report_paused() {
  metrics_->set_state(TaskState::kPaused);
  if (!abandoned()) listener_.on_task_pause(id());
}

void TaskThread::report_resumed() {
  metrics_->set_state(TaskState::kRunning);
  if (!abandoned()) listener_.on_task_resume(id());
}

void TaskThread::note_topic(std::string_view topic) {
  if (!worker_.config->topic_tracking_enabled()) return;
  const std::int64_t now_ms = worker_.clock->monotonic_ns() / 1'000'000;
  const std::uint64_t generation = listener_.topics_generation();
  if (now_ms - noted_since_ms_ > kTopicsNotedMs || generation != noted_generation_) {
    noted_generation_ = generation;
    noted_topics_.clear();
    noted_since_ms_ = now_ms;
  }
  if (noted_topics_.emplace(topic).second && !abandoned()) listener_.on_topic_active(id(), topic);
}

void TaskThread::wait_while_paused() {
  while (pause_wanted() && !stopping()) stop_.sleep_for(std::chrono::seconds(60));
}

}  // namespace sluice::task
