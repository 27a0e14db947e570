#pragma once
// A host for one instance in a test.

#include <atomic>

#include "runtime/data/schema.h"
#include "runtime/plugin/host_services.h"

namespace sluice::plugin {

class TestServices final : public BasicHostServices {
 public:
  void request_stop() { stopping_ = true; }

  bool serves(Extension extension) const override { return extension == Extension::kOffsetReader; }
  bool log_enabled(base::LogLevel) override { return true; }
  void log(base::LogLevel, std::string_view message, std::span<const sluice_kv>) override {
    logged.emplace_back(message);
  }
  std::uint32_t define_metric(MetricKind, std::string_view, std::string_view, std::string_view) override { return 1; }
  void update_metric(std::uint32_t, double value) override { metric = value; }
  base::Result<const sluice_schema*> intern(const sluice_schema& description) override {
    SLUICE_TRY_ASSIGN(const Schema* schema, pool.intern(description));
    return schema;
  }
  base::Status read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) override {
    for (std::size_t i = 0; i < partitions.size(); ++i) offsets[i] = stored;
    return {};
  }
  bool is_stopping() override { return stopping_; }
  int stop_fd() override { return -1; }
  bool sleep(std::int64_t) override { return stopping_; }
  bool is_task_thread() override { return true; }
  bool is_control_thread() override { return true; }

  data::SchemaPool pool;
  Value stored;
  std::vector<std::string> logged;
  double metric = 0;

 private:
  std::atomic<bool> stopping_{false};
};

}  // namespace sluice::plugin
