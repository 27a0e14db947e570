#include "runtime/task/plugin_services.h"

#include <utility>

#include "runtime/store/offset_codec.h"

namespace sluice::task {

PluginServices::PluginServices(std::string connector, std::string logger_name,
                               std::shared_ptr<metrics::Group> metrics_group, store::OffsetStore* offsets,
                               StopSignal& stop)
    : stop_(stop),
      connector_(std::move(connector)),
      logger_(logger_name),
      metrics_group_(std::move(metrics_group)),
      offsets_(offsets) {
  metrics_.reserve(kMetricsMax);  // ids are read on other threads: the vector never moves
}

void PluginServices::log(base::LogLevel level, std::string_view message, std::span<const sluice_kv> fields) {
  if (!logger_.enabled(level)) return;
  std::string text(message);
  for (const sluice_kv& field : fields) text.append(" ").append(view(field.key)).append("=").append(view(field.value));
  logger_.write(level, text);
}

std::uint32_t PluginServices::define_metric(MetricKind kind, std::string_view name, std::string_view,
                                            std::string_view) {
  if (metrics_.size() >= kMetricsMax || metrics_group_ == nullptr) return 0;
  Metric metric;
  switch (kind) {
    case MetricKind::kCounter:
      metric.counter = &metrics_group_->counter(name);
      break;
    case MetricKind::kGauge:
      metric.gauge = &metrics_group_->gauge(name);
      break;
    case MetricKind::kHistogram:
      metric.window = &metrics_group_->max_and_avg(std::string(name) + "-max", std::string(name) + "-avg");
      break;
  }
  metrics_.push_back(metric);
  return static_cast<std::uint32_t>(metrics_.size());
}

void PluginServices::update_metric(std::uint32_t id, double value) {
  if (id == 0 || id > metrics_.size()) return;
  const Metric& metric = metrics_[id - 1];
  if (metric.counter != nullptr)
    metric.counter->add(value);
  else if (metric.gauge != nullptr)
    metric.gauge->set(value);
  else
    metric.window->observe(value);
}

base::Result<const sluice_schema*> PluginServices::intern(const sluice_schema& description) {
  SLUICE_TRY_ASSIGN(const Schema* schema, schemas_.intern(description));
  return schema;
}

base::Status PluginServices::read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) {
  if (offsets_ == nullptr) return BasicHostServices::read_offsets(partitions, offsets);
  std::vector<std::string> keys;
  keys.reserve(partitions.size());
  for (const sluice_value& partition : partitions) {
    SLUICE_TRY_ASSIGN(std::string key, store::offset_key(connector_, partition));
    keys.push_back(std::move(key));
  }
  auto stored = offsets_->get(keys, std::chrono::steady_clock::now() + kOffsetReadTimeout);
  if (!stored) {
    return base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect, "Failed to fetch offsets.")
                          .with_cause(std::move(stored).error()));
  }
  offset_arena_.reset();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    offsets[i] = Value::null();
    if (!(*stored)[i]) continue;
    SLUICE_TRY_ASSIGN(offsets[i], store::parse_offset_value(*(*stored)[i], offset_arena_.c()));
  }
  return {};
}

}  // namespace sluice::task
