#pragma once
// Kafka's sliding windows: averages and maxima over the last N samples of T milliseconds, and rates over the same span.

#include <atomic>
#include <cstdint>
#include <deque>

#include "runtime/base/clock.h"
#include "runtime/metrics/registry.h"

namespace sluice::metrics {

struct WindowConfig {
  std::int64_t sample_ms = 30000;
  int samples = 2;
};

// As Kafka's SampledStat: observations go into the current sample; a sample that is old is reused; one that has left
// the whole window no longer counts. One thread observes, any may look; a look in the middle of an update may miss it.
class SampledStat final : public WindowedStat {
 public:
  SampledStat(WindowConfig config, const base::Clock& clock);

  void observe(double value) override;

  // NaN while the window holds no observation. [any]
  double max() const;
  double average() const;

 private:
  struct Sample {
    std::atomic<std::int64_t> begun_ms{0};
    std::atomic<std::int64_t> count{0};
    std::atomic<double> sum{0};
    std::atomic<double> max{0};
  };
  std::int64_t now_ms() const { return clock_.monotonic_ns() / 1'000'000; }
  bool counts(const Sample& sample, std::int64_t now) const;

  const WindowConfig config_;
  const base::Clock& clock_;
  std::deque<Sample> samples_;
  std::size_t current_ = 0;  // [owner]
};

// The rate of a counter, made from what it was when somebody last looked. Nothing happens between looks, so the span is
// the window only if looks are more frequent than the window; otherwise it reaches back to the last look.
class CounterRate {
 public:
  CounterRate(const Counter& counter, WindowConfig config, const base::Clock& clock);

  // Per second; takes a note for the next look. Call with one lock held (see Group).
  double look();

 private:
  struct Note {
    std::int64_t at_ms;
    double value;
  };
  const Counter& counter_;
  const WindowConfig config_;
  const base::Clock& clock_;
  std::deque<Note> notes_;  // oldest first
};

}  // namespace sluice::metrics
