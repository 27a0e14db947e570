#include "runtime/herder/task_watch.h"

#include <utility>

#include "runtime/base/log.h"

namespace sluice::herder {
namespace {

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.Worker"};
  return log;
}

base::Error hang_error(const base::TaskId& id, plugin::Callback callback, std::int64_t age_ms, std::int64_t limit_ms) {
  return {base::Code::kTimeout, base::exceptions::kConnect,
          fmt::format("{}() of the plugin of {} has not returned for {} ms; it may for {} ms "
                      "(sluice.task.hang.timeout.ms)",
                      plugin::callback_name(callback), part_name(id), age_ms, limit_ms)};
}

}  // namespace

TaskWatch::TaskWatch(const HealthBook& health, StatusBook& statuses, const base::Clock& clock,
                     std::chrono::milliseconds hang_timeout, Events events)
    : health_(health),
      statuses_(statuses),
      clock_(clock),
      hang_timeout_ms_(hang_timeout.count()),
      events_(std::move(events)) {}

void TaskWatch::check() {
  const auto watched = health_.watched();
  for (const auto& [id, progress] : watched) look_at(id, progress);
  const auto gone = [&](const auto& entry) {
    for (const auto& [id, progress] : watched)
      if (id == entry.first) return false;
    return true;
  };
  std::erase_if(hung_, gone);
  std::erase_if(dead_, gone);
}

void TaskWatch::look_at(const base::TaskId& id, const HealthBook::Progress& progress) {
  const auto now = progress->snapshot();
  if (const auto found = hung_.find(id); found != hung_.end()) {
    if (found->second.progress != progress || back(id, found->second, now)) hung_.erase(found);
    return;
  }
  if (now.phase == task::Phase::kEnded && !now.told && std::exchange(dead_[id], progress) != progress) {
    const base::Error error(base::Code::kBug, base::exceptions::kConnect, "The task's thread ended without a word");
    logger().error("The thread of {} has ended without a word", part_name(id));
    put(id, state::kFailed, error.trace());
    events_.failed(id, error);
    return;
  }
  hangs(id, progress, now);
}

void TaskWatch::hangs(const base::TaskId& id, const HealthBook::Progress& progress, const task::ProgressSnapshot& now) {
  if (hang_timeout_ms_ == 0 || now.callback == plugin::Callback::kNone) return;
  const std::int64_t age_ms = clock_.monotonic_ns() / 1'000'000 - now.callback_since_ms;
  const auto state = state_of(id);
  // A task that has failed already only cleans up.
  if (age_ms < hang_timeout_ms_ || now.told || (state && state->state == state::kFailed)) return;
  const base::Error error = hang_error(id, now.callback, age_ms, hang_timeout_ms_);
  logger().error("{}", error.message());
  hung_[id] = {progress, now.callback, now.callback_since_ms, state ? state->state : std::string(state::kUnassigned)};
  put(id, state::kFailed, error.trace());
  events_.failed(id, error);
}

bool TaskWatch::back(const base::TaskId& id, const Hung& hung, const task::ProgressSnapshot& now) {
  if (now.callback == hung.callback && now.callback_since_ms == hung.since_ms) return false;
  if (now.told) return true;  // it has failed, or ended, by its own account
  // A start tells its outcome itself.
  if (hung.callback == plugin::Callback::kCreate || hung.callback == plugin::Callback::kStart) return true;
  logger().warn("{} came back from {}()", part_name(id), plugin::callback_name(hung.callback));
  // It may have been paused meanwhile, and tells so when it gets there.
  const bool paused = id.task >= 0 && now.phase == task::Phase::kPaused;
  put(id, paused ? std::string(state::kPaused) : hung.state, {});
  events_.came_back(id);
  return true;
}

std::optional<StateInfo> TaskWatch::state_of(const base::TaskId& id) const {
  if (id.task < 0) {
    const auto status = statuses_.connector(id.connector);
    return status ? std::optional(status->connector) : std::nullopt;
  }
  const auto status = statuses_.task(id);
  return status ? std::optional(status->state) : std::nullopt;
}

void TaskWatch::put(const base::TaskId& id, std::string_view state, std::string trace) {
  if (id.task < 0)
    statuses_.put_connector(id.connector, state, std::move(trace));
  else
    statuses_.put_task(id, state, std::move(trace));
}

}  // namespace sluice::herder
