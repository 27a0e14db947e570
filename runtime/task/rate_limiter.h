#pragma once
// Limits of a task's speed, in records and bytes a second: token buckets. What has been taken is paid for afterwards,
// so that a record larger than a bucket passes and the rate holds over time; what was not used is kept for a tenth of a
// second, so that a pause is not made up for by a burst.
//
// The task's thread asks and pays; any thread may change the limits, which count from the task's next step.

#include <atomic>
#include <cstdint>
#include <mutex>

#include "runtime/base/clock.h"

namespace sluice::task {

// A second; 0: no limit.
struct RateLimits {
  double records = 0;
  double bytes = 0;
  bool any() const { return records > 0 || bytes > 0; }
  friend bool operator==(const RateLimits&, const RateLimits&) = default;
};

class TokenBucket {
 public:
  // 0: unlimited. What has been saved or is owed stays, within the bounds of the new rate.
  void set_rate(double per_second, std::int64_t now_ns);
  bool limited() const { return rate_ > 0; }
  // What may be taken now; below zero: owed.
  double balance(std::int64_t now_ns);
  void take(double amount) { balance_ -= amount; }
  // Until a sensible amount may be taken, at least one: 0 if that is now.
  std::int64_t wait_ns(std::int64_t now_ns);

 private:
  double most() const;
  double rate_ = 0;
  double balance_ = 0;
  std::int64_t then_ns_ = 0;
};

class RateLimiter {
 public:
  explicit RateLimiter(const base::Clock& clock) : clock_(clock) {}

  // [any]
  void set_limits(const RateLimits& limits);

  // [task] Cheap where nothing is limited: one relaxed load.
  bool active() {
    if (version_.load(std::memory_order_relaxed) != seen_) [[unlikely]]
      apply();
    return limited_;
  }
  // [task] Of an active limiter. How long nothing may be taken, in nanoseconds.
  std::int64_t wait_ns();
  // How many records may be taken at once, at least one; bytes are reckoned with the size of former records.
  std::size_t records_max();
  void took(std::size_t records, std::size_t bytes);

 private:
  void apply();

  const base::Clock& clock_;
  std::mutex mutex_;
  RateLimits wanted_;                      // under mutex_
  std::atomic<std::uint64_t> version_{0};  // grows with wanted_
  std::uint64_t seen_ = 0;                 // [task]
  bool limited_ = false;
  TokenBucket records_, bytes_;
  double record_bytes_ = 0;  // of one record, smoothed; 0: not known
};

}  // namespace sluice::task
