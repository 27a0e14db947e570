#pragma once
// Metrics of the worker under Connect's names (spec connect-runtime.md section 8), given out as Prometheus text.
//
// A group is one MBean of Connect: a group name ("source-task-metrics") and tags (connector, task). Hot code updates
// plain counters and gauges (relaxed atomics, no lock); rates, averages and maxima are made when somebody looks. A
// group's metrics disappear with it. Mapping: docs/metrics.md.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"

namespace sluice::metrics {

class Counter {
 public:
  void add(double by = 1.0) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Average and maximum of observations over Kafka's sliding window (metrics.sample.window.ms x metrics.num.samples).
class WindowedStat {
 public:
  virtual ~WindowedStat() = default;
  virtual void observe(double value) = 0;  // [owner]
};

using Tags = std::vector<std::pair<std::string, std::string>>;

// Metrics of one group. Objects returned live as long as the group. Adding is thread-safe; names within a group are
// unique.
class Group {
 public:
  virtual ~Group() = default;
  // "<name>-total", and "<name>-rate" per second over the window.
  virtual Counter& rate_and_total(std::string_view name) = 0;
  virtual Counter& counter(std::string_view name) = 0;
  virtual Gauge& gauge(std::string_view name) = 0;
  // "<name>-max" and "<name>-avg" (with "-time-ms" and the like placed as Connect does: `max_name` and `avg_name` in
  // full).
  virtual WindowedStat& max_and_avg(std::string_view max_name, std::string_view avg_name) = 0;
  // Read when somebody looks; must be thread-safe and quick.
  virtual void value(std::string_view name, std::function<double()> read) = 0;
  virtual void text(std::string_view name, std::function<std::string()> read) = 0;
};

class Registry {
 public:
  struct Options {
    std::int64_t sample_window_ms = 30000;
    int num_samples = 2;
    Tags context;            // labels on everything: kafka cluster id, group id
    bool jmx_names = false;  // under the names of jmx_names.h too
  };
  Registry(Options options, const base::Clock& clock);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // [any] A second group of the same name and tags replaces the first in the output.
  std::shared_ptr<Group> group(std::string_view name, Tags tags);
  // [any] Prometheus text exposition format 0.0.4.
  std::string prometheus_text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::metrics
