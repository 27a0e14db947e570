#pragma once
// What is being done right now, in words, for the answers to requests that took too long (spec connect-runtime.md
// section 1.1).

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/base/clock.h"

namespace sluice::herder {

// A point in time as Java's Instant prints it: "2024-10-25T10:15:30.123Z", without a fraction that is zero.
std::string iso_instant(std::int64_t epoch_ms);

// Thread-safe.
class StageTracker {
 public:
  explicit StageTracker(const base::Clock& clock) : clock_(clock) {}
  StageTracker(const StageTracker&) = delete;
  StageTracker& operator=(const StageTracker&) = delete;

  void begin(std::string description);  // ends the one before
  void end();
  // "The worker is currently X, which began at T." or "The last operation the worker completed was X, ..."; nothing
  // before the first stage.
  std::optional<std::string> summary() const;

 private:
  struct Stage {
    std::string description;
    std::int64_t started_ms = 0;
    std::optional<std::int64_t> completed_ms;
  };
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<Stage> stage_;
};

}  // namespace sluice::herder
