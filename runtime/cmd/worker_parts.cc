#include "runtime/cmd/worker_parts.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/cmd/builtin_components.h"
#include "runtime/cmd/cluster_id.h"
#include "runtime/cmd/config_providers.h"
#include "runtime/cmd/plugins_cmd.h"
#include "runtime/cmd/version.h"
#include "runtime/config/properties.h"

namespace sluice::cmd {
namespace {

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.cli.AbstractConnectCli"};
  return log;
}

base::Status set_up_logging(const config::ConfigMap& properties) {
  base::LogOptions options;
  const std::string format = properties.get_or("sluice.log.format", "text");
  if (!base::equals_ignore_case_ascii(format, "text") && !base::equals_ignore_case_ascii(format, "json"))
    return base::config_error("Invalid value {} for configuration sluice.log.format: write text or json", format);
  options.json = base::equals_ignore_case_ascii(format, "json");
  options.file = properties.get_or("sluice.log.file", "");
  const std::string level = properties.get_or("sluice.log.level", "INFO");
  const auto parsed = base::parse_log_level(level);
  if (!parsed)
    return base::config_error(
        "Invalid value {} for configuration sluice.log.level: write one of OFF, FATAL, ERROR, WARN, INFO, DEBUG, "
        "TRACE, ALL",
        level);
  options.level = *parsed;
  base::init_logging(options);
  return {};
}

base::Status start_broker(WorkerParts& parts) {
  if (parts.config->bootstrap_servers() != kafka::kEmbeddedBootstrap) {
    parts.context.bootstrap_servers = parts.config->bootstrap_servers();
    return {};
  }
  SLUICE_TRY_ASSIGN(parts.broker, kafka::EmbeddedBroker::start());
  parts.context.bootstrap_servers = parts.broker->bootstrap_servers();
  logger().warn(
      "bootstrap.servers=embedded: Kafka is an embedded broker at {}, in memory. Its topics are bounded and gone at "
      "exit",
      parts.context.bootstrap_servers);
  return {};
}

// Where plugins are staged if sluice.state.dir says nothing: the user's cache. Empty, with a warning, if it cannot be
// made; plugins are then loaded from where they lie, and must not be overwritten while they are in use.
std::string state_dir(const std::string& configured) {
  if (!configured.empty()) return configured;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path path;
  if (cache != nullptr && *cache == '/')
    path = cache;
  else if (home != nullptr && *home == '/')
    path = std::filesystem::path(home) / ".cache";
  std::error_code problem;
  if (!path.empty()) std::filesystem::create_directories(path /= "sluice/worker", problem);
  if (!path.empty() && !problem) return path.string();
  logger().warn(
      "No folder to stage plugins in{}{}: set sluice.state.dir; until then do not overwrite plugins that are in use",
      problem ? ": " : "", problem ? problem.message() : "");
  return {};
}

base::Status scan_plugins(WorkerParts& parts, std::vector<std::string> plugin_path, const std::string& staged_in) {
  logger().info("Scanning for plugin classes. This might take a moment ...");
  plugin::Registry::Options options;
  options.plugin_path = std::move(plugin_path);
  options.state_dir = state_dir(staged_in);
  options.worker_version = kafka_version();
  options.probe_command = own_path();
  parts.plugins = std::make_unique<plugin::Registry>(std::move(options));
  SLUICE_TRY(add_builtin_components(*parts.plugins));
  parts.plugins->scan();
  return {};
}

// A config provider that is a plugin makes the scan come before the configuration is read.
base::Status read_config(WorkerParts& parts, config::WorkerMode mode, const config::ConfigMap& properties) {
  base::Status scanned;
  const auto known = known_config_providers(properties, [&]() -> const plugin::Registry& {
    scanned = scan_plugins(parts, written_plugin_path(properties), properties.get_or("sluice.state.dir", ""));
    return *parts.plugins;
  });
  SLUICE_TRY(scanned);
  SLUICE_TRY_ASSIGN(auto config, config::WorkerConfig::make(mode, properties, known));
  parts.config = std::make_unique<config::WorkerConfig>(std::move(config));
  for (const auto& warning : parts.config->warnings()) logger().warn("{}", warning);
  return {};
}

// Connect's app-info.
std::shared_ptr<metrics::Group> describe_worker(metrics::Registry& registry) {
  auto group = registry.group("app-info", {});
  group->text("version", [] { return std::string(kafka_version()); });
  group->text("commit-id", [] { return std::string(commit()); });
  group->gauge("start-time-ms").set(static_cast<double>(base::system_clock().now_ms()));
  return group;
}

base::Status find_plugins(WorkerParts& parts) {
  if (parts.plugins == nullptr) SLUICE_TRY(scan_plugins(parts, parts.config->plugin_path(), parts.config->state_dir()));
  SLUICE_TRY_ASSIGN(parts.converters, parts.config->check_components(*parts.plugins));
  SLUICE_TRY_ASSIGN(parts.override_policy, parts.config->override_policy());
  return {};
}

}  // namespace

base::Result<std::unique_ptr<WorkerParts>> make_worker_parts(config::WorkerMode mode,
                                                             const std::string& properties_file) {
  auto parts = std::make_unique<WorkerParts>();
  SLUICE_TRY_ASSIGN(const auto properties, config::read_properties(properties_file));
  SLUICE_TRY(set_up_logging(properties));
  logger().info("Kafka Connect worker initializing ...");
  logger().info("Sluice {} (commit {})", version(), commit());
  logger().info("Kafka version: {}", kafka_version());
  SLUICE_TRY(read_config(*parts, mode, properties));
  SLUICE_TRY(start_broker(*parts));
  parts->cluster_id = ask_cluster_id(*parts->config, parts->context.bootstrap_servers);
  SLUICE_TRY(find_plugins(*parts));
  metrics::Registry::Options metrics;
  metrics.sample_window_ms = parts->config->parsed().int64("metrics.sample.window.ms");
  metrics.num_samples = parts->config->parsed().int32("metrics.num.samples");
  metrics.jmx_names = parts->config->parsed().boolean("sluice.metrics.jmx.names");
  parts->metrics = std::make_unique<metrics::Registry>(std::move(metrics), base::system_clock());
  parts->app_info = describe_worker(*parts->metrics);
  parts->context.config = parts->config.get();
  parts->context.plugins = parts->plugins.get();
  parts->context.metrics = parts->metrics.get();
  return parts;
}

}  // namespace sluice::cmd
