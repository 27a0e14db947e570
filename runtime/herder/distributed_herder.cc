#include "runtime/herder/distributed_herder.h"

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/base/threads.h"
#include "runtime/store/offset_store.h"

namespace sluice::herder {
namespace {

// How long a request waits for a rebalance that goes on before it gets Connect's answer.
constexpr std::chrono::seconds kRebalancePatience{10};
constexpr std::size_t kWaitingMax = 1000;
// Twice as often as the group wants to hear that its owner lives.
constexpr std::chrono::milliseconds kTick{500};
constexpr std::uint64_t kTicksToCheck = 10;
constexpr std::uint64_t kTicksToWatch = 2;

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.distributed.DistributedHerder"};
  return log;
}

WorkerGroup::Options group_options_of(const config::WorkerConfig& worker, std::string url, metrics::Registry* metrics) {
  WorkerGroup::Options options;
  const std::string protocol = base::to_lower_ascii(worker.parsed().string("connect.protocol"));
  options.highest = protocol == "eager"
                        ? group::ConnectProtocol::kEager
                        : group::protocol_of_name(protocol).value_or(group::ConnectProtocol::kSessioned);
  options.url = std::move(url);
  options.metrics = metrics;
  options.scheduled_rebalance_delay_max =
      std::chrono::milliseconds(worker.parsed().int32("scheduled.rebalance.max.delay.ms"));
  options.sync_timeout = std::chrono::milliseconds(worker.parsed().int32("worker.sync.timeout.ms"));
  options.unsync_backoff = std::chrono::milliseconds(worker.parsed().int32("worker.unsync.backoff.ms"));
  return options;
}

}  // namespace

DistributedHerder::DistributedHerder(HerderParts parts, ClusterParts cluster)
    : core_(parts, std::make_shared<CommandLoop>(*parts.worker->clock), parts.worker->config->group_id()),
      cluster_(std::move(cluster)),
      loop_(core_.loop()),
      statuses_(
          *cluster_.statuses, cluster_.worker_id,
          {.has_connector =
               [this](std::string_view connector) { return cluster_.configs->snapshot()->find(connector) != nullptr; },
           .has_task =
               [this](const base::TaskId& task) {
                 const auto snapshot = cluster_.configs->snapshot();
                 const auto* state = snapshot->find(task.connector);
                 return state != nullptr && static_cast<std::size_t>(task.task) < state->tasks.size();
               },
           .type =
               [this](std::string_view connector) {
                 const auto snapshot = cluster_.configs->snapshot();
                 const auto* state = snapshot->find(connector);
                 return state != nullptr ? type_of(state->config) : ConnectorType::kUnknown;
               }},
          *core_.worker().clock),
      healing_(restart_options(*core_.worker().config), loop_, *core_.worker().clock, core_.health_book(),
               core_.worker().metrics, [this](const base::TaskId& id) { return heal(id); }),
      lifecycle_(loop_, core_.worker(), *core_.parts().catalog, core_.parts().runners, statuses_, core_.health_book(),
                 {.task_reconfiguration = [this](const std::string& connector) { reconfigure(connector); },
                  .reload = [this](const std::string& connector,
                                   std::chrono::milliseconds after) { reload(connector, after); },
                  .failed = [this](const base::TaskId& id, const base::Error& error) { healing_.failed(id, error); },
                  .running = [this](const base::TaskId& id) { healing_.running(id); },
                  .exactly_once = [this](const base::TaskId& task) { return gate_of(task); }}),
      work_(loop_, lifecycle_, statuses_,
            {.wanted = [this](const std::string& connector) { return wanted(connector); },
             .started = [this](const std::string& connector) { reconfigure(connector); },
             .gone = [this](const std::string& connector) { statuses_.reset_topics(connector); }}),
      writes_(loop_, std::chrono::hours(1), [](const std::string&) {}),
      group_(group_options_of(*core_.worker().config, cluster_.advertised_url, core_.worker().metrics), loop_,
             *cluster_.membership, *this, *core_.worker().clock),
      keys_(*core_.worker().config),
      protocol_(static_cast<int>(group_.protocol())) {
  statuses_.set_observer([this](const base::TaskId& id, const StateInfo& state) {
    core_.health_book().note(id, state.state, state.worker_id, state.trace);
  });
}

DistributedHerder::~DistributedHerder() {
  stop();
}

// ---- life

base::Status DistributedHerder::start() {
  logger().info("Herder starting");
  loop_->start();
  loop_->stage("initializing and reading to the end of internal topics");
  std::lock_guard lock(starter_mutex_);
  starter_ = base::Thread("herder-start", [this] { start_stores(); });
  return {};
}

void DistributedHerder::start_stores() {
  const auto start = [this]() -> base::Status {
    if (core_.worker().offsets != nullptr) SLUICE_TRY(core_.worker().offsets->start());
    if (!stopping_) SLUICE_TRY(cluster_.statuses->start());
    if (!stopping_) SLUICE_TRY(cluster_.configs->start(*this));
    return {};
  };
  if (auto started = start(); !started) {
    if (stopping_) return;
    logger().error("The internal topics cannot be used\n{}", started.error().trace());
    if (cluster_.on_fatal) cluster_.on_fatal(started.error());
    return;
  }
  post([this] { ready_to_join(); });
}

void DistributedHerder::ready_to_join() {
  const auto snapshot = cluster_.configs->snapshot();
  for (const auto& [name, state] : snapshot->connectors) known_.insert(name);
  keys_.set(snapshot->session_key);
  ready_ = true;
  logger().info("Herder started: {} connectors at config offset {}", known_.size(), snapshot->offset);
  loop_->stage("ensuring membership in the cluster");
  if (auto joined = cluster_.membership->start(group_); !joined) {
    logger().error("The group cannot be joined\n{}", joined.error().trace());
    if (cluster_.on_fatal) cluster_.on_fatal(joined.error());
    return;
  }
  tick();
}

void DistributedHerder::tick() {
  cluster_.membership->owner_alive();
  run_waiting();
  if (group_.settled() && group_.leading()) rotate_session_key();
  if (++ticks_ % kTicksToWatch == 0) lifecycle_.check_progress();
  if (ticks_ % kTicksToCheck == 0 && group_.settled()) {
    statuses_.repair([this](const base::TaskId& id) {
      return id.task < 0 ? group_.held().connectors.contains(id.connector) : group_.held().tasks.contains(id);
    });
    if (group_.leading()) statuses_.forget_unconfigured();
    check_tasks();
  }
  loop_->after(kTick, [this] {
    if (!closing_) tick();
  });
}

void DistributedHerder::request_stop() {
  stopping_ = true;
}

void DistributedHerder::stop() {
  if (loop_->stopped()) return;
  logger().info("Herder stopping");
  stopping_ = true;
  const auto& config = *core_.worker().config;
  hand_over();
  const auto deadline = base::steady_now() + Lifecycle::kConnectorStopMax +
                        std::chrono::milliseconds(config.task_shutdown_timeout_ms()) + std::chrono::seconds(5);
  Awaited<void> ended(*core_.worker().clock);
  loop_->post([this, reply = ended.reply()] {
    closing_ = true;
    group_.close();
    waiting_.clear();
    lifecycle_.stop_all([reply] { reply.complete({}); });
  });
  if (!ended.wait(deadline)) logger().error("Connectors and tasks did not stop in time; going on without them");
  if (ready_ && !cluster_.statuses->flush(base::steady_now() + std::chrono::seconds(5)))
    logger().warn("Not every status could be written before the end");
  cluster_.membership->stop(base::steady_now() + std::chrono::seconds(5));
  loop_->stop();
  core_.close();
  cluster_.configs->stop();
  cluster_.statuses->stop();
  {
    std::lock_guard lock(starter_mutex_);
    if (starter_.joinable()) starter_.join();
  }
  lifecycle_.stop_pool(base::steady_now() + std::chrono::seconds(1));
  core_.stop_pool(base::steady_now() + std::chrono::seconds(1));
  logger().info("Herder stopped");
}

// Without it, the work of a worker that leaves waits for its return for scheduled.rebalance.max.delay.ms.
void DistributedHerder::hand_over() {
  const std::chrono::milliseconds timeout(core_.worker().config->parsed().int64("sluice.handover.timeout.ms"));
  if (timeout.count() == 0 || !started_) return;
  Awaited<void> handed_over(*core_.worker().clock);
  loop_->post([this, reply = handed_over.reply()] { group_.hand_over([reply] { reply.complete({}); }); });
  if (!handed_over.wait(base::steady_now() + timeout))
    logger().warn(
        "The work of this worker could not be handed over in {} ms; it goes to others, or waits for this "
        "worker, as scheduled.rebalance.max.delay.ms says",
        timeout.count());
}

void DistributedHerder::post(Command command) {
  loop_->post([this, command = std::move(command)] {
    if (!closing_) command();
  });
}

store::ConfigStore::Done DistributedHerder::on_herder(std::function<void(base::Status)> then) {
  return [loop = loop_, then = std::move(then)](base::Status status) {
    loop->post([then, status = std::move(status)]() mutable { then(std::move(status)); });
  };
}

// ---- requests that wait for the group

void DistributedHerder::when_settled(bool configs_settled, Command command, Command expired) {
  const bool settled = configs_settled ? group_.settled() : group_.may_start();
  if (settled && waiting_.empty()) return command();
  if (waiting_.size() >= kWaitingMax) return expired();
  waiting_.push_back(
      {configs_settled, base::steady_now() + kRebalancePatience, std::move(command), std::move(expired)});
  run_waiting();
}

void DistributedHerder::run_waiting() {
  const auto now = base::steady_now();
  for (std::size_t left = waiting_.size(); left > 0 && !waiting_.empty(); --left) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next.configs_settled ? group_.settled() : group_.may_start()) {
      next.command();
    } else if (next.expires <= now) {
      next.expired();
    } else {
      waiting_.push_back(std::move(next));
    }
  }
}

// ---- the worker

// Asked of the herder thread: an answer from the side would say nothing about it.
Health DistributedHerder::health(Deadline deadline) {
  while (!started_ && !stopping_ && base::steady_now() < deadline) base::sleep_for(std::chrono::milliseconds(20));
  return core_.health(started_, deadline);
}

}  // namespace sluice::herder
