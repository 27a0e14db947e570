#include "runtime/task/failure_ratio.h"

#include <algorithm>

namespace sluice::task {

FailureRatio::FailureRatio(std::int64_t window_ms, const base::Clock& clock)
    : clock_(clock),
      step_ns_(std::max<std::int64_t>(window_ms, 1) * 1'000'000 / kSteps),
      step_(clock.monotonic_ns() / step_ns_) {}

FailureRatio::Count& FailureRatio::current() {
  const std::int64_t now = clock_.monotonic_ns() / step_ns_;
  const std::int64_t passed = std::min(now - step_, kSteps);
  for (std::int64_t i = 0; i < passed; ++i) counts_[static_cast<std::size_t>((now - i) % kSteps)] = {};
  step_ = std::max(step_, now);
  return counts_[static_cast<std::size_t>(step_ % kSteps)];
}

FailureRatio::Count FailureRatio::count() {
  current();
  Count all;
  for (const Count& count : counts_) {
    all.records += count.records;
    all.failed += count.failed;
  }
  return all;
}

}  // namespace sluice::task
