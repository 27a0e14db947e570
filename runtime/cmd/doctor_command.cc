// `sluice doctor`: looks at everything that a worker needs, before it is started, and changes nothing.

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>

#include "runtime/cmd/commands.h"
#include "runtime/cmd/config_providers.h"
#include "runtime/cmd/doctor_broker.h"
#include "runtime/cmd/doctor_config.h"
#include "runtime/cmd/doctor_findings.h"
#include "runtime/cmd/doctor_group.h"
#include "runtime/cmd/doctor_host.h"
#include "runtime/cmd/doctor_listeners.h"
#include "runtime/cmd/doctor_plugins.h"
#include "runtime/cmd/doctor_tls.h"
#include "runtime/cmd/doctor_topics.h"
#include "runtime/cmd/exit_codes.h"
#include "runtime/cmd/plugins_cmd.h"
#include "runtime/cmd/tool_front.h"
#include "runtime/cmd/watchdog.h"
#include "runtime/config/properties.h"

namespace sluice::cmd {
namespace {

using config::WorkerMode;

constexpr int kTimeoutSeconds = 30;
constexpr int kTimeoutSecondsMax = 3600;
constexpr int kExitErrors = 2;
constexpr std::chrono::seconds kGrace{15};  // for what waits for nobody

constexpr const char* kUsage =
    "Usage: sluice doctor [--json] [--timeout SECONDS] [--distributed|--standalone] worker.properties\n"
    "\n"
    "Checks what a worker with these properties needs: the keys themselves, Kafka, the internal topics and the group,\n"
    "plugins, ports, TLS files, folders and limits. Changes nothing. Each finding comes with its cause and what to "
    "do.\n"
    "\n"
    "  --json               one JSON document\n"
    "  --timeout SECONDS    for everything that waits, together (default 30)\n"
    "  --distributed, --standalone   the kind of worker, where the keys should not decide\n"
    "\n"
    "Exit status: 0 nothing worse than warnings, 1 wrong arguments, 2 errors were found.\n";

struct Arguments {
  std::string file;
  bool json = false;
  int timeout_seconds = kTimeoutSeconds;
  std::optional<WorkerMode> mode;
};

std::optional<Arguments> parse(const std::vector<std::string>& args) {
  Arguments result;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (word == "--json") {
      result.json = true;
    } else if (word == "--distributed") {
      result.mode = WorkerMode::kDistributed;
    } else if (word == "--standalone") {
      result.mode = WorkerMode::kStandalone;
    } else if (word == "--timeout" && i + 1 < args.size()) {
      const std::string& text = args[++i];
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result.timeout_seconds);
      if (error != std::errc() || end != text.data() + text.size() || result.timeout_seconds < 1 ||
          result.timeout_seconds > kTimeoutSecondsMax)
        return std::nullopt;
    } else if (word.starts_with("-") || !result.file.empty()) {
      return std::nullopt;
    } else {
      result.file = word;
    }
  }
  if (result.file.empty()) return std::nullopt;
  return result;
}

void check_kafka(const config::WorkerConfig& config, const Deadline& deadline, Findings& findings) {
  auto reach = check_brokers(config, deadline);
  append(findings, std::move(reach.findings));
  if (!reach.admin || config.mode() != WorkerMode::kDistributed) return;
  const auto topics = gather_topics(config, *reach.admin, config.bootstrap_servers(),
                                    static_cast<int>(reach.cluster.brokers.size()), deadline);
  append(findings, judge_names(topics));
  for (const auto& topic : topics) append(findings, judge_topic(topic));
  append(findings, check_group(config, *reach.admin, advertised_url(config), deadline));
}

Report examine(const Arguments& arguments) {
  const Deadline deadline(std::chrono::seconds(arguments.timeout_seconds));
  Report report{arguments.file, {}, {}};
  const auto properties = config::read_properties(arguments.file);
  if (!properties) {
    report.findings.push_back({Level::kError, "config.file", properties.error().message(),
                               "without its properties a worker cannot start", "correct the path or the file"});
    return report;
  }
  auto mode = arguments.mode ? arguments.mode : mode_of(*properties);
  if (!mode) {
    mode = WorkerMode::kDistributed;
    report.findings.push_back(
        {Level::kWarning, "config.mode",
         "neither group.id nor offset.storage.file.filename is there: taken for a worker of a group",
         "the keys tell the two kinds of worker apart", "use --standalone or --distributed"});
  }
  report.mode = *mode == WorkerMode::kDistributed ? "distributed" : "standalone";
  Secrets secrets;
  secrets.add(*properties);
  std::unique_ptr<plugin::Registry> plugins;  // for config providers that are plugins
  const auto providers = known_config_providers(*properties, [&]() -> const plugin::Registry& {
    plugin::Registry::Options options;
    options.plugin_path = written_plugin_path(*properties);
    options.probe_command = own_path();
    options.probe_timeout = deadline.at_most(plugin::kProbeTimeout);
    plugins = std::make_unique<plugin::Registry>(std::move(options));
    plugins->scan();
    return *plugins;
  });
  append(report.findings, check_config(*mode, *properties, providers));
  if (const auto config = usable_config(*mode, *properties, providers)) {
    secrets.add(config->originals());
    append(report.findings, check_host(*config));
    append(report.findings, check_tls(*config));
    append(report.findings, check_ports(*config, deadline));
    append(report.findings, check_advertised(*config, deadline));
    append(report.findings, check_plugins(*config, own_path(), deadline));
    check_kafka(*config, deadline, report.findings);
  } else {
    report.findings.push_back({Level::kError, "config.keys", "nothing else could be checked",
                               "too little of the configuration is usable",
                               "correct the keys above, and run this again"});
  }
  secrets.hide(report.findings);
  return report;
}

}  // namespace

int run_doctor(const std::vector<std::string>& args) {
  const auto arguments = parse(args);
  if (!arguments) return show_usage(args, kUsage);
  silence_log();
  const std::chrono::seconds limit = std::chrono::seconds(arguments->timeout_seconds) + kGrace;
  const Watchdog watchdog(
      limit, kExitErrors,
      fmt::format("sluice doctor: a check did not come to its end within {} s: a plugin or a disk hangs",
                  limit.count()));
  const Report report = examine(*arguments);
  fmt::print("{}", arguments->json ? to_json(report) : to_text(report));
  return report.count(Level::kError) > 0 ? kExitErrors : kExitOk;
}

}  // namespace sluice::cmd
