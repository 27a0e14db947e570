#include "runtime/config/connector_extensions.h"

#include <algorithm>

#include "runtime/config/isolation_config.h"

namespace sluice::config {
namespace {

std::vector<ConfigKey> dead_letter_keys() {
  return {
      optional_key("sluice.errors.deadletterqueue.max.ratio", Type::kDouble, Value(1.0), Importance::kMedium,
                   "The share of records (0 to 1) that may go to the dead-letter queue: when more than that of the "
                   "records of the last sluice.errors.deadletterqueue.window.ms have failed, the task fails. 1: no "
                   "limit.")
          .checked_by(between(0.0, 1.0))
          .in_group("Error Handling", 9, Width::kShort, "Dead Letter Queue Maximum Ratio"),
      optional_key("sluice.errors.deadletterqueue.window.ms", Type::kLong, 60000, Importance::kLow,
                   "The time over which sluice.errors.deadletterqueue.max.ratio is judged, in milliseconds.")
          .checked_by(between(std::int64_t{1000}, std::int64_t{86'400'000}))
          .in_group("Error Handling", 10, Width::kMedium, "Dead Letter Queue Ratio Window"),
      optional_key("sluice.errors.deadletterqueue.min.records", Type::kLong, 100, Importance::kLow,
                   "sluice.errors.deadletterqueue.max.ratio is not judged while fewer records than these came in the "
                   "window.")
          .checked_by(at_least(1))
          .in_group("Error Handling", 11, Width::kMedium, "Dead Letter Queue Ratio Minimum Records"),
  };
}

Validator zero_or_at_least(std::int64_t min) {
  return Validator(
      [inner = at_least(min)](std::string_view name, const Value& value) {
        const auto* number = std::get_if<std::int64_t>(&value);
        return number != nullptr && *number == 0 ? base::Status() : inner.check(name, value);
      },
      fmt::format("0 or at least {}", min));
}

ConfigKey rate_key(std::string name, int order, const char* documentation, const char* display) {
  return optional_key(std::move(name), Type::kDouble, Value(0.0), Importance::kMedium, documentation)
      .checked_by(between(0.0, 1e15))
      .in_group("Limits", order, Width::kMedium, display);
}

std::vector<ConfigKey> rate_keys() {
  return {
      rate_key("sluice.rate.records.per.second", 1,
               "How many records a second the connector moves at most, shared equally among its tasks. 0: no limit. "
               "Running tasks follow a change.",
               "Records per Second"),
      rate_key("sluice.rate.bytes.per.second", 2,
               "How many bytes of keys and values a second the connector moves at most, as they are in Kafka, shared "
               "equally among its tasks. 0: no limit. Running tasks follow a change.",
               "Bytes per Second"),
      rate_key("sluice.rate.task.records.per.second", 3,
               "How many records a second each task moves at most. 0: no limit. Running tasks follow a change.",
               "Records per Second and Task"),
      rate_key("sluice.rate.task.bytes.per.second", 4,
               "How many bytes of keys and values a second each task moves at most, as they are in Kafka. 0: no limit. "
               "Running tasks follow a change.",
               "Bytes per Second and Task"),
  };
}

std::vector<ConfigKey> queue_keys() {
  return {optional_key("sluice.task.queue.bytes.max", Type::kLong, 0, Importance::kMedium,
                       "How many bytes each task may hold between its connector and Kafka, beside what it works on. 0: "
                       "the defaults of sources and consumers. At least 1048576, and better twice the largest record.")
              .checked_by(zero_or_at_least(1'048'576))
              .in_group("Limits", 5, Width::kMedium, "Queue Bytes per Task")};
}

bool is_live(const ConfigMap::Entry& entry) {
  return entry.first.starts_with(kLiveKeyPrefix);
}

}  // namespace

bool same_but_live_keys(const ConfigMap& a, const ConfigMap& b) {
  const auto others = [](const ConfigMap& map) {
    return static_cast<std::ptrdiff_t>(map.size()) - std::count_if(map.begin(), map.end(), is_live);
  };
  if (others(a) != others(b)) return false;
  return std::all_of(a.begin(), a.end(), [&](const ConfigMap::Entry& entry) {
    if (is_live(entry)) return true;
    const auto* const text = b.find(entry.first);
    return text != nullptr && *text == entry.second;
  });
}

bool same_but_live_keys(const std::vector<ConfigMap>& a, const std::vector<ConfigMap>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ConfigMap& x, const ConfigMap& y) { return same_but_live_keys(x, y); });
}

std::vector<ConfigKey> extension_keys(ConnectorKind kind, const ComponentCatalog& catalog) {
  std::vector<ConfigKey> keys;
  if (kind == ConnectorKind::kSource) {
    const ConfigDef sink = sink_config_def(catalog);
    for (const ConfigKey& key : sink.keys())
      if (key.name.starts_with("errors.deadletterqueue.")) keys.push_back(key);
  }
  for (ConfigKey& key : dead_letter_keys()) keys.push_back(std::move(key));
  for (ConfigKey& key : isolation_keys()) keys.push_back(std::move(key));
  for (ConfigKey& key : rate_keys()) keys.push_back(std::move(key));
  for (ConfigKey& key : queue_keys()) keys.push_back(std::move(key));
  return keys;
}

}  // namespace sluice::config
