#include "runtime/cmd/doctor_config.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <utility>

#include "runtime/config/config_transformer.h"
#include "runtime/kafka/client_config.h"

namespace sluice::cmd {
namespace {

using config::ClientKind;
using config::ConfigMap;
using config::WorkerConfig;
using config::WorkerMode;

// A text that holds nothing up, under which nothing is looked for.
constexpr const char* kUnset = "";

std::string advice(const config::WorkerProblem& problem, const ConfigMap& properties) {
  if (problem.text.starts_with("Unknown configuration 'sluice."))
    return "correct the name, or remove the key: the keys of this worker are in docs/doctor.md";
  if (problem.text.starts_with("Missing required configuration"))
    return fmt::format("add a line `{}=...`", problem.key);
  if (problem.text.find("could weaken security") != std::string::npos) return "the message says what to write instead";
  if (problem.key == "config.providers" || problem.key.empty())
    return "correct the config.providers.* keys, or remove the variables that need them";
  if (!properties.contains(problem.key)) return fmt::format("set {}", problem.key);
  return fmt::format("correct the value of {}", problem.key);
}

kafka::ConfigMap to_kafka(const ConfigMap& config) {
  kafka::ConfigMap java;
  for (const auto& [key, text] : config)
    if (text) java[key] = *text;
  return java;
}

// The problems of one client's settings, told once however many clients share them.
class ClientKeys {
 public:
  explicit ClientKeys(Findings& findings) : findings_(findings) {}

  void check(const ConfigMap& config, kafka::ClientKind kind, std::string_view prefix) {
    kafka::ConfigMap java = to_kafka(config);
    if (java["bootstrap.servers"].empty())
      java["bootstrap.servers"] = "localhost:9092";  // its absence is told elsewhere
    for (const auto& [key, text] : kafka::check_client_config(java, kind)) {
      if (!told_.insert(text).second) continue;
      findings_.push_back({Level::kError, "config.client", text,
                           fmt::format("the {} cannot honour {}{}, and ignoring it would weaken security or delivery",
                                       kafka::client_kind_name(kind), prefix, key),
                           fmt::format("correct or remove {}{}", prefix, key)});
    }
    const auto translated = kafka::translate_client_config(java, kind);
    if (!translated) return;
    for (const auto& warning : translated->warnings) {
      if (told_.insert(warning).second)
        findings_.push_back({Level::kWarning, "config.client", warning,
                             fmt::format("a key of the {} has no meaning here, or not the whole meaning",
                                         kafka::client_kind_name(kind)),
                             "remove the key, or leave it for the Java workers that share this file"});
    }
  }

 private:
  Findings& findings_;
  std::set<std::string> told_;
};

void check_timings(const WorkerConfig& config, Findings& findings) {
  const auto session = config.parsed().int64_or_null("session.timeout.ms").value_or(0);
  const auto heartbeat = config.parsed().int64_or_null("heartbeat.interval.ms").value_or(0);
  if (heartbeat >= session)
    findings.push_back({Level::kError, "config.timing",
                        fmt::format("heartbeat.interval.ms={} is not below session.timeout.ms={}", heartbeat, session),
                        "the coordinator would remove this worker from the group between two heartbeats",
                        "set heartbeat.interval.ms to a third of session.timeout.ms or less"});
  else if (heartbeat * 3 > session)
    findings.push_back(
        {Level::kWarning, "config.timing",
         fmt::format("heartbeat.interval.ms={} is more than a third of session.timeout.ms={}", heartbeat, session),
         "one or two lost heartbeats end this worker's membership", "set it to a third of session.timeout.ms or less"});
}

}  // namespace

std::optional<WorkerMode> mode_of(const ConfigMap& properties) {
  for (const char* key : {"group.id", "config.storage.topic", "offset.storage.topic", "status.storage.topic"})
    if (properties.contains(key)) return WorkerMode::kDistributed;
  if (properties.contains("offset.storage.file.filename")) return WorkerMode::kStandalone;
  return std::nullopt;
}

Findings check_config(WorkerMode mode, const ConfigMap& properties, const KnownProviders& providers) {
  Findings findings;
  const auto problems = WorkerConfig::find_problems(mode, properties, providers);
  for (const auto& problem : problems.errors)
    findings.push_back(
        {Level::kError, "config.keys", problem.text, "the worker does not start with it", advice(problem, properties)});
  for (const auto& warning : problems.warnings) {
    const bool unknown = warning.find("isn't a known config") != std::string::npos;
    findings.push_back(
        {Level::kWarning, unknown ? "config.unknown" : "config.ignored", warning,
         unknown ? "a misspelt key leaves its default in force" : "the key has no meaning for this worker",
         unknown ? "correct the name, or remove the key" : "remove the key, or leave it for Java workers"});
  }
  if (const auto config = usable_config(mode, properties, providers)) {
    ClientKeys clients(findings);
    clients.check(config->client_config(ClientKind::kAdmin), kafka::ClientKind::kAdmin, "");
    if (mode == WorkerMode::kDistributed) {
      clients.check(config->worker_client_config(), kafka::ClientKind::kProducer, "");
      clients.check(config->worker_client_config(), kafka::ClientKind::kConsumer, "");
      check_timings(*config, findings);
    }
    clients.check(config->client_config(ClientKind::kProducer), kafka::ClientKind::kProducer, "producer.");
    clients.check(config->client_config(ClientKind::kConsumer), kafka::ClientKind::kConsumer, "consumer.");
  }
  if (findings.empty())
    findings.push_back({Level::kOk, "config.keys", fmt::format("{} keys, all valid", properties.size()), {}, {}});
  return findings;
}

std::optional<WorkerConfig> usable_config(WorkerMode mode, const ConfigMap& properties,
                                          const KnownProviders& providers) {
  auto found = WorkerConfig::find_problems(mode, properties, providers);
  ConfigMap repaired = std::move(found.resolved);
  // Variables are resolved already, as far as they can be.
  repaired.erase("config.providers");
  for (const auto& problem : found.errors) {
    if (problem.key == "config.providers") continue;
    repaired.erase(problem.key);
    const auto def =
        mode == WorkerMode::kDistributed ? config::distributed_config_def() : config::standalone_config_def();
    if (const auto* key = def.find(problem.key); key != nullptr && key->required())
      repaired.set(problem.key, problem.key == "bootstrap.servers" ? kNoBootstrap : kUnset);
  }
  // The path is never taken from variables.
  if (const auto* path = properties.find("plugin.path")) {
    if (repaired.contains("plugin.path")) repaired.set("plugin.path", *path);
  }
  auto config = WorkerConfig::make(mode, repaired, config::builtin_config_providers());
  if (!config) return std::nullopt;
  return std::move(*config);
}

}  // namespace sluice::cmd
