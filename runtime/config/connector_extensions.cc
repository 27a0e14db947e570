#include "runtime/config/connector_extensions.h"

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

}  // namespace

std::vector<ConfigKey> extension_keys(ConnectorKind kind, const ComponentCatalog& catalog) {
  std::vector<ConfigKey> keys;
  if (kind == ConnectorKind::kSource) {
    const ConfigDef sink = sink_config_def(catalog);
    for (const ConfigKey& key : sink.keys())
      if (key.name.starts_with("errors.deadletterqueue.")) keys.push_back(key);
  }
  for (ConfigKey& key : dead_letter_keys()) keys.push_back(std::move(key));
  for (ConfigKey& key : isolation_keys()) keys.push_back(std::move(key));
  return keys;
}

}  // namespace sluice::config
