#pragma once
// The configuration of a worker (spec connect-runtime.md sections 2.1 to 2.4): a Java connect-standalone.properties or
// connect-distributed.properties starts it unchanged. Our own keys begin with `sluice.`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/client_overrides.h"
#include "runtime/config/component_catalog.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_provider.h"
#include "runtime/config/config_transformer.h"
#include "runtime/config/connector_config.h"
#include "runtime/config/listener.h"

namespace sluice::config {

enum class WorkerMode { kStandalone, kDistributed };

ConfigDef standalone_config_def();
ConfigDef distributed_config_def();

// What a worker would refuse to start with, told at once.
struct WorkerProblem {
  std::string key;   // empty: of no single key
  std::string text;  // as make() would say it
};
struct WorkerProblems {
  std::vector<WorkerProblem> errors;  // in the order in which make() would come upon them
  std::vector<std::string> warnings;
  ConfigMap resolved;  // with variables replaced as far as that is possible: may hold secrets
};

class WorkerConfig {
 public:
  // Parses a worker's properties, resolving variables by its own `config.providers`. Error: the first problem, with
  // Connect's text where Connect has one; a key that would weaken security or delivery if it were ignored is an error
  // too, and says what to write instead. `known_providers`: usually builtin_config_providers(). The converters named
  // are checked later, by check_components().
  static base::Result<WorkerConfig> make(
      WorkerMode mode, const ConfigMap& properties,
      const std::map<std::string, ConfigProviderFactory, std::less<>>& known_providers);

  // Every problem that make() could stop at, not only the first.
  static WorkerProblems find_problems(WorkerMode mode, const ConfigMap& properties,
                                      const std::map<std::string, ConfigProviderFactory, std::less<>>& known_providers);

  WorkerMode mode() const { return mode_; }
  const ParsedConfig& parsed() const { return parsed_; }
  const ConfigMap& originals() const { return parsed_.originals(); }  // variables resolved: may hold secrets
  const ConfigTransformer& transformer() const { return transformer_; }
  // One line for each key that has no meaning here, to be logged as a warning at start.
  const std::vector<std::string>& warnings() const { return warnings_; }

  std::string bootstrap_servers() const;  // joined by commas
  const List& plugin_path() const { return plugin_path_; }
  const std::vector<Listener>& listeners() const { return listeners_; }
  // Nothing: /admin on the main listeners; empty: nowhere.
  const std::optional<std::vector<Listener>>& admin_listeners() const { return admin_listeners_; }
  const std::vector<HeaderRule>& response_headers() const { return response_headers_; }
  // Whether rest.extension.classes names Connect's basic authentication, the only extension that is accepted.
  bool basic_auth() const;
  // The URL told to other workers, given the port that the first matching listener was bound to and the host it can be
  // reached at if no name is configured. Ends with a slash.
  std::string advertised_url(int bound_port, std::string_view fallback_host) const;

  std::int64_t offset_flush_interval_ms() const { return parsed_.int64("offset.flush.interval.ms"); }
  std::int64_t offset_flush_timeout_ms() const { return parsed_.int64("offset.flush.timeout.ms"); }
  std::int64_t task_shutdown_timeout_ms() const { return parsed_.int64("task.shutdown.graceful.timeout.ms"); }
  bool topic_creation_enabled() const { return parsed_.boolean("topic.creation.enable"); }
  bool topic_tracking_enabled() const { return parsed_.boolean("topic.tracking.enable"); }
  bool secrets_shown() const { return parsed_.boolean("sluice.rest.show.secrets"); }
  bool topic_tracking_reset_allowed() const { return parsed_.boolean("topic.tracking.allow.reset"); }
  // Standalone.
  std::string offset_file() const;
  // Distributed.
  std::string group_id() const;
  bool exactly_once_enabled() const;  // exactly.once.source.support=enabled; a standalone worker never
  // What an internal topic is created with beside its name, partitions and replication: the keys with `prefix`
  // ("config.storage.", "offset.storage.", "status.storage.") but for those three and the cleanup policy, which is
  // always "compact" and in the answer.
  ConfigMap internal_topic_config(std::string_view prefix) const;
  // Where the worker keeps staged plugins and the like: `sluice.state.dir`.
  std::string state_dir() const { return parsed_.string("sluice.state.dir"); }

  // Client settings: the worker prefix stripped ("producer.", "consumer.", "admin."). Admin clients also inherit
  // worker_client_config() (spec section 2.4).
  ConfigMap client_config(ClientKind client) const;
  // Settings for the worker's own clients (internal topics): the keys without a client prefix that a Kafka client
  // knows.
  ConfigMap worker_client_config() const;

  // A converter of the worker: class as written, and its keys without the prefix. `key`: "key.converter", ...
  ConverterSpec converter(std::string_view key) const;
  // Resolves the converters against the catalog. Error: Connect's text for a class that cannot be found.
  base::Result<WorkerConverters> check_components(const ComponentCatalog& catalog) const;
  base::Result<std::shared_ptr<const ClientOverridePolicy>> override_policy() const;

 private:
  WorkerConfig(WorkerMode mode, ParsedConfig parsed) : mode_(mode), parsed_(std::move(parsed)) {}

  WorkerMode mode_;
  ParsedConfig parsed_;
  ConfigTransformer transformer_;
  std::vector<std::string> warnings_;
  List plugin_path_;
  std::vector<Listener> listeners_;
  std::optional<std::vector<Listener>> admin_listeners_;
  std::vector<HeaderRule> response_headers_;
};

}  // namespace sluice::config
