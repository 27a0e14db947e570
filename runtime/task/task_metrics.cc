#include "runtime/task/task_metrics.h"

#include <algorithm>
#include <utility>

namespace sluice::task {
namespace {

metrics::Tags tags_of(const base::TaskId& task) {
  return {{"connector", task.connector}, {"task", std::to_string(task.task)}};
}

std::string_view state_text(TaskState state) {
  switch (state) {
    case TaskState::kUnassigned:
      return "unassigned";
    case TaskState::kRunning:
      return "running";
    case TaskState::kPaused:
      return "paused";
    case TaskState::kFailed:
      return "failed";
    case TaskState::kRestarting:
      return "restarting";
    case TaskState::kDestroyed:
      return "destroyed";
  }
  return "unassigned";
}

}  // namespace

struct TaskMetrics::Shared {
  explicit Shared(const base::Clock& c) : clock(c), created_ns(c.monotonic_ns()), since_ns(created_ns) {}

  // Share of the task's life spent in `wanted`.
  double ratio(TaskState wanted) const {
    const std::int64_t now = clock.monotonic_ns();
    const std::int64_t life = now - created_ns;
    std::int64_t spent = wanted == TaskState::kRunning ? running_ns.load() : paused_ns.load();
    if (state.load() == wanted) spent += now - since_ns.load();
    return life <= 0 ? 0.0 : static_cast<double>(spent) / static_cast<double>(life);
  }
  double commit_share(bool success) const {
    const double good = commits_good.load();
    const double all = good + commits_bad.load();
    return all == 0 ? 0.0 : (success ? good : all - good) / all;
  }

  const base::Clock& clock;
  const std::int64_t created_ns;
  std::atomic<std::int64_t> since_ns;
  std::atomic<std::int64_t> running_ns{0};
  std::atomic<std::int64_t> paused_ns{0};
  std::atomic<TaskState> state{TaskState::kUnassigned};
  std::atomic<double> commits_good{0};
  std::atomic<double> commits_bad{0};
};

TaskMetrics::TaskMetrics(metrics::Registry& registry, const base::TaskId& task, const base::Clock& clock,
                         std::shared_ptr<TaskProgress> progress)
    : progress_(std::move(progress)),
      shared_(std::make_shared<Shared>(clock)),
      group_(registry.group("connector-task-metrics", tags_of(task))),
      errors_(registry.group("task-error-metrics", tags_of(task))),
      batch_size_(&group_->max_and_avg("batch-size-max", "batch-size-avg")),
      commit_time_(&group_->max_and_avg("offset-commit-max-time-ms", "offset-commit-avg-time-ms")),
      throttled_(&group_->counter("throttle-time-ms-total")) {
  // Of a task without a dead-letter queue too, as in Connect.
  for (const char* name : {"deadletterqueue-produce-requests", "deadletterqueue-produce-failures"})
    errors_->counter(name);
  group_->text("status", [shared = shared_] { return std::string(state_text(shared->state.load())); });
  group_->value("running-ratio", [shared = shared_] { return shared->ratio(TaskState::kRunning); });
  group_->value("pause-ratio", [shared = shared_] { return shared->ratio(TaskState::kPaused); });
  group_->value("offset-commit-success-percentage", [shared = shared_] { return shared->commit_share(true); });
  group_->value("offset-commit-failure-percentage", [shared = shared_] { return shared->commit_share(false); });
}

void TaskMetrics::set_state(TaskState state) {
  if (state == TaskState::kRunning) progress_->set_phase(Phase::kRunning);
  if (state == TaskState::kPaused) progress_->set_phase(Phase::kPaused);
  const std::int64_t now = shared_->clock.monotonic_ns();
  const std::int64_t spent = now - shared_->since_ns.exchange(now);
  const TaskState before = shared_->state.exchange(state);
  if (before == TaskState::kRunning) shared_->running_ns += spent;
  if (before == TaskState::kPaused) shared_->paused_ns += spent;
}

void TaskMetrics::commit_succeeded(double duration_ms) {
  progress_->committed();
  shared_->commits_good.fetch_add(1);
  commit_time_->observe(duration_ms);
}

void TaskMetrics::commit_failed() {
  progress_->commit_failed();
  shared_->commits_bad.fetch_add(1);
}

SourceMetrics::SourceMetrics(metrics::Registry& registry, const base::TaskId& task)
    : group(registry.group("source-task-metrics", tags_of(task))),
      polled(group->rate_and_total("source-record-poll")),
      written(group->rate_and_total("source-record-write")),
      poll_time(group->max_and_avg("poll-batch-max-time-ms", "poll-batch-avg-time-ms")),
      active(group->gauge("source-record-active-count")),
      active_window(group->max_and_avg("source-record-active-count-max", "source-record-active-count-avg")),
      ack_time(group->max_and_avg("ack-batch-max-time-ms", "ack-batch-avg-time-ms")),
      queue_bytes(group->gauge("queue-bytes")),
      saturation(group->gauge("queue-saturation-ratio")) {}

void SourceMetrics::queued(std::size_t bytes, std::size_t bytes_max) {
  queue_bytes.set(static_cast<double>(bytes));
  saturation.set(static_cast<double>(bytes) / static_cast<double>(bytes_max));
}

SinkMetrics::SinkMetrics(metrics::Registry& registry, const base::TaskId& task)
    : group(registry.group("sink-task-metrics", tags_of(task))),
      read(group->rate_and_total("sink-record-read")),
      sent(group->rate_and_total("sink-record-send")),
      commit_completions(group->rate_and_total("offset-commit-completion")),
      commit_skips(group->rate_and_total("offset-commit-skip")),
      partitions(group->gauge("partition-count")),
      commit_sequence(group->gauge("offset-commit-seq-no")),
      put_time(group->max_and_avg("put-batch-max-time-ms", "put-batch-avg-time-ms")),
      active(group->gauge("sink-record-active-count")),
      active_window(group->max_and_avg("sink-record-active-count-max", "sink-record-active-count-avg")),
      lag(group->gauge("sink-record-lag-max")),
      latency(group->max_and_avg("sink-record-latency-max-ms", "sink-record-latency-avg-ms")),
      put_total(group->counter("put-batch-time-ms-total")),
      queue_bytes(group->gauge("queue-bytes")) {}

void SinkMetrics::put_done(std::int64_t took_ns, std::int64_t first_timestamp_ms, std::int64_t now_ms) {
  const double took_ms = static_cast<double>(took_ns) / 1e6;
  put_time.observe(took_ms);
  put_total.add(took_ms);
  queue_bytes.set(0);
  // Clocks of different machines: a record may seem to come from the future.
  if (first_timestamp_ms >= 0)
    latency.observe(static_cast<double>(std::max<std::int64_t>(0, now_ms - first_timestamp_ms)));
}

}  // namespace sluice::task
