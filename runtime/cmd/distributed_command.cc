// `sluice distributed`: a worker of a group.

#include <fmt/format.h>

#include <cstdio>

#include "rest/leader_http_client.h"
#include "runtime/base/log.h"
#include "runtime/cmd/commands.h"
#include "runtime/cmd/exit_codes.h"
#include "runtime/cmd/signals.h"
#include "runtime/cmd/version.h"
#include "runtime/cmd/worker_front.h"
#include "runtime/cmd/worker_parts.h"
#include "runtime/group/broker_membership.h"
#include "runtime/herder/distributed_herder.h"
#include "runtime/herder/group_options.h"
#include "runtime/store/kafka_config_store.h"
#include "runtime/store/kafka_offset_store.h"
#include "runtime/store/kafka_status_store.h"

namespace sluice::cmd {
namespace {

constexpr const char* kUsage =
    "Usage: sluice distributed worker.properties\n"
    "\n"
    "Runs a worker that shares connectors and tasks with the other workers of its group.id; configurations, statuses\n"
    "and offsets are kept in Kafka. Takes a Java connect-distributed.properties, and may join a group that has Java\n"
    "workers in it.\n"
    "\n"
    "Ends on SIGTERM or SIGINT after its tasks have finished what they do; a second signal ends it at once.\n"
    "Exit status: 1 wrong usage, or an internal topic that cannot be used; 2 the worker cannot start.\n";

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.cli.ConnectDistributed"};
  return log;
}

class DistributedWorker {
 public:
  explicit DistributedWorker(std::unique_ptr<WorkerParts> parts) : parts_(std::move(parts)), front_(*parts_) {}

  // Gives up with kStopping when a signal comes while no broker answers.
  base::Status start(Signals& signals) {
    SLUICE_TRY(front_.bind(logger()));
    SLUICE_TRY(await_cluster_id(*parts_, signals, logger()));
    const auto& config = *parts_->config;
    const auto& bootstrap = parts_->context.bootstrap_servers;
    const auto& clock = *parts_->context.clock;
    SLUICE_TRY_ASSIGN(offsets_, store::make_kafka_offset_store(config, bootstrap));
    SLUICE_TRY_ASSIGN(statuses_, store::make_kafka_status_store(config, bootstrap, clock));
    SLUICE_TRY_ASSIGN(configs_, store::make_kafka_config_store(config, bootstrap, clock));
    SLUICE_TRY_ASSIGN(auto group, herder::group_options(config, bootstrap, front_.worker_id()));
    membership_ = group::make_broker_membership(std::move(group));
    leader_ = front_.leader_client();
    parts_->context.offsets = offsets_.get();

    herder::ClusterParts cluster;
    cluster.configs = configs_.get();
    cluster.statuses = statuses_.get();
    cluster.membership = membership_.get();
    cluster.leader = leader_.get();
    cluster.worker_id = front_.worker_id();
    cluster.advertised_url = front_.url();
    cluster.on_fatal = [this, &signals](const base::Error& why) {
      fmt::print(stderr, "sluice: the worker cannot go on: {}\n", why.message());
      failed_ = true;
      signals.request();
    };
    herder_ =
        std::make_unique<herder::DistributedHerder>(herder::HerderParts{.worker = &parts_->context,
                                                                        .catalog = parts_->plugins.get(),
                                                                        .converters = parts_->converters,
                                                                        .override_policy = parts_->override_policy,
                                                                        .version = kafka_version(),
                                                                        .commit = commit()},
                                                    std::move(cluster));
    SLUICE_TRY(herder_->start());
    front_.serve(*herder_, logger());
    logger().info("Kafka Connect started");
    return {};
  }

  bool failed() const { return failed_; }

  void stop() {
    logger().info("Kafka Connect stopping");
    if (herder_) herder_->request_stop();
    // No new requests; those that wait are answered by the herder's end.
    front_.request_stop();
    if (leader_) leader_->stop();
    if (herder_) herder_->stop();
    front_.stop();
    if (offsets_) offsets_->stop();
    logger().info("Kafka Connect stopped");
  }

 private:
  const std::unique_ptr<WorkerParts> parts_;
  WorkerFront front_;
  std::unique_ptr<store::OffsetStore> offsets_;
  std::unique_ptr<store::StatusStore> statuses_;
  std::unique_ptr<store::ConfigStore> configs_;
  std::unique_ptr<group::Membership> membership_;
  std::unique_ptr<rest::LeaderHttpClient> leader_;
  std::unique_ptr<herder::DistributedHerder> herder_;
  std::atomic<bool> failed_{false};
};

}  // namespace

int run_distributed(const std::vector<std::string>& args) {
  if (args.size() != 1 || args[0] == "--help" || args[0] == "-h") {
    fmt::print(args.size() > 1 ? stderr : stdout, "{}", kUsage);
    return kExitUsage;
  }
  if (args[0].starts_with("-")) {
    fmt::print(stderr, "sluice distributed: unknown option '{}'\n\n{}", args[0], kUsage);
    return kExitUsage;
  }
  // Both stay until the process ends: threads of hung plugins may use them.
  static Signals signals;
  auto parts = make_worker_parts(config::WorkerMode::kDistributed, args[0]);
  if (!parts) return startup_failed(parts.error(), logger());
  DistributedWorker worker(std::move(*parts));
  int status = kExitOk;
  if (auto started = worker.start(signals); started) {
    signals.wait();
    if (worker.failed()) status = kExitHerder;
  } else if (started.error().code() != base::Code::kStopping) {
    status = startup_failed(started.error(), logger());
  }
  worker.stop();
  end_process(status);
}

}  // namespace sluice::cmd
