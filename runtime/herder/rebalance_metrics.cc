#include "runtime/herder/rebalance_metrics.h"

#include <limits>
#include <utility>

namespace sluice::herder {

RebalanceMetrics::RebalanceMetrics(metrics::Registry* registry, const base::Clock& clock)
    : clock_(clock), state_(std::make_shared<State>()) {
  if (registry == nullptr) return;
  worker_ = registry->group("connect-worker-rebalance-metrics", {});
  coordinator_ = registry->group("connect-coordinator-metrics", {});
  const auto number = [state = state_](double (*of)(const State&)) {
    return [state, of] {
      std::lock_guard lock(state->mutex);
      return of(*state);
    };
  };
  const auto since = [state = state_, clock = &clock_](double unit_ns) {
    return [state, clock, unit_ns] {
      std::lock_guard lock(state->mutex);
      if (state->completed_ns < 0) return std::numeric_limits<double>::infinity();
      return static_cast<double>(clock->monotonic_ns() - state->completed_ns) / unit_ns;
    };
  };
  const auto text = [state = state_](std::string Round::*member) {
    return [state, member] {
      std::lock_guard lock(state->mutex);
      return state->round.*member;
    };
  };
  worker_->text("connect-protocol", text(&Round::protocol));
  worker_->text("leader-name", text(&Round::leader_url));
  worker_->value("epoch", number([](const State& s) { return static_cast<double>(s.round.generation); }));
  worker_->value("completed-rebalances-total", number([](const State& s) { return s.rounds; }));
  worker_->value("rebalancing", number([](const State& s) { return s.began_ns >= 0 ? 1.0 : 0.0; }));
  worker_->value("time-since-last-rebalance-ms", since(1e6));
  time_ = &worker_->max_and_avg("rebalance-max-time-ms", "rebalance-avg-time-ms");
  coordinator_->value("assigned-connectors",
                      number([](const State& s) { return static_cast<double>(s.round.connectors); }));
  coordinator_->value("assigned-tasks", number([](const State& s) { return static_cast<double>(s.round.tasks); }));
  coordinator_->value("rebalance-total", number([](const State& s) { return s.rounds; }));
  coordinator_->value("rebalance-latency-total", number([](const State& s) { return s.total_ms; }));
  coordinator_->value("last-rebalance-seconds-ago", since(1e9));
  latency_ = &coordinator_->max_and_avg("rebalance-latency-max", "rebalance-latency-avg");
}

void RebalanceMetrics::began() {
  std::lock_guard lock(state_->mutex);
  if (state_->began_ns < 0) state_->began_ns = clock_.monotonic_ns();
}

void RebalanceMetrics::completed(Round round) {
  double took_ms = 0;
  {
    std::lock_guard lock(state_->mutex);
    const std::int64_t now = clock_.monotonic_ns();
    if (state_->began_ns >= 0) took_ms = static_cast<double>(now - state_->began_ns) / 1e6;
    state_->began_ns = -1;
    state_->completed_ns = now;
    state_->rounds += 1;
    state_->total_ms += took_ms;
    state_->round = std::move(round);
  }
  if (time_ == nullptr) return;
  time_->observe(took_ms);
  latency_->observe(took_ms);
}

}  // namespace sluice::herder
