#include "tests/simulation/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice::simulation {
namespace {

using store::TargetState;

constexpr Ms kCommandsTime{120'000};
// To come right: sessions expire, work that was lost waits for its worker, publications of tasks are tried again after
// up to a minute.
constexpr Ms kSettleTime{300'000};
constexpr Ms kQuietTime{30'000};

std::string described(const base::Error& error) {
  return fmt::format("{}: {}", error.exception(), error.message());
}

}  // namespace

History::History(std::uint64_t seed) : world(seed), seed_(seed) {}

History::~History() {
  if (!stopped_) {
    static_cast<void>(cluster_.release());  // its threads use it still; only after a violation
    return;
  }
  world.forget();
}

void History::plan() {
  constexpr int kDelaysMs[] = {0, 1'000, 20'000, 60'000};
  options_.rebalance_delay = Ms(kDelaysMs[world.draw(0, 3)]);
  const int protocols = world.draw(0, 9);
  if (protocols < 6)
    options_.protocols = {"sessioned"};
  else if (protocols == 6)
    options_.protocols = {"compatible"};
  else if (protocols == 7)
    options_.protocols = {"eager"};
  else
    options_.protocols = {"sessioned", "compatible", protocols == 8 ? "sessioned" : "eager"};
  places_ = world.draw(1, 4);
  faulty_ = world.chance(0.7);
  hanging_ = world.chance(0.2);
  cluster_ = std::make_unique<Cluster>(world, options_);
  if (faulty_ && world.chance(0.5)) cluster_->network.loss = 0.05 * world.draw(1, 4);
  if (world.chance(0.3)) cluster_->network.latency_max_ms = 300;
  world.tell(fmt::format("{} workers, {}, rebalance delay {} ms, {}", places_, fmt::join(options_.protocols, "+"),
                         options_.rebalance_delay.count(), faulty_ ? "faults" : "no faults"));
}

std::vector<std::string> History::run() {
  plan();
  for (int place = 0; place < places_; ++place)
    world.after_in(0, world.delay(0, 3000), [this, place] { cluster_->start(place); });
  commands_end_ = world.now() + kCommandsTime;
  for (int i = world.draw(1, 5); i > 0; --i) {
    ++clients_;
    const std::string connector = fmt::format("c{}", i);
    world.spawn("client", [this, connector] { live(connector); });
  }
  if (faulty_)
    for (int i = world.draw(1, 6); i > 0; --i) world.after_in(0, world.delay(2000, 115'000), [this] { fault(); });

  pass(kCommandsTime, [] { return false; });
  cluster_->end_faults();
  if (good() && !pass(std::chrono::minutes(10), [this] { return clients_ == 0; }))
    cluster_->ledger.complain("a client has no answer");
  if (good() && settle()) {
    check_wishes();
    bool restarted = false;
    world.spawn("restarts", [this, &restarted] {
      restart_all();
      restarted = true;
    });
    if (!pass(std::chrono::minutes(5), [&] { return restarted; })) cluster_->ledger.complain("restarts have no answer");
    if (good()) settle();
  }
  if (!good()) return cluster_->ledger.complaints();

  world.spawn("end", [this] {
    cluster_->stop_all();
    stopped_ = true;
  });
  if (!pass(std::chrono::minutes(5), [this] { return stopped_; })) {
    cluster_->ledger.complain("a worker does not stop");
  } else if (!pass(std::chrono::minutes(5), [this] { return world.threads().empty(); })) {
    cluster_->ledger.complain(fmt::format("threads that do not end: {}", fmt::join(world.threads(), ", ")));
    stopped_ = false;
  }
  return cluster_->ledger.complaints();
}

bool History::pass(Ms time, const std::function<bool()>& until) {
  bool reached = false;
  world.run_until(
      [&] {
        cluster_->ledger.check();
        return !good() || (reached = until());
      },
      time);
  return reached;
}

// Until nothing was wrong, and nothing moved, for a while.
bool History::settle() {
  constexpr Ms kLook{1000};
  const base::SteadyTime begin = world.now();
  const base::SteadyTime end = begin + kSettleTime + 3 * options_.rebalance_delay;
  constexpr auto kNotQuiet = base::SteadyTime::max();
  base::SteadyTime quiet_since = kNotQuiet;
  std::uint64_t started = 0;
  std::optional<std::string> problem;
  while (world.now() < end) {
    pass(kLook, [] { return false; });
    if (!good()) return false;
    problem = cluster_->problem();
    if (problem || started != cluster_->ledger.started()) quiet_since = kNotQuiet;
    started = cluster_->ledger.started();
    if (!problem && quiet_since == kNotQuiet) quiet_since = world.now();
    if (quiet_since != kNotQuiet && world.now() - quiet_since >= kQuietTime) {
      settled_after = std::max(settled_after, std::chrono::duration_cast<Ms>(quiet_since - begin));
      return true;
    }
  }
  cluster_->ledger.complain("does not come right: " + problem.value_or("work goes on moving"));
  return false;
}

void History::check_wishes() {
  const auto truth = cluster_->truth();
  for (const auto& [name, wish] : wishes_) {
    const auto* state = truth->find(name);
    if (wish.config_certain && wish.version.has_value() != (state != nullptr))
      cluster_->ledger.complain(fmt::format("{} was {}, and {}", name, wish.version ? "created" : "deleted",
                                            wish.version ? "is not there" : "is there"));
    if (state == nullptr || !wish.version) continue;
    if (wish.config_certain && state->config.get_or("version", "") != *wish.version)
      cluster_->ledger.complain(fmt::format("{} was given configuration {}, and has {}", name, *wish.version,
                                            state->config.get_or("version", "")));
    if (wish.config_certain && wish.target_certain && state->target != wish.target)
      cluster_->ledger.complain(fmt::format("{} was told {}, and is told {}", name,
                                            store::target_state_name(wish.target),
                                            store::target_state_name(state->target)));
  }
}

// ---- faults

void History::fault() {
  if (world.now() >= commands_end_ || !good()) return;
  const auto places = cluster_->places();
  const int place = world.draw(0, places_ - 1);
  const bool here = std::find(places.begin(), places.end(), place) != places.end();
  const auto come_back = [this, place] {
    world.after_in(0, world.delay(100, 40'000), [this, place] { cluster_->start(place); });
  };
  switch (world.draw(0, 9)) {
    case 0:
    case 1:
      if (!here) return cluster_->start(place);
      cluster_->kill(place);
      return come_back();
    case 2:
    case 3:
      if (!here) return cluster_->start(place);
      world.spawn("operator", [this, place, come_back] {
        cluster_->stop(place);
        come_back();
      });
      return;
    case 4:
    case 5:
      if (here) cluster_->freeze(place, world.delay(100, world.chance(0.5) ? 5'000 : 40'000));
      return;
    case 6:
    case 7:
      if (here) cluster_->cut(place, world.delay(100, world.chance(0.5) ? 5'000 : 40'000));
      return;
    case 8:
      return cluster_->brokers_down(world.delay(100, world.chance(0.5) ? 5'000 : 30'000));
    default:
      return cluster_->start(places_++);  // one more
  }
}

// ---- clients

template <typename T>
History::Effect History::effect_of(const base::Result<T>& result) {
  if (result) return Effect::kDone;
  const std::string_view exception = result.error().exception();
  for (const char* refusal :
       {base::exceptions::kNotLeader, base::exceptions::kNotAssigned, base::exceptions::kRebalanceNeeded,
        base::exceptions::kNotFound, base::exceptions::kAlreadyExists, base::exceptions::kBadRequest})
    if (exception == refusal) return Effect::kNone;
  return Effect::kUnknown;
}

void History::live(const std::string& connector) {
  Wish& wish = wishes_[connector];
  while (world.now() < commands_end_ && good()) {
    base::sleep_for(world.delay(500, 15'000));
    if (world.now() >= commands_end_) break;
    if (!cluster_->places().empty()) change(connector, wish);
  }
  --clients_;
}

void History::change(const std::string& connector, Wish& wish) {
  if (!wish.version && wish.config_certain) return put(connector, wish);
  switch (world.draw(0, 9)) {
    case 0:
    case 1:
    case 2:
      return put(connector, wish);
    case 3:
    case 4:
    case 5:
      return set_target(connector, wish);
    case 6:
      return remove(connector, wish);
    case 7:
      return restart(connector);
    default:
      world.tell(fmt::format("client: the world outside changes for {}", connector));
      cluster_->outside.change(connector, world.draw(0, 5));
  }
}

config::ConfigMap History::new_config(const std::string& connector) {
  config::ConfigMap config{{"connector.class", "Source"},
                           {"name", connector},
                           {"tasks.max", "4"},
                           {"tasks", std::to_string(world.draw(0, 5))},
                           {"version", std::to_string(++last_version_)}};
  if (hanging_ && world.chance(0.3)) {
    constexpr const char* kHangs[] = {"start", "stop", "tasks", "task.stop"};
    config.set("hang", std::string(kHangs[world.draw(0, 3)]));
  }
  if (hanging_ && world.chance(0.2)) config.set("fail", std::string(world.chance(0.5) ? "start" : "task"));
  return config;
}

void History::put(const std::string& connector, Wish& wish) {
  const auto places = cluster_->places();
  const int place = places[static_cast<std::size_t>(world.draw(0, static_cast<int>(places.size()) - 1))];
  const config::ConfigMap config = new_config(connector);
  Effect effect;
  std::string told = "fine";
  TargetState initial = wish.version || !wish.config_certain ? wish.target : TargetState::kStarted;
  if (!wish.version && wish.config_certain && world.chance(0.7)) {
    std::optional<TargetState> wanted;
    if (world.chance(0.3)) wanted = world.chance(0.5) ? TargetState::kPaused : TargetState::kStopped;
    initial = wanted.value_or(TargetState::kStarted);
    world.tell(fmt::format("client: create {} at w{}: {}", connector, place, config.get_or("version", "")));
    const auto created = cluster_->request<herder::ConnectorInfo>(place, [=](auto& herder, auto deadline) {
      return herder.create_connector({connector, config, wanted}, deadline);
    });
    effect = effect_of(created);
    if (!created) told = described(created.error());
  } else {
    world.tell(fmt::format("client: put {} at w{}: {}", connector, place, config.get_or("version", "")));
    const auto put = cluster_->request<herder::Created>(
        place, [=](auto& herder, auto deadline) { return herder.put_connector_config(connector, config, deadline); });
    effect = effect_of(put);
    if (!put) told = described(put.error());
  }
  world.tell(fmt::format("client: put {}: {}", connector, told));
  if (effect == Effect::kUnknown) wish.config_certain = false;
  if (effect != Effect::kDone) return;
  wish.version = config.get_or("version", "");
  wish.target = initial;
}

void History::set_target(const std::string& connector, Wish& wish) {
  const auto places = cluster_->places();
  const int place = places[static_cast<std::size_t>(world.draw(0, static_cast<int>(places.size()) - 1))];
  constexpr TargetState kTargets[] = {TargetState::kStarted, TargetState::kPaused, TargetState::kStopped};
  const TargetState target = kTargets[world.draw(0, 2)];
  world.tell(fmt::format("client: {} becomes {} at w{}", connector, store::target_state_name(target), place));
  const auto result = cluster_->request<void>(place, [=](auto& herder, auto deadline) {
    if (target == TargetState::kStarted) return herder.resume_connector(connector, deadline);
    if (target == TargetState::kPaused) return herder.pause_connector(connector, deadline);
    return herder.stop_connector(connector, deadline);
  });
  world.tell(fmt::format("client: {} becomes {}: {}", connector, store::target_state_name(target),
                         result ? "fine" : described(result.error())));
  const Effect effect = effect_of(result);
  if (effect == Effect::kUnknown) wish.target_certain = false;
  if (effect == Effect::kDone) wish.target = target;
}

void History::remove(const std::string& connector, Wish& wish) {
  const auto places = cluster_->places();
  const int place = places[static_cast<std::size_t>(world.draw(0, static_cast<int>(places.size()) - 1))];
  world.tell(fmt::format("client: delete {} at w{}", connector, place));
  const auto result = cluster_->request<void>(
      place, [=](auto& herder, auto deadline) { return herder.delete_connector(connector, deadline); });
  world.tell(fmt::format("client: delete {}: {}", connector, result ? "fine" : described(result.error())));
  const Effect effect = effect_of(result);
  if (effect == Effect::kUnknown) wish.config_certain = wish.target_certain = false;
  if (effect == Effect::kDone) wish.version.reset();
}

void History::restart(const std::string& connector) {
  const auto places = cluster_->places();
  const int place = places[static_cast<std::size_t>(world.draw(0, static_cast<int>(places.size()) - 1))];
  world.tell(fmt::format("client: restart {} at w{}", connector, place));
  const auto told = [&](const auto& result) {
    world.tell(fmt::format("client: restart {}: {}", connector, result ? "fine" : described(result.error())));
  };
  const bool tasks = world.chance(0.5), failed = world.chance(0.5);
  switch (world.draw(0, 2)) {
    case 0:
      return told(cluster_->request<void>(
          place, [=](auto& herder, auto deadline) { return herder.restart_connector(connector, deadline); }));
    case 1:
      return told(cluster_->request<void>(place, [=](auto& herder, auto deadline) {
        return herder.restart_task({connector, 0}, deadline);
      }));
    default:
      return told(cluster_->request<herder::ConnectorStateInfo>(place, [=](auto& herder, auto deadline) {
        return herder.restart_connector_and_tasks({connector, tasks, failed}, deadline);
      }));
  }
}

// In a quiet cluster each restart is accepted, and what it names is started again.
void History::restart_all() {
  const auto truth = cluster_->truth();
  for (const auto& [name, state] : truth->connectors) {
    if (state->config.contains("hang") || state->config.contains("fail") || state->tasks.empty()) continue;
    const auto places = cluster_->places();
    const int place = places[static_cast<std::size_t>(world.draw(0, static_cast<int>(places.size()) - 1))];
    world.tell(fmt::format("restart of {} and its tasks at w{}", name, place));
    const std::uint64_t before = cluster_->ledger.started();
    const auto restarted = cluster_->request<herder::ConnectorStateInfo>(place, [=](auto& herder, auto deadline) {
      return herder.restart_connector_and_tasks({name, true, false}, deadline);
    });
    if (!restarted)
      return cluster_->ledger.complain(
          fmt::format("restart of {} in a quiet cluster: {}", name, described(restarted.error())));
    const std::uint64_t wanted = before + 1 + state->tasks.size();
    for (int seconds = 0; seconds < 60 && cluster_->ledger.started() < wanted; ++seconds) base::sleep_for(Ms(1000));
    if (cluster_->ledger.started() != wanted)
      return cluster_->ledger.complain(fmt::format("restart of {} began {} parts and not {}", name,
                                                   cluster_->ledger.started() - before, wanted - before));
  }
}

}  // namespace sluice::simulation
