#pragma once
// The keys that the framework itself gives every connector (spec connect-runtime.md section 3.1): their definitions,
// the enrichment by transforms and predicates, and the typed view that tasks are built from.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/component_catalog.h"
#include "runtime/config/config_def.h"
#include "runtime/config/isolation_config.h"

namespace sluice::config {

enum class ConnectorKind { kSource, kSink };

// The keys themselves, without anything that depends on a given configuration. The catalog must outlive the definition.
ConfigDef common_config_def(const ComponentCatalog& catalog);
ConfigDef source_config_def(const ComponentCatalog& catalog);
ConfigDef sink_config_def(const ComponentCatalog& catalog);

// The worker's own converters (canonical names), which validate shows as defaults.
struct WorkerConverters {
  std::string key;
  std::string value;
  std::string header;
};

// source_config_def or sink_config_def as validate shows it for `props`: worker converters and plugin versions as
// defaults and recommendations, then the keys of each transform and predicate alias. Keys of an alias whose class is
// unusable are left out when `require_all` is false, as for validation; otherwise they are the error.
base::Result<ConfigDef> enriched_config_def(ConnectorKind kind, const ConfigMap& props,
                                            const WorkerConverters& converters, const ComponentCatalog& catalog,
                                            bool require_all);

// One transform of the chain, with the predicate that guards it.
struct PredicateSpec {
  std::string alias;
  std::string class_name;
  ConfigMap config;  // keys without the prefix
};
struct TransformSpec {
  std::string alias;
  std::string class_name;
  ConfigMap config;  // keys without the prefix, and without `predicate` and `negate`
  std::optional<PredicateSpec> predicate;
  bool negate = false;
};

// A converter that the connector sets itself; nothing means the worker's.
struct ConverterSpec {
  std::string class_name;
  ConfigMap config;  // keys without the prefix
};

enum class Tolerance { kNone, kAll };

// Times in milliseconds.
struct ErrorPolicyConfig {
  std::int64_t retry_timeout_ms = 0;  // 0: no retries, -1: for ever
  std::int64_t retry_delay_max_ms = 60000;
  Tolerance tolerance = Tolerance::kNone;
  bool log_errors = false;
  bool log_include_messages = false;
  // Sinks only in Connect; an empty topic means none.
  std::string dlq_topic;
  std::int16_t dlq_replication_factor = 3;
  bool dlq_context_headers = false;
  // Ours. The task fails where more than this share of the window's records have failed; 1: never.
  double dlq_ratio_max = 1;
  std::int64_t dlq_window_ms = 60'000;
  std::int64_t dlq_records_min = 100;  // in the window, before the ratio counts
};

// What a connector's configuration says to the framework. Immutable; made once when a connector or task starts.
class ConnectorConfig {
 public:
  // Parses `props` (variables already resolved), and tells base/secrets.h of the secrets in it. Error: the first
  // ConfigException, with Connect's text.
  static base::Result<ConnectorConfig> make(ConnectorKind kind, ConfigMap props, const ComponentCatalog& catalog);

  ConnectorKind kind() const { return kind_; }
  const std::string& name() const { return parsed_.string("name"); }
  const std::string& connector_class() const { return parsed_.string("connector.class"); }
  std::int32_t tasks_max() const { return parsed_.int32("tasks.max"); }
  bool tasks_max_enforced() const { return parsed_.boolean("tasks.max.enforce"); }
  bool restart_on_secret_change() const { return parsed_.string("config.action.reload") == "restart"; }
  const ErrorPolicyConfig& errors() const { return errors_; }
  const IsolationConfig& isolation() const { return isolation_; }
  std::int64_t queue_bytes_max() const { return parsed_.int64("sluice.task.queue.bytes.max"); }  // 0: the defaults
  // A second, 0: no limit. Of the connector, or of each of its tasks: "records", "bytes", "task.records", "task.bytes".
  double rate(std::string_view what) const { return parsed_.float64(fmt::format("sluice.rate.{}.per.second", what)); }
  const std::vector<TransformSpec>& transforms() const { return transforms_; }
  std::optional<ConverterSpec> converter(
      std::string_view key) const;                            // "key.converter", "value.converter", "header.converter"
  ConfigMap client_overrides(std::string_view client) const;  // "producer", "consumer" or "admin", prefix stripped

  // Sinks only.
  List topics() const;
  std::string topics_regex() const;
  // Sources only.
  bool topic_creation_configured() const;  // any key begins with "topic.creation."
  bool exactly_once_required() const;
  std::string transaction_boundary() const;  // "poll", "interval" or "connector"
  std::optional<std::int64_t> transaction_interval_ms() const;
  std::optional<std::string> offsets_topic() const;

  const ConfigMap& originals() const { return parsed_.originals(); }
  const ParsedConfig& parsed() const { return parsed_; }

 private:
  ConnectorConfig(ConnectorKind kind, ParsedConfig parsed) : kind_(kind), parsed_(std::move(parsed)) {}

  ConnectorKind kind_;
  ParsedConfig parsed_;
  ErrorPolicyConfig errors_;
  IsolationConfig isolation_;
  std::vector<TransformSpec> transforms_;
};

}  // namespace sluice::config
