#include "runtime/task/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace sluice::task {
namespace {

constexpr double kBurstSeconds = 0.1;     // what may be saved
constexpr double kPortionSeconds = 0.01;  // waiting for less would be all waking up
constexpr std::size_t kRecordsMax = 1'000'000;

}  // namespace

double TokenBucket::most() const {
  return std::max(1.0, rate_ * kBurstSeconds);
}

void TokenBucket::set_rate(double per_second, std::int64_t now_ns) {
  const double kept = limited() ? balance(now_ns) : 0;
  rate_ = std::max(per_second, 0.0);
  balance_ = std::min(kept, most());
  then_ns_ = now_ns;
}

double TokenBucket::balance(std::int64_t now_ns) {
  balance_ = std::min(most(), balance_ + rate_ * static_cast<double>(now_ns - then_ns_) / 1e9);
  then_ns_ = now_ns;
  return balance_;
}

std::int64_t TokenBucket::wait_ns(std::int64_t now_ns) {
  if (!limited()) return 0;
  const double wanted = std::max(1.0, rate_ * kPortionSeconds);
  const double missing = wanted - balance(now_ns);
  return missing <= 0 ? 0 : static_cast<std::int64_t>(std::ceil(missing / rate_ * 1e9));
}

void RateLimiter::set_limits(const RateLimits& limits) {
  std::lock_guard lock(mutex_);
  wanted_ = limits;
  version_.fetch_add(1);
}

void RateLimiter::apply() {
  RateLimits limits;
  {
    std::lock_guard lock(mutex_);
    limits = wanted_;
    seen_ = version_.load();
  }
  const std::int64_t now = clock_.monotonic_ns();
  records_.set_rate(limits.records, now);
  bytes_.set_rate(limits.bytes, now);
  limited_ = limits.any();
}

std::int64_t RateLimiter::wait_ns() {
  const std::int64_t now = clock_.monotonic_ns();
  return std::max(records_.wait_ns(now), bytes_.wait_ns(now));
}

std::size_t RateLimiter::records_max() {
  const std::int64_t now = clock_.monotonic_ns();
  double most = static_cast<double>(kRecordsMax);
  if (records_.limited()) most = std::min(most, records_.balance(now));
  // The first record tells how large they are.
  if (bytes_.limited()) most = std::min(most, record_bytes_ > 0 ? bytes_.balance(now) / record_bytes_ : 1);
  return static_cast<std::size_t>(std::max(most, 1.0));
}

void RateLimiter::took(std::size_t records, std::size_t bytes) {
  if (records == 0) return;
  if (records_.limited()) records_.take(static_cast<double>(records));
  if (!bytes_.limited()) return;
  bytes_.take(static_cast<double>(bytes));
  const double size = std::max(1.0, static_cast<double>(bytes) / static_cast<double>(records));
  record_bytes_ = record_bytes_ > 0 ? record_bytes_ * 0.75 + size * 0.25 : size;
}

}  // namespace sluice::task
