// `sluice dlq replay`: sends the records of a dead-letter queue back, without a worker.

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cmd/commands.h"
#include "runtime/cmd/dlq_replay.h"
#include "runtime/cmd/exit_codes.h"
#include "runtime/cmd/tool_front.h"
#include "runtime/config/properties.h"

namespace sluice::cmd {
namespace {

constexpr int kExitRecord = 3;

constexpr const char* kUsage =
    "Usage: sluice dlq replay --bootstrap-server HOST:PORT --topic QUEUE [OPTION ...]\n"
    "\n"
    "Sends the records of a dead-letter queue back to the topics that they came from, with the key, value, headers "
    "and\n"
    "timestamp that they had. What is in the queue now is sent; a second run sends what is new.\n"
    "\n"
    "  --to TOPIC         send all of them to this topic\n"
    "  --config FILE      client properties (security.protocol, sasl.*, ssl.*, ...)\n"
    "  --group NAME       consumer group that keeps the progress (default: sluice-dlq-replay-QUEUE)\n"
    "  --from-beginning   send again what the group has seen\n"
    "  --max N            send at most N records\n"
    "  --keep-partition   to the partition that a record came from, instead of the one of its key\n"
    "  --dry-run          only say what would be sent\n"
    "\n"
    "Exit status: 0 done, 1 wrong arguments, 2 a configuration or the brokers cannot be used, 3 a record cannot be\n"
    "replayed; it and those behind it are still to do.\n";

struct Arguments {
  ReplayOptions options;
  std::optional<std::string> bootstrap, config, group;
};

// The words of the command line; nothing: they make no sense.
std::optional<Arguments> parse(const std::vector<std::string>& args) {
  Arguments result;
  if (args.empty() || args[0] != "replay") return std::nullopt;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string& word = args[i];
    bool* const flag = word == "--from-beginning"   ? &result.options.from_beginning
                       : word == "--keep-partition" ? &result.options.keep_partition
                       : word == "--dry-run"        ? &result.options.dry_run
                                                    : nullptr;
    if (flag != nullptr) {
      *flag = true;
      continue;
    }
    if (i + 1 >= args.size()) return std::nullopt;
    const std::string& value = args[++i];
    if (value.empty()) return std::nullopt;
    if (word == "--bootstrap-server") {
      result.bootstrap = value;
    } else if (word == "--topic") {
      result.options.queue = value;
    } else if (word == "--to") {
      result.options.to = value;
    } else if (word == "--config") {
      result.config = value;
    } else if (word == "--group") {
      result.group = value;
    } else if (word == "--max") {
      std::uint64_t max = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), max);
      if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
      result.options.max = max;
    } else {
      return std::nullopt;
    }
  }
  if (result.options.queue.empty() || (!result.bootstrap && !result.config)) return std::nullopt;
  return result;
}

base::Result<ReplayOptions> complete(Arguments arguments) {
  ReplayOptions options = std::move(arguments.options);
  options.group = arguments.group.value_or("sluice-dlq-replay-" + options.queue);
  if (arguments.config) {
    SLUICE_TRY_ASSIGN(const config::ConfigMap given, config::read_properties(*arguments.config));
    for (const auto& [key, value] : given)
      if (value) options.client[key] = *value;
  }
  if (arguments.bootstrap) options.client["bootstrap.servers"] = *arguments.bootstrap;
  if (!options.client.contains("bootstrap.servers"))
    return base::config_error("{} does not set bootstrap.servers: give --bootstrap-server", *arguments.config);
  return options;
}

std::string to_text(const ReplaySummary& summary, const ReplayOptions& options) {
  std::string out =
      fmt::format("{} {} records of {}", options.dry_run ? "would send" : "sent", summary.total(), options.queue);
  for (const auto& [topic, count] : summary.sent) out += fmt::format("\n  {} to {}", count, topic);
  return out + "\n";
}

}  // namespace

int run_dlq(const std::vector<std::string>& args) {
  auto arguments = parse(args);
  if (!arguments) return show_usage(args, kUsage);
  silence_log();
  const auto options = complete(*std::move(arguments));
  if (!options) {
    fmt::print(stderr, "sluice dlq: {}\n", options.error().message());
    return kExitStartup;
  }
  DlqReplay replay(*options);
  const auto outcome = replay.run();
  if (outcome || replay.summary().total() > 0) fmt::print("{}", to_text(replay.summary(), *options));
  if (outcome) return kExitOk;
  fmt::print(stderr, "sluice dlq: {}\n", outcome.error().message());
  return outcome.error().code() == base::Code::kBadRecord ? kExitRecord : kExitStartup;
}

}  // namespace sluice::cmd
