#include "tests/simulation/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/herder/request_signature.h"

namespace sluice::simulation {
namespace {

constexpr Coordinator::Timeouts kTimeouts;

const config::WorkerConfig& worker_config(const std::string& protocol, Ms rebalance_delay) {
  static std::map<std::pair<std::string, Ms>, std::unique_ptr<config::WorkerConfig>> made;
  auto& config = made[{protocol, rebalance_delay}];
  if (!config)
    config = std::make_unique<config::WorkerConfig>(
        config::WorkerConfig::make(config::WorkerMode::kDistributed,
                                   {{"bootstrap.servers", "simulated:9092"},
                                    {"group.id", "simulated"},
                                    {"config.storage.topic", "configs"},
                                    {"offset.storage.topic", "offsets"},
                                    {"status.storage.topic", "statuses"},
                                    {"connect.protocol", protocol},
                                    {"scheduled.rebalance.max.delay.ms", std::to_string(rebalance_delay.count())},
                                    {"worker.unsync.backoff.ms", "10000"},
                                    {"task.shutdown.graceful.timeout.ms", "5000"},
                                    {"key.converter", "org.apache.kafka.connect.storage.StringConverter"},
                                    {"value.converter", "org.apache.kafka.connect.storage.StringConverter"}},
                                   {})
            .value());
  return *config;
}

std::string seen_by(const std::string& worker, const std::string& what) {
  return fmt::format("{} (as {} shows it)", what, worker);
}

}  // namespace

// ---- workers

Cluster::Worker::Worker(Cluster& cluster, ProcessId its_process, int its_place, const config::WorkerConfig& config)
    : process(its_process),
      place(its_place),
      id(fmt::format("w{}:8083", its_place)),
      url(fmt::format("http://w{}:8083/", its_place)),
      configs(cluster.world, cluster.network, cluster.configs_),
      statuses(cluster.world, cluster.network, cluster.statuses_),
      membership(cluster.world, cluster.network, cluster.coordinator, kTimeouts),
      client(std::make_unique<Client>(cluster)) {
  context.config = &config;
  context.clock = &cluster.world.clock();
  herder::HerderParts parts;
  parts.worker = &context;
  parts.catalog = &cluster.catalog_;
  parts.converters = {"S", "S", "S"};
  parts.override_policy = config.override_policy().value();
  parts.version = "4.3.1";
  parts.probe = &cluster.probe_;
  parts.runners.connector =
      [&cluster](const task::WorkerContext&, config::ConnectorConfig connector,
                 task::ConnectorListener& listener) -> base::Result<std::shared_ptr<task::ConnectorRunner>> {
    if (connector.originals().get_or("fail", "") == "start") return base::connect_error("cannot be made");
    return std::make_shared<SimulatedConnector>(cluster.world, cluster.ledger, cluster.outside, std::move(connector),
                                                listener);
  };
  parts.runners.task = [&cluster](const task::WorkerContext&, task::TaskSpec spec,
                                  task::TaskListener& listener) -> base::Result<std::shared_ptr<task::TaskRunner>> {
    return std::make_shared<SimulatedTask>(cluster.world, cluster.ledger, std::move(spec), listener);
  };
  herder::ClusterParts shared;
  shared.configs = &configs;
  shared.statuses = &statuses;
  shared.membership = &membership;
  shared.leader = client.get();
  shared.worker_id = id;
  shared.advertised_url = url;
  shared.on_fatal = [&cluster, this](const base::Error& why) {
    cluster.ledger.complain(fmt::format("{} gives up: {}", id, why.to_string()));
  };
  herder = std::make_unique<herder::DistributedHerder>(std::move(parts), std::move(shared));
}

Cluster::Cluster(World& its_world, ClusterOptions options)
    : world(its_world),
      network(its_world),
      coordinator(its_world),
      ledger(its_world,
             [this](ProcessId process) {
               return std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
                 return worker->process == process && !worker->dead && coordinator.has(worker->membership.member_id());
               });
             }),
      options_(std::move(options)) {
  ledger.downgraded = [this] { return coordinator.protocol_changed(); };
  ledger.frozen_time = [this](ProcessId process) {
    for (const auto& worker : workers_)
      if (worker->process == process) {
        const Ms now =
            worker->frozen_since ? std::chrono::duration_cast<Ms>(world.now() - *worker->frozen_since) : Ms(0);
        return worker->frozen + now;
      }
    return Ms(0);
  };
}

Cluster::~Cluster() = default;

void Cluster::start(int place) {
  if (places_.contains(place)) return;
  const std::string& protocol = options_.protocols[static_cast<std::size_t>(place) % options_.protocols.size()];
  workers_.push_back(std::make_unique<Worker>(*this, static_cast<ProcessId>(workers_.size()) + 1, place,
                                              worker_config(protocol, options_.rebalance_delay)));
  Worker& worker = *workers_.back();
  places_[place] = &worker;
  world.tell(fmt::format("--- {} starts as process {}", worker.id, worker.process));
  world.spawn_in(worker.process, "main", [&worker] { static_cast<void>(worker.herder->start()); });
}

void Cluster::kill(int place) {
  Worker& worker = *places_.at(place);
  world.tell(fmt::format("--- {} is killed", worker.id));
  worker.dead = true;
  places_.erase(place);
  world.freeze(worker.process);
  network.cut(worker.process);
  ledger.killed(worker.process);
}

void Cluster::stop(int place) {
  Worker& worker = *places_.at(place);
  world.tell(fmt::format("--- {} stops", worker.id));
  worker.stopping = true;
  places_.erase(place);
  world.join(world.spawn_in(worker.process, "main", [&worker] {
    worker.herder->request_stop();
    worker.herder->stop();
  }));
  worker.stopped = true;
}

void Cluster::freeze(int place, Ms time) {
  Worker& worker = *places_.at(place);
  if (worker.frozen_since) return;
  world.tell(fmt::format("--- {} is frozen for {} ms", worker.id, time.count()));
  worker.frozen_since = world.now();
  world.freeze(worker.process);
  world.after_in(0, time, [this, &worker] {
    if (worker.dead || !worker.frozen_since) return;
    world.tell(fmt::format("--- {} goes on", worker.id));
    worker.frozen += std::chrono::duration_cast<Ms>(world.now() - *worker.frozen_since);
    worker.frozen_since.reset();
    world.thaw(worker.process);
  });
}

void Cluster::cut(int place, Ms time) {
  Worker& worker = *places_.at(place);
  world.tell(fmt::format("--- {} is cut off for {} ms", worker.id, time.count()));
  network.cut(worker.process);
  world.after_in(0, time, [this, &worker] {
    if (!worker.dead) network.heal(worker.process);
  });
}

void Cluster::brokers_down(Ms time) {
  world.tell(fmt::format("--- the brokers are down for {} ms", time.count()));
  network.brokers_down = true;
  world.after_in(0, time, [this] {
    network.brokers_down = false;
    coordinator.restart();
  });
}

bool Cluster::lives(int place) const {
  return places_.contains(place);
}

std::vector<int> Cluster::places() const {
  std::vector<int> all;
  for (const auto& [place, worker] : places_) all.push_back(place);
  return all;
}

void Cluster::end_faults() {
  world.tell("--- all faults end");
  network.loss = 0;
  if (network.brokers_down) coordinator.restart();
  network.brokers_down = false;
  for (const auto& worker : workers_) {
    if (worker->dead) continue;
    network.heal(worker->process);
    if (!worker->frozen_since) continue;
    worker->frozen += std::chrono::duration_cast<Ms>(world.now() - *worker->frozen_since);
    worker->frozen_since.reset();
    world.thaw(worker->process);
  }
  if (places_.empty()) start(0);
}

void Cluster::stop_all() {
  while (!places_.empty()) stop(places_.begin()->first);
  for (const auto& worker : workers_) {
    if (!worker->dead) continue;
    world.thaw(worker->process);
    world.join(world.spawn_in(worker->process, "ghost", [&worker] { worker->herder->stop(); }));
  }
}

Cluster::Worker* Cluster::at(const std::string& url) const {
  for (const auto& [place, worker] : places_)
    if (worker->url == url) return worker;
  return nullptr;
}

// ---- requests between workers

base::Status Cluster::Client::put_task_configs(const std::string& leader_url, const std::string& connector,
                                               const std::vector<config::ConfigMap>& configs,
                                               const std::optional<store::SessionKey>& key, Deadline deadline) {
  Worker* leader = cluster.at(leader_url);
  if (leader == nullptr)
    return base::fail(base::Code::kRetry, base::exceptions::kConnectRest, "cannot connect to {}", leader_url);
  herder::InternalRequest request;
  request.body = fmt::format("{} tasks", configs.size());
  if (key) SLUICE_TRY(herder::sign(request, "HmacSHA256", *key));
  return cluster.call<void>(
      *leader,
      [connector, configs, request](herder::Herder& herder, herder::Deadline until) {
        return herder.put_task_configs(connector, configs, request, until);
      },
      std::chrono::duration_cast<Ms>(deadline - base::steady_now()));
}

base::Status Cluster::Client::fence_zombies(const std::string&, const std::string&,
                                            const std::optional<store::SessionKey>&, Deadline) {
  return {};
}

// ---- the truth

std::shared_ptr<const store::ConfigSnapshot> Cluster::truth() const {
  std::vector<store::ConfigEvent> events;
  for (; truth_position_ < configs_.records.size(); ++truth_position_) {
    const store::ConfigRecord& record = configs_.records[truth_position_];
    truth_.apply(static_cast<std::int64_t>(truth_position_), record.key,
                 record.value ? std::string_view(*record.value) : std::string_view(), events);
  }
  return truth_.snapshot();
}

std::optional<std::string> Cluster::problem() const {
  if (!coordinator.stable()) return "the group is not stable";
  if (coordinator.size() != places_.size())
    return fmt::format("the group has {} members, and {} workers live", coordinator.size(), places_.size());
  const auto snapshot = truth();
  for (const auto& [name, state] : snapshot->connectors)
    if (auto problem = problem_of(name, *state)) return problem;
  for (const base::TaskId& id : ledger.running()) {
    const auto* state = snapshot->find(id.connector);
    if (state == nullptr || id.task >= static_cast<int>(state->tasks.size()))
      return fmt::format("{} runs, but is not configured", id.to_string());
  }
  for (const auto& [place, worker] : places_)
    for (const std::string& name : worker->statuses.connectors())
      if (snapshot->find(name) == nullptr)
        return seen_by(worker->id, fmt::format("connector {} has a status, but is not configured", name));
  return std::nullopt;
}

std::optional<std::string> Cluster::wrong_run(const base::TaskId& id, const std::string& version, bool paused,
                                              bool failed, std::string& worker_id) const {
  const auto runs = ledger.runs(id);
  if (failed && runs.empty()) return std::nullopt;
  if (runs.size() != 1) return fmt::format("{} runs {} times", id.to_string(), runs.size());
  if (runs.front().version != version)
    return fmt::format("{} runs with configuration {} and not {}", id.to_string(), runs.front().version, version);
  if (runs.front().paused != paused) return fmt::format("{} is {}paused", id.to_string(), paused ? "not " : "");
  for (const auto& [place, worker] : places_)
    if (worker->process == runs.front().process) worker_id = worker->id;
  if (worker_id.empty())
    return fmt::format("{} runs on process {}, which has stopped", id.to_string(), runs.front().process);
  return std::nullopt;
}

std::optional<std::string> Cluster::problem_of(const std::string& name,
                                               const store::ConnectorConfigState& state) const {
  const std::string fail = state.config.get_or("fail", ""), hang = state.config.get_or("hang", "");
  const std::string version = state.config.get_or("version", "");
  const bool paused = state.target == store::TargetState::kPaused;
  const bool stopped = state.target == store::TargetState::kStopped;
  if (stopped && !state.tasks.empty()) return fmt::format("{} is stopped and has tasks", name);
  const bool answers = fail != "start" && hang != "start" && hang != "tasks";
  if (answers && !paused && !stopped) {
    const auto expected =
        SimulatedConnector::tasks_of(outside, name, state.config, std::stoi(state.config.get_or("tasks.max", "1")));
    if (state.tasks.size() != expected.size() || state.inconsistent)
      return fmt::format("{} has {} tasks and not {}", name, state.tasks.size(), expected.size());
    for (const auto& task : state.tasks)
      if (task.get_or("version", "") != version)
        return fmt::format("the tasks of {} were made from configuration {} and not {}", name,
                           task.get_or("version", ""), version);
  }
  std::string owner;
  if (auto wrong = wrong_run({name, -1}, version, false, fail == "start", owner)) return wrong;
  std::map<int, std::string> owners;
  for (std::size_t i = 0; i < state.tasks.size(); ++i) {
    const int id = static_cast<int>(i);
    if (auto wrong =
            wrong_run({name, id}, state.tasks[i].get_or("version", ""), paused, ledger.failed({name, id}), owners[id]))
      return wrong;
  }
  return wrong_status(name, state, owners, owner);
}

std::optional<std::string> Cluster::wrong_status(const std::string& name, const store::ConnectorConfigState& state,
                                                 const std::map<int, std::string>& owners,
                                                 const std::string& owner) const {
  const std::string fail = state.config.get_or("fail", ""), hang = state.config.get_or("hang", "");
  const std::string up = state.target == store::TargetState::kStarted  ? "RUNNING"
                         : state.target == store::TargetState::kPaused ? "PAUSED"
                                                                       : "STOPPED";
  for (const auto& [place, worker] : places_) {
    const auto status = worker->herder->connector_status(name);
    if (!status) {
      if (hang == "start") continue;
      return seen_by(worker->id, fmt::format("connector {} has no status", name));
    }
    const std::string wanted = fail == "start" ? "FAILED" : up;
    // One that never says what its tasks are may be shown as failed for it.
    if (hang != "start" && hang != "tasks" && status->connector.state != wanted)
      return seen_by(worker->id, fmt::format("connector {} is {} and not {}", name, status->connector.state, wanted));
    if (hang != "start" && !owner.empty() && status->connector.worker_id != owner)
      return seen_by(worker->id,
                     fmt::format("connector {} is on {} and not {}", name, status->connector.worker_id, owner));
    if (status->tasks.size() != owners.size())
      return seen_by(worker->id,
                     fmt::format("{} tasks of {} have a status and not {}", status->tasks.size(), name, owners.size()));
    for (const auto& task : status->tasks) {
      const std::string text =
          fmt::format("task {}-{} is {} on {}", name, task.id, task.state.state, task.state.worker_id);
      const std::string task_up = ledger.failed({name, task.id}) ? "FAILED" : up;
      if (!owners.contains(task.id) || task.state.state != task_up ||
          (!owners.at(task.id).empty() && owners.at(task.id) != task.state.worker_id))
        return seen_by(worker->id, text);
    }
  }
  return std::nullopt;
}

}  // namespace sluice::simulation
