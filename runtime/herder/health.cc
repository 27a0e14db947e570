#include "runtime/herder/health.h"

#include <algorithm>

#include "runtime/herder/status_book.h"

namespace sluice::herder {
namespace {

using task::Phase;

class Reasons {
 public:
  Reasons(PartHealth& part, std::int64_t now_ms) : part_(part), now_ms_(now_ms) {}
  void add(HealthLevel level, std::string code, std::string text) {
    part_.level = std::max(part_.level, level);
    part_.reasons.push_back({level, std::move(code), std::move(text)});
  }
  // Seconds since then, if it is `limit_ms` ago or more.
  std::optional<std::int64_t> longer(std::int64_t since_ms, std::int64_t limit_ms) const {
    if (since_ms < 0 || now_ms_ - since_ms < limit_ms) return std::nullopt;
    return (now_ms_ - since_ms) / 1000;
  }

 private:
  PartHealth& part_;
  const std::int64_t now_ms_;
};

std::string first_line(const std::string& trace) {
  return trace.empty() ? "no cause was told" : trace.substr(0, trace.find('\n'));
}

void judge_state(const PartHealth& part, Reasons& reasons) {
  const std::string& state = part.state.state;
  if (state == state::kFailed) {
    reasons.add(HealthLevel::kUnhealthy, "FAILED", first_line(part.state.trace));
    if (part.restart && !part.restart->refused.empty())
      reasons.add(HealthLevel::kUnhealthy, "NOT_RESTARTED", part.restart->refused);
  } else if (state == state::kUnassigned) {
    reasons.add(HealthLevel::kDegraded, "UNASSIGNED", "no worker runs it at the moment");
  } else if (state == state::kRestarting) {
    reasons.add(HealthLevel::kDegraded, "RESTARTING", "it is being restarted");
  }
}

void judge_progress(const PartHealth& part, const task::ProgressSnapshot& progress, Reasons& reasons) {
  const bool inside = progress.callback != plugin::Callback::kNone;
  const auto quiet = reasons.longer(progress.callback_since_ms, kCallbackLongMs);
  if (inside && quiet)
    reasons.add(
        HealthLevel::kDegraded, "CALLBACK_LONG",
        fmt::format("{}() of the plugin has not returned for {} s", plugin::callback_name(progress.callback), *quiet));
  const auto still = reasons.longer(std::max(progress.beat_ms, progress.callback_since_ms), kCallbackLongMs);
  const bool working = progress.phase == Phase::kRunning || progress.phase == Phase::kStarting;
  if (part.task >= 0 && !inside && still && working)
    reasons.add(HealthLevel::kDegraded, "STALLED",
                fmt::format("the task has made no step for {} s, outside of the plugin", *still));
  if (progress.phase == Phase::kEnded && part.state.state == state::kRunning)
    reasons.add(HealthLevel::kUnhealthy, "ENDED", "the task's thread has ended");
  if (const auto retrying = reasons.longer(progress.retrying_since_ms, kCallbackLongMs))
    reasons.add(HealthLevel::kDegraded, "RETRYING",
                fmt::format("the plugin has been asking for retries for {} s: {}", *retrying, progress.last_error));
  const std::int64_t heard_ms = std::max(progress.ack_ms, progress.outstanding_since_ms);
  const auto unheard = reasons.longer(heard_ms, kNoAckMs);
  if (progress.outstanding > 0 && progress.outstanding_since_ms >= 0 && unheard)
    reasons.add(HealthLevel::kDegraded, "NO_ACKNOWLEDGEMENT",
                fmt::format("Kafka has acknowledged none of {} records for {} s", progress.outstanding, *unheard));
  if (progress.commits_fail_since_ms >= 0)
    reasons.add(HealthLevel::kDegraded, "COMMITS_FAIL",
                fmt::format("no offsets could be committed for {} s",
                            reasons.longer(progress.commits_fail_since_ms, 0).value_or(0)));
}

}  // namespace

void judge(PartHealth& part, std::int64_t now_ms) {
  part.level = HealthLevel::kHealthy;
  part.reasons.clear();
  Reasons reasons(part, now_ms);
  judge_state(part, reasons);
  if (part.progress) judge_progress(part, *part.progress, reasons);
}

}  // namespace sluice::herder
