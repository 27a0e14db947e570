#include "runtime/herder/self_healing.h"

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"

namespace sluice::herder {
namespace {

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.Worker"};
  return log;
}

constexpr int kDoublingsMax = 30;

}  // namespace

RestartOptions restart_options(const config::WorkerConfig& worker) {
  const auto& parsed = worker.parsed();
  const auto ms = [&](const char* key) { return std::chrono::milliseconds(parsed.int64(key)); };
  return {parsed.boolean("sluice.restart.failed"), ms("sluice.restart.backoff.ms"), ms("sluice.restart.backoff.max.ms"),
          ms("sluice.restart.window.ms")};
}

bool may_heal(const base::Error& error) {
  for (const base::Error* at = &error; at != nullptr; at = at->cause()) {
    switch (at->code()) {
      case base::Code::kInvalidConfig:
      case base::Code::kUnsupported:
      case base::Code::kBadRecord:
      case base::Code::kStopping:
      case base::Code::kExists:
        return false;
      default:
        break;
    }
  }
  return true;
}

std::optional<std::int64_t> RestartBackoff::next(const RestartOptions& options, std::int64_t now_ms, double jitter) {
  const std::int64_t longest = options.backoff_max.count();
  const std::int64_t ran_since = std::exchange(running_since_ms_, -1);
  if (ran_since >= 0 && now_ms - ran_since >= longest) {
    count_ = 0;
    first_ms_ = -1;
  }
  if (first_ms_ < 0) first_ms_ = now_ms;
  if (now_ms - first_ms_ > options.window.count()) return std::nullopt;
  const auto doublings = static_cast<int>(std::min<std::uint64_t>(count_, kDoublingsMax));
  ++count_;
  const std::int64_t first = std::min(options.backoff.count(), longest);
  const std::int64_t delay = first > (longest >> doublings) ? longest : first << doublings;
  return delay + static_cast<std::int64_t>(static_cast<double>(delay) * (jitter - 0.5) * 0.4);
}

SelfHealing::SelfHealing(RestartOptions options, std::shared_ptr<CommandLoop> loop, const base::Clock& clock,
                         HealthBook& health, metrics::Registry* registry, Restart restart)
    : options_(options),
      loop_(std::move(loop)),
      clock_(clock),
      health_(health),
      registry_(registry),
      restart_(std::move(restart)) {}

void SelfHealing::failed(const base::TaskId& id, const base::Error& error) {
  if (!options_.enabled) return;
  Part& part = parts_[id];
  const std::uint64_t number = part.number = ++last_number_;
  if (!may_heal(error))
    return refuse(id, part, "it is not restarted by itself: it would fail again for the same reason");
  const auto delay = part.backoff.next(options_, now_ms(), std::uniform_real_distribution<double>(0.0, 1.0)(random_));
  if (!delay)
    return refuse(id, part,
                  fmt::format("it is not restarted by itself any more: it has kept failing for longer than "
                              "sluice.restart.window.ms, {} ms",
                              options_.window.count()));
  logger().warn("Restarting {} in {} ms, for the {}. time, after it failed: {}", part_name(id), *delay,
                part.backoff.count(), error.to_string());
  health_.set_restart(id, {part.backoff.count(), clock_.now_ms() + *delay, {}});
  loop_->after(std::chrono::milliseconds(*delay),
               [this, id, number, cause = error.to_string()] { restart(id, number, cause); });
}

void SelfHealing::restart(const base::TaskId& id, std::uint64_t number, const std::string& cause) {
  const auto part = parts_.find(id);
  if (part == parts_.end() || part->second.number != number) return;
  const std::uint64_t times = part->second.backoff.count();
  health_.set_restart(id, {times, std::nullopt, {}});
  if (!restart_(id)) return;
  count(id, part->second);
  health_.note(id, "RESTARTING", "", fmt::format("restarted by itself, for the {}. time, after: {}", times, cause));
}

void SelfHealing::running(const base::TaskId& id) {
  const auto part = parts_.find(id);
  if (part == parts_.end()) return;
  part->second.number = ++last_number_;
  part->second.backoff.running(now_ms());
  health_.set_restart(id, {part->second.backoff.count(), std::nullopt, {}});
}

void SelfHealing::forget(const std::string& connector) {
  std::erase_if(parts_, [&](const auto& entry) { return entry.first.connector == connector; });
}

void SelfHealing::refuse(const base::TaskId& id, const Part& part, std::string why) {
  logger().error("{}: {}", part_name(id), why);
  health_.set_restart(id, {part.backoff.count(), std::nullopt, std::move(why)});
}

void SelfHealing::count(const base::TaskId& id, Part& part) {
  if (part.restarts == nullptr) {
    if (registry_ == nullptr) return;
    metrics::Tags tags{{"connector", id.connector}};
    if (id.task >= 0) tags.emplace_back("task", std::to_string(id.task));
    part.group = registry_->group("self-healing-metrics", std::move(tags));
    part.restarts = &part.group->counter("restart-total");
  }
  part.restarts->add();
}

}  // namespace sluice::herder
