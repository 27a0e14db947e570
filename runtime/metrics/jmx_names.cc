#include "runtime/metrics/jmx_names.h"

namespace sluice::metrics {
namespace {

// Strimzi's: the type without "-metrics", and without the "connect-" that the worker's groups repeat.
std::string short_group(std::string_view group) {
  constexpr std::string_view kSuffix = "_metrics";
  constexpr std::string_view kRepeated = "connect_";
  if (group.ends_with(kSuffix)) group.remove_suffix(kSuffix.size());
  if (group.starts_with(kRepeated)) group.remove_prefix(kRepeated.size());
  return std::string(group);
}

bool is_task_group(std::string_view group) {
  return group == "connector_task_metrics" || group == "source_task_metrics" || group == "sink_task_metrics" ||
         group == "task_error_metrics";
}

std::string joined(std::string_view group, std::string_view metric) {
  std::string name = "kafka_connect_";
  if (!group.empty()) name.append(group).append("_");
  return name.append(metric);
}

}  // namespace

std::vector<std::string> jmx_number_names(std::string_view group, std::string_view metric) {
  std::vector<std::string> names;
  if (group.ends_with("_metrics")) names.push_back(joined(short_group(group), metric));
  // The groups of a task have no metric in common: guides leave the group out.
  if (is_task_group(group)) names.push_back(joined("", metric));
  return names;
}

std::vector<std::string> jmx_text_names(std::string_view group, std::string_view metric) {
  std::vector<std::string> names;
  if (!group.ends_with("_metrics")) return names;
  names.push_back(joined(short_group(group), metric));
  if (group == "connector_task_metrics") names.push_back(joined("task", metric));
  if (group == "connector_metrics") names.push_back("kafka_connect_connector_metrics");  // Confluent's
  return names;
}

}  // namespace sluice::metrics
