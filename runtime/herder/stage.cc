#include "runtime/herder/stage.h"

#include <fmt/chrono.h>

#include <chrono>

namespace sluice::herder {

std::string iso_instant(std::int64_t epoch_ms) {
  const std::int64_t seconds = epoch_ms >= 0 ? epoch_ms / 1000 : (epoch_ms - 999) / 1000;
  const std::string whole = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
  const std::int64_t millis = epoch_ms - seconds * 1000;
  return millis == 0 ? whole + "Z" : fmt::format("{}.{:03}Z", whole, millis);
}

void StageTracker::begin(std::string description) {
  const std::int64_t now = clock_.now_ms();
  std::lock_guard lock(mutex_);
  stage_ = Stage{std::move(description), now, std::nullopt};
}

void StageTracker::end() {
  const std::int64_t now = clock_.now_ms();
  std::lock_guard lock(mutex_);
  if (stage_ && !stage_->completed_ms) stage_->completed_ms = now;
}

std::optional<std::string> StageTracker::summary() const {
  std::lock_guard lock(mutex_);
  if (!stage_) return std::nullopt;
  if (!stage_->completed_ms)
    return fmt::format("The worker is currently {}, which began at {}.", stage_->description,
                       iso_instant(stage_->started_ms));
  return fmt::format("The last operation the worker completed was {}, which began at {} and completed at {}.",
                     stage_->description, iso_instant(stage_->started_ms), iso_instant(*stage_->completed_ms));
}

}  // namespace sluice::herder
