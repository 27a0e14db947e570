// `sluice standalone`: a worker with its connectors in memory and its offsets in a file.

#include <chrono>
#include <cstdio>
#include <future>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/cmd/commands.h"
#include "runtime/cmd/exit_codes.h"
#include "runtime/cmd/signals.h"
#include "runtime/cmd/version.h"
#include "runtime/cmd/worker_front.h"
#include "runtime/cmd/worker_parts.h"
#include "runtime/config/properties.h"
#include "runtime/herder/standalone_herder.h"
#include "runtime/store/file_offset_store.h"

namespace sluice::cmd {
namespace {

constexpr const char* kUsage =
    "Usage: sluice standalone worker.properties [connector1.properties connector2.json ...]\n"
    "\n"
    "Runs a worker by itself: connectors are those of the files given and those created through its REST API,\n"
    "source offsets are kept in the file offset.storage.file.filename. Takes a Java connect-standalone.properties.\n"
    "\n"
    "Ends on SIGTERM or SIGINT after its tasks have finished what they do; a second signal ends it at once.\n"
    "Exit status: 1 wrong usage, 2 the worker cannot start, 3 a connector file cannot be used.\n";

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.cli.ConnectStandalone"};
  return log;
}

class StandaloneWorker {
 public:
  explicit StandaloneWorker(std::unique_ptr<WorkerParts> parts)
      : parts_(std::move(parts)), front_(*parts_), offsets_(parts_->config->offset_file()) {}

  // Gives up with kStopping when a signal comes while no broker answers.
  base::Status start(const Signals& signals) {
    SLUICE_TRY(offsets_.start());
    parts_->context.offsets = &offsets_;
    SLUICE_TRY(front_.bind(logger()));
    SLUICE_TRY(await_cluster_id(*parts_, signals, logger()));
    herder_ = std::make_unique<herder::StandaloneHerder>(herder::HerderParts{.worker = &parts_->context,
                                                                             .catalog = parts_->plugins.get(),
                                                                             .converters = parts_->converters,
                                                                             .override_policy = parts_->override_policy,
                                                                             .version = kafka_version(),
                                                                             .commit = commit()});
    herder_->set_worker_id(front_.worker_id());
    SLUICE_TRY(herder_->start());
    front_.serve(*herder_, logger());
    logger().info("Kafka Connect started");
    return {};
  }

  // The connectors of the command line, one after another.
  base::Status create_connectors(const std::vector<std::string>& files, const Signals& signals) {
    for (const auto& file : files) {
      if (signals.requested()) return {};
      SLUICE_TRY_ASSIGN(auto connector, config::read_connector_file(file));
      herder::CreateRequest request{std::move(connector.name), std::move(connector.config), std::nullopt};
      SLUICE_TRY_ASSIGN(request.initial_state, target_state(connector.initial_state, file));
      auto created = herder_->create_connector(request, std::chrono::steady_clock::now() + rest::kRequestTimeout);
      if (!created)
        return base::fail(
            base::Error(base::Code::kFatal, base::exceptions::kConnect,
                        fmt::format("Failed to create connector for {}: {}", file, created.error().message()))
                .with_cause(std::move(created).error()));
      logger().info("Created connector {}", created->name);
    }
    herder_->set_ready();
    return {};
  }

  void stop() {
    logger().info("Kafka Connect stopping");
    // No new requests; those that wait are answered by the herder's end.
    front_.request_stop();
    if (herder_) herder_->stop();
    front_.stop();
    offsets_.stop();
    logger().info("Kafka Connect stopped");
  }

 private:
  static base::Result<std::optional<herder::TargetState>> target_state(const std::optional<std::string>& text,
                                                                       const std::string& file) {
    if (!text) return std::optional<herder::TargetState>();
    const std::string upper = base::to_upper_ascii(*text);
    if (upper == "RUNNING") return std::optional(herder::TargetState::kStarted);
    if (upper == "PAUSED") return std::optional(herder::TargetState::kPaused);
    if (upper == "STOPPED") return std::optional(herder::TargetState::kStopped);
    return base::config_error("'{}' in '{}' is no initial_state: write RUNNING, PAUSED or STOPPED", *text, file);
  }

  const std::unique_ptr<WorkerParts> parts_;
  WorkerFront front_;
  store::FileOffsetStore offsets_;
  std::unique_ptr<herder::StandaloneHerder> herder_;
};

}  // namespace

int run_standalone(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    fmt::print(stdout, "{}", kUsage);
    return kExitUsage;
  }
  if (args[0].starts_with("-")) {
    fmt::print(stderr, "sluice standalone: unknown option '{}'\n\n{}", args[0], kUsage);
    return kExitUsage;
  }
  // Both stay until the process ends: threads of hung plugins may use them.
  static Signals signals;
  auto parts = make_worker_parts(config::WorkerMode::kStandalone, args[0]);
  if (!parts) return startup_failed(parts.error(), logger());
  StandaloneWorker worker(std::move(*parts));
  int status = kExitOk;
  if (auto started = worker.start(signals); !started) {
    if (started.error().code() != base::Code::kStopping) status = startup_failed(started.error(), logger());
  } else if (auto created = worker.create_connectors({args.begin() + 1, args.end()}, signals); !created) {
    logger().error("Stopping after connector error\n{}", created.error().trace());
    fmt::print(stderr, "sluice: {}\n", created.error().message());
    status = kExitConnector;
  } else {
    signals.wait();
  }
  worker.stop();
  end_process(status);
}

}  // namespace sluice::cmd
