#include "runtime/metrics/windows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sluice::metrics {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

SampledStat::SampledStat(WindowConfig config, const base::Clock& clock)
    : config_(config), clock_(clock), samples_(static_cast<std::size_t>(std::max(config.samples, 1))) {
  for (Sample& sample : samples_) sample.begun_ms.store(now_ms(), kRelaxed);
}

void SampledStat::observe(double value) {
  const std::int64_t now = now_ms();
  if (now - samples_[current_].begun_ms.load(kRelaxed) >= config_.sample_ms) {
    current_ = (current_ + 1) % samples_.size();
    Sample& fresh = samples_[current_];
    fresh.count.store(0, kRelaxed);
    fresh.sum.store(0, kRelaxed);
    fresh.begun_ms.store(now, kRelaxed);
  }
  Sample& sample = samples_[current_];
  const std::int64_t count = sample.count.load(kRelaxed);
  sample.max.store(count == 0 ? value : std::max(sample.max.load(kRelaxed), value), kRelaxed);
  sample.sum.store(sample.sum.load(kRelaxed) + value, kRelaxed);
  sample.count.store(count + 1, kRelaxed);
}

bool SampledStat::counts(const Sample& sample, std::int64_t now) const {
  const std::int64_t oldest = now - config_.sample_ms * static_cast<std::int64_t>(samples_.size());
  return sample.count.load(kRelaxed) > 0 && sample.begun_ms.load(kRelaxed) > oldest;
}

double SampledStat::max() const {
  const std::int64_t now = now_ms();
  double max = std::numeric_limits<double>::quiet_NaN();
  for (const Sample& sample : samples_) {
    if (counts(sample, now)) max = std::fmax(max, sample.max.load(kRelaxed));  // fmax ignores the NaN
  }
  return max;
}

double SampledStat::average() const {
  const std::int64_t now = now_ms();
  double sum = 0;
  std::int64_t count = 0;
  for (const Sample& sample : samples_) {
    if (!counts(sample, now)) continue;
    sum += sample.sum.load(kRelaxed);
    count += sample.count.load(kRelaxed);
  }
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}

CounterRate::CounterRate(const Counter& counter, WindowConfig config, const base::Clock& clock)
    : counter_(counter), config_(config), clock_(clock) {
  notes_.push_back({clock_.monotonic_ns() / 1'000'000, counter_.value()});
}

double CounterRate::look() {
  const std::int64_t now = clock_.monotonic_ns() / 1'000'000;
  const double value = counter_.value();
  const std::int64_t window = config_.sample_ms * std::max(config_.samples, 1);
  while (notes_.size() > 1 && now - notes_[1].at_ms >= window) notes_.pop_front();
  // Kafka divides by at least all samples but the current one, so that a rate does not start with a spike.
  const std::int64_t shortest = config_.sample_ms * std::max(config_.samples - 1, 0);
  const std::int64_t elapsed = std::max<std::int64_t>({now - notes_.front().at_ms, shortest, 1});
  const double rate = (value - notes_.front().value) * 1000.0 / static_cast<double>(elapsed);
  if (now - notes_.back().at_ms >= window / 20) notes_.push_back({now, value});  // at most some 20 notes
  return rate;
}

}  // namespace sluice::metrics
