#include "runtime/config/worker_config.h"

#include <algorithm>
#include <array>

#include "runtime/base/strings.h"
#include "runtime/config/client_keys.h"
#include "runtime/config/component_check.h"
#include "runtime/config/secret_keys.h"

namespace sluice::config {
namespace {

using base::config_error;
using base::Result;
using base::Status;

constexpr std::array<std::string_view, 3> kClientPrefixes = {"producer.", "consumer.", "admin."};

// Keys beginning so are read by somebody, though no definition names them.
constexpr std::array<std::string_view, 17> kKnownPrefixes = {"producer.",
                                                             "consumer.",
                                                             "admin.",
                                                             "key.converter.",
                                                             "value.converter.",
                                                             "header.converter.",
                                                             "config.providers.",
                                                             "config.storage.",
                                                             "offset.storage.",
                                                             "status.storage.",
                                                             "listeners.https.",
                                                             "admin.listeners.https.",
                                                             "metrics.context.",
                                                             "connector.client.config.override.",
                                                             "internal.key.converter.",
                                                             "internal.value.converter.",
                                                             "topic.creation."};

struct Unsupported {
  std::string_view key;
  std::string_view instead;
};
// Java classes that guard something: without them the worker would be less safe than its configuration says.
constexpr std::array<Unsupported, 3> kRefused = {{
    {"ssl.engine.factory.class", "remove it, and use the ssl.keystore.* and ssl.truststore.* keys"},
    {"security.providers", "remove it: TLS and SASL are OpenSSL's and librdkafka's here"},
    {"ssl.secure.random.implementation", "remove it: random numbers are OpenSSL's here"},
}};

// The one extension that is built in (rest/basic_auth.h).
constexpr std::string_view kBasicAuthExtension =
    "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";

std::vector<std::string> extension_classes(std::string_view list) {
  std::vector<std::string> classes;
  for (const std::string_view item : base::split(list, ',')) {
    if (const std::string_view name = base::java_trim(item); !name.empty()) classes.emplace_back(name);
  }
  return classes;
}

bool is_basic_auth(std::string_view extension) {
  return extension == kBasicAuthExtension ||
         extension == kBasicAuthExtension.substr(kBasicAuthExtension.rfind('.') + 1);
}

struct Ignored {
  std::string_view key;
  std::string_view why;
};
constexpr std::array<Ignored, 9> kIgnored = {{
    {"internal.key.converter", "the internal converter is always JSON without schemas"},
    {"internal.value.converter", "the internal converter is always JSON without schemas"},
    {"metric.reporters", "metrics are served at /metrics"},
    {"auto.include.jmx.reporter", "metrics are served at /metrics"},
    {"ssl.provider", "TLS is OpenSSL's here"},
    {"ssl.keymanager.algorithm", "TLS is OpenSSL's here"},
    {"ssl.trustmanager.algorithm", "TLS is OpenSSL's here"},
    {"config.storage.partitions", "the config topic always has one partition"},
    {"plugin.discovery", "plugins describe themselves in manifests; there is nothing to scan"},
}};

bool has_known_prefix(std::string_view key) {
  return std::any_of(kKnownPrefixes.begin(), kKnownPrefixes.end(),
                     [&](std::string_view prefix) { return key.starts_with(prefix); });
}

bool is_client_key(std::string_view key) {
  return client_config_def(ClientKind::kAdmin).find(key) != nullptr ||
         client_config_def(ClientKind::kConsumer).find(key) != nullptr ||
         client_config_def(ClientKind::kProducer).find(key) != nullptr;
}

std::vector<WorkerProblem> unsupported_keys(const ConfigMap& properties, const ConfigDef& def) {
  std::vector<WorkerProblem> problems;
  for (const auto& [key, instead] : kRefused) {
    const auto text = properties.get(key);
    if (text && !base::java_trim(*text).empty()) {
      problems.push_back(
          {std::string(key), fmt::format("Invalid value {} for configuration {}: Java classes cannot be loaded here, "
                                         "and ignoring them could weaken security; {}",
                                         *text, key, instead)});
    }
  }
  for (const std::string& name : extension_classes(properties.get_or("rest.extension.classes", ""))) {
    if (is_basic_auth(name)) continue;
    problems.push_back(
        {"rest.extension.classes",
         fmt::format("Invalid value {} for configuration rest.extension.classes: Java classes cannot be loaded here, "
                     "and ignoring one could weaken security; {} is built in, for anything else remove it and put a "
                     "proxy that authenticates in front of the listener",
                     name, kBasicAuthExtension)});
  }
  for (const auto& [key, text] : properties) {
    if (key.starts_with("sluice.") && def.find(key) == nullptr)
      problems.push_back(
          {key, fmt::format("Unknown configuration '{}': keys that begin with 'sluice.' are this worker's own", key)});
  }
  return problems;
}

std::vector<std::string> find_warnings(const ConfigMap& properties, const ConfigDef& def) {
  std::vector<std::string> warnings;
  for (const auto& [key, text] : properties) {
    const auto ignored = std::find_if(kIgnored.begin(), kIgnored.end(),
                                      [name = std::string_view(key)](const auto& row) { return row.key == name; });
    if (ignored != kIgnored.end()) {
      warnings.push_back(fmt::format("The configuration '{}' has no effect: {}.", key, ignored->why));
    } else if (key.ends_with(".storage.cleanup.policy")) {
      warnings.push_back(
          fmt::format("The configuration '{}' has no effect: internal topics are always compacted.", key));
    } else if (def.find(key) == nullptr && !has_known_prefix(key) && !is_client_key(key) &&
               !key.starts_with("sluice.")) {  // those are errors
      warnings.push_back(fmt::format("The configuration '{}' was supplied but isn't a known config.", key));
    }
  }
  return warnings;
}

std::vector<WorkerProblem> distributed_problems(const ParsedConfig& parsed) {
  std::vector<WorkerProblem> problems;
  const auto& algorithm = parsed.string("inter.worker.key.generation.algorithm");
  if (const auto size = parsed.int64_or_null("inter.worker.key.size"); size && *size < 40) {
    problems.push_back({"inter.worker.key.size",
                        fmt::format("Unable to create key generator with algorithm {} and key size {}: Key length "
                                    "must be at least 40 bits",
                                    algorithm, *size)});
  }
  const auto& signature = parsed.string("inter.worker.signature.algorithm");
  const auto& accepted = parsed.list("inter.worker.verification.algorithms");
  if (std::find(accepted.begin(), accepted.end(), signature) == accepted.end()) {
    problems.push_back({"inter.worker.signature.algorithm",
                        invalid_value("inter.worker.signature.algorithm", Value(signature),
                                      "Signature algorithm must be present in inter.worker.verification.algorithms "
                                      "list")
                            .message()});
  }
  return problems;
}

Status first_of(const std::vector<WorkerProblem>& problems) {
  return problems.empty() ? Status() : config_error("{}", problems.front().text);
}

// As checks across keys need them: only if none of the keys themselves is wrong.
bool all_parsed(const std::vector<ConfigValue>& values, std::string_view prefix) {
  return std::all_of(values.begin(), values.end(),
                     [&](const ConfigValue& value) { return !value.name.starts_with(prefix) || value.errors.empty(); });
}

void check_listeners(const ParsedConfig& parsed, std::vector<WorkerProblem>& problems) {
  for (const char* key : {"listeners", "admin.listeners"}) {
    if (!parsed.has(key)) continue;
    if (const auto listeners = parse_listeners(parsed.list(key)); !listeners)
      problems.push_back({key, listeners.error().message()});
  }
}

Result<std::string> resolve_converter(const WorkerConfig& worker, std::string_view key, ComponentKind kind,
                                      const ComponentCatalog& catalog) {
  const std::string text = worker.converter(key).class_name;
  const auto resolve = catalog.resolver();
  const auto found = resolve(base::java_trim(text));
  if (!found) return base::fail(invalid_value(key, Value(text), fmt::format("Class {} could not be found.", text)));
  SLUICE_TRY(check_component(*found, kind, catalog));
  return *found;
}

void keep_worker_secrets(const ConfigMap& resolved, const ConfigDef& def) {
  for (const auto& [key, text] : resolved)
    if (text && is_worker_secret(key, def)) keep_secret_text(*text);
}

}  // namespace

Result<WorkerConfig> WorkerConfig::make(
    WorkerMode mode, const ConfigMap& properties,
    const std::map<std::string, ConfigProviderFactory, std::less<>>& known_providers) {
  SLUICE_TRY_ASSIGN(ConfigProviderMap providers, make_config_providers(properties, known_providers));
  ConfigTransformer transformer(std::move(providers));
  SLUICE_TRY_ASSIGN(TransformedConfig resolved, transformer.transform(properties));

  const ConfigDef def = mode == WorkerMode::kStandalone ? standalone_config_def() : distributed_config_def();
  keep_worker_secrets(resolved.config, def);
  SLUICE_TRY(first_of(unsupported_keys(resolved.config, def)));
  SLUICE_TRY_ASSIGN(ParsedConfig parsed, def.parse(resolved.config));
  if (mode == WorkerMode::kDistributed) SLUICE_TRY(first_of(distributed_problems(parsed)));

  WorkerConfig config(mode, std::move(parsed));
  config.transformer_ = std::move(transformer);
  config.warnings_ = find_warnings(properties, def);
  // Plugins are found before variables can be: the path is taken as written.
  const auto* raw_path = properties.find("plugin.path");
  SLUICE_TRY_ASSIGN(const Value path,
                    parse_type("plugin.path", raw_path == nullptr ? std::nullopt : *raw_path, Type::kList, {}));
  if (const auto* list = std::get_if<List>(&path)) config.plugin_path_ = *list;
  SLUICE_TRY_ASSIGN(config.listeners_, parse_listeners(config.parsed_.list("listeners")));
  if (config.parsed_.has("admin.listeners")) {
    SLUICE_TRY_ASSIGN(config.admin_listeners_, parse_listeners(config.parsed_.list("admin.listeners")));
  }
  SLUICE_TRY_ASSIGN(config.response_headers_,
                    parse_header_rules(config.parsed_.string("response.http.headers.config")));
  return config;
}

WorkerProblems WorkerConfig::find_problems(
    WorkerMode mode, const ConfigMap& properties,
    const std::map<std::string, ConfigProviderFactory, std::less<>>& known_providers) {
  WorkerProblems found;
  found.resolved = properties;
  if (auto providers = make_config_providers(properties, known_providers); !providers) {
    found.errors.push_back({"config.providers", providers.error().message()});
  } else if (auto resolved = ConfigTransformer(std::move(*providers)).transform(properties); !resolved) {
    found.errors.push_back({"", resolved.error().message()});
  } else {
    found.resolved = std::move(resolved->config);
  }
  const ConfigDef def = mode == WorkerMode::kStandalone ? standalone_config_def() : distributed_config_def();
  keep_worker_secrets(found.resolved, def);
  for (auto& problem : unsupported_keys(found.resolved, def)) found.errors.push_back(std::move(problem));
  const auto values = def.validate(found.resolved);
  ValueMap parsed;
  for (const auto& value : values) {
    // What does not parse is checked as null too: the first text is the one that counts.
    if (!value.errors.empty()) found.errors.push_back({value.name, value.errors.front()});
    parsed.emplace(value.name, value.value);
  }
  const ParsedConfig config(std::move(parsed), found.resolved);
  if (mode == WorkerMode::kDistributed && all_parsed(values, "inter.worker.")) {
    for (auto& problem : distributed_problems(config)) found.errors.push_back(std::move(problem));
  }
  if (all_parsed(values, "listeners") && all_parsed(values, "admin.listeners")) check_listeners(config, found.errors);
  found.warnings = find_warnings(properties, def);
  return found;
}

bool WorkerConfig::basic_auth() const {
  const auto& classes = parsed_.list("rest.extension.classes");
  return std::any_of(classes.begin(), classes.end(), [](const std::string& name) { return is_basic_auth(name); });
}

std::string WorkerConfig::bootstrap_servers() const {
  return base::join(parsed_.list("bootstrap.servers"), ",");
}

std::string WorkerConfig::advertised_url(int bound_port, std::string_view fallback_host) const {
  std::string scheme = base::to_lower_ascii(parsed_.string_or_null("rest.advertised.listener").value_or(""));
  if (scheme.empty()) {
    const bool http = std::any_of(listeners_.begin(), listeners_.end(), [](const Listener& l) { return !l.https; });
    scheme = http ? "http" : "https";
  }
  const auto listener = std::find_if(listeners_.begin(), listeners_.end(),
                                     [&](const Listener& l) { return l.https == (scheme == "https"); });
  std::string host = parsed_.string_or_null("rest.advertised.host.name").value_or("");
  if (host.empty() && listener != listeners_.end()) host = listener->host;
  if (host.empty()) host = fallback_host;
  if (host.find(':') != std::string::npos && !host.starts_with('[')) host = "[" + host + "]";
  std::int64_t port = parsed_.int64_or_null("rest.advertised.port").value_or(0);
  if (port <= 0 && listener != listeners_.end()) port = listener->port;
  if (port <= 0) port = bound_port;
  return fmt::format("{}://{}:{}/", scheme, host, port);
}

std::string WorkerConfig::offset_file() const {
  SLUICE_ASSERT(mode_ == WorkerMode::kStandalone);
  return parsed_.string("offset.storage.file.filename");
}

std::string WorkerConfig::group_id() const {
  SLUICE_ASSERT(mode_ == WorkerMode::kDistributed);
  return parsed_.string("group.id");
}

bool WorkerConfig::exactly_once_enabled() const {
  return mode_ == WorkerMode::kDistributed &&
         base::equals_ignore_case_ascii(parsed_.string("exactly.once.source.support"), "enabled");
}

ConfigMap WorkerConfig::internal_topic_config(std::string_view prefix) const {
  ConfigMap config = originals().with_prefix(prefix);
  for (const std::string_view key : {"topic", "partitions", "replication.factor"}) config.erase(key);
  config.set("cleanup.policy", "compact");
  return config;
}

ConfigMap WorkerConfig::client_config(ClientKind client) const {
  const std::string_view prefix = kClientPrefixes[static_cast<std::size_t>(client)];
  ConfigMap result;
  if (client == ClientKind::kAdmin) result = worker_client_config();
  for (const auto& [key, text] : originals().with_prefix(prefix)) result.set(key, text);
  return result;
}

ConfigMap WorkerConfig::worker_client_config() const {
  ConfigMap result;
  for (const auto& [key, text] : originals()) {
    // The worker's group is no consumer group. Keys that no client knows would only cause warnings.
    if (key != "group.id" && is_client_key(key)) result.set(key, text);
  }
  return result;
}

ConverterSpec WorkerConfig::converter(std::string_view key) const {
  return {parsed_.string(key), parsed_.originals_with_prefix(std::string(key) + ".")};
}

Result<WorkerConverters> WorkerConfig::check_components(const ComponentCatalog& catalog) const {
  WorkerConverters converters;
  SLUICE_TRY_ASSIGN(converters.key, resolve_converter(*this, "key.converter", ComponentKind::kConverter, catalog));
  SLUICE_TRY_ASSIGN(converters.value, resolve_converter(*this, "value.converter", ComponentKind::kConverter, catalog));
  SLUICE_TRY_ASSIGN(converters.header,
                    resolve_converter(*this, "header.converter", ComponentKind::kHeaderConverter, catalog));
  return converters;
}

Result<std::shared_ptr<const ClientOverridePolicy>> WorkerConfig::override_policy() const {
  return make_override_policy(parsed_.string("connector.client.config.override.policy"), originals());
}

}  // namespace sluice::config
