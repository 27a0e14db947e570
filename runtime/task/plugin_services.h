#pragma once
// What every connector and task instance gets from the worker: logging, metrics, schemas, stored offsets, stop. The
// runners add what is theirs.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"
#include "runtime/metrics/registry.h"
#include "runtime/plugin/host_services.h"
#include "runtime/store/offset_store.h"
#include "runtime/task/progress.h"
#include "runtime/task/stop_signal.h"

namespace sluice::task {

class PluginServices : public plugin::BasicHostServices {
 public:
  // `metrics_group`: where the component's own metrics go. `offsets` may be null: then none are stored.
  PluginServices(std::string connector, std::string logger_name, std::shared_ptr<metrics::Group> metrics_group,
                 store::OffsetStore* offsets, StopSignal& stop);

  // Where the calls into the plugin are noted; before there is an instance.
  void track(std::shared_ptr<TaskProgress> progress) { progress_ = std::move(progress); }
  void entered(plugin::Callback callback) override {
    if (progress_ != nullptr) progress_->entered(callback);
  }
  void left() override {
    if (progress_ != nullptr) progress_->left();
  }
  bool serves(Extension extension) const override {
    return extension == Extension::kOffsetReader && offsets_ != nullptr;
  }
  bool log_enabled(base::LogLevel level) override { return logger_.enabled(level); }
  void log(base::LogLevel level, std::string_view message, std::span<const sluice_kv> fields) override;
  std::uint32_t define_metric(MetricKind kind, std::string_view name, std::string_view unit,
                              std::string_view help) override;
  void update_metric(std::uint32_t id, double value) override;
  base::Result<const sluice_schema*> intern(const sluice_schema& description) override;
  base::Status read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) override;
  bool is_stopping() override { return stop_.requested(); }
  int stop_fd() override { return stop_.fd(); }
  bool sleep(std::int64_t timeout_ms) override { return stop_.sleep_for(std::chrono::milliseconds(timeout_ms)); }
  bool is_task_thread() override { return std::this_thread::get_id() == owner_.load(); }
  bool is_control_thread() override { return false; }

  void set_owner_thread() { owner_ = std::this_thread::get_id(); }
  data::SchemaPool& schemas() { return schemas_; }

 protected:
  StopSignal& stop_;

 private:
  static constexpr std::size_t kMetricsMax = 256;
  static constexpr std::chrono::seconds kOffsetReadTimeout{60};
  struct Metric {
    metrics::Counter* counter = nullptr;
    metrics::Gauge* gauge = nullptr;
    metrics::WindowedStat* window = nullptr;
  };

  const std::string connector_;
  const base::Logger logger_;
  const std::shared_ptr<metrics::Group> metrics_group_;
  store::OffsetStore* const offsets_;
  std::shared_ptr<TaskProgress> progress_;
  std::atomic<std::thread::id> owner_;
  data::SchemaPool schemas_;
  data::Arena offset_arena_;     // of the last read_offsets
  std::vector<Metric> metrics_;  // id - 1; frozen when the instance has started
};

}  // namespace sluice::task
