#pragma once
// The names under which others know Kafka Connect's metrics: what the JMX exporter makes of them with the
// configurations in wide use (Strimzi's, Confluent's, and the short ones of many guides). Dashboards and alert rules
// are written against these. Mapping: docs/metrics.md.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::metrics {

// Other full names of a number: `group` and `metric` in Prometheus' alphabet ("source_task_metrics",
// "source_record_poll_rate"). Never the native name.
std::vector<std::string> jmx_number_names(std::string_view group, std::string_view metric);
// Names of series of value 1 that carry a text ("status") as a label of that name.
std::vector<std::string> jmx_text_names(std::string_view group, std::string_view metric);

}  // namespace sluice::metrics
