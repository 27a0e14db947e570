#pragma once
// How many of a task's records have failed over a sliding window: whether a dead-letter queue takes the odd bad record
// or is being filled. The window moves in steps of a tenth. One thread.

#include <array>
#include <cstdint>

#include "runtime/base/clock.h"

namespace sluice::task {

class FailureRatio {
 public:
  struct Count {
    std::int64_t records = 0;
    std::int64_t failed = 0;
  };

  FailureRatio(std::int64_t window_ms, const base::Clock& clock);

  // Records come before their failures are told of, a batch at once.
  void came(std::int64_t records) { current().records += records; }
  void failed() { ++current().failed; }
  Count count();

 private:
  static constexpr std::int64_t kSteps = 10;
  Count& current();  // drops what has left the window

  const base::Clock& clock_;
  const std::int64_t step_ns_;
  std::int64_t step_;  // of `counts_[step_ % kSteps]`
  std::array<Count, kSteps> counts_{};
};

}  // namespace sluice::task
