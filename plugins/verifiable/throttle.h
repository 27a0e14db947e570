#pragma once
// Spreads records over time, as Kafka's ThroughputThrottler: a negative rate does not hold back, a rate of 0 lets
// nothing pass.

#include <chrono>
#include <cstdint>

namespace verifiable {

class Throttle {
 public:
  explicit Throttle(std::int64_t per_second = -1) : per_second_(per_second), begun_(std::chrono::steady_clock::now()) {}

  // How many records may follow the `done` ones now, at most `wanted`.
  std::int64_t allowed(std::int64_t done, std::int64_t wanted) const;
  // How long until one more is due, at most half a second.
  std::chrono::milliseconds wait(std::int64_t done) const;

 private:
  std::int64_t per_second_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace verifiable
