#pragma once
// Time as a dependency: production passes system_clock(), tests a ManualClock. Units are milliseconds unless a name
// says otherwise.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sluice::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() const = 0;        // wall time since the Unix epoch
  virtual std::int64_t monotonic_ns() const = 0;  // never goes back; origin unspecified
};

const Clock& system_clock();

class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t start_ms = 0) : now_ns_(start_ms * 1'000'000) {}
  std::int64_t now_ms() const override { return now_ns_.load() / 1'000'000; }
  std::int64_t monotonic_ns() const override { return now_ns_.load(); }
  void advance(std::chrono::nanoseconds by) { now_ns_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ns_;
};

}  // namespace sluice::base
