#include "tests/simulation/stores.h"

#include <algorithm>
#include <utility>

namespace sluice::simulation {
namespace {

constexpr Ms kWriteBudget{30'000};
constexpr int kConnectorItself = -1;

base::Error store_error(std::string text) {
  return {base::Code::kRetry, base::exceptions::kConnect, std::move(text)};
}

}  // namespace

// ---- followers

Follower::Follower(World& world, Network& network, std::function<std::size_t()> size,
                   std::function<void(std::size_t)> apply)
    : world_(world), network_(network), size_(std::move(size)), apply_(std::move(apply)) {}

void Follower::start() {
  process_ = world_.process();
  running_ = true;
  do base::sleep_for(network_.latency());
  while (running_ && !network_.reachable(process_));
  while (position_ < size_()) apply_(position_++);
}

void Follower::changed() {
  if (!running_ || pumping_) return;
  pumping_ = true;
  world_.after_in(process_, network_.latency(), [this, weak = std::weak_ptr(alive_)] {
    if (weak.lock()) pump();
  });
}

void Follower::pump() {
  pumping_ = false;
  if (!running_) return;
  if (!network_.reachable(process_)) {
    pumping_ = true;
    return world_.after_in(process_, world_.delay(50, 300), [this, weak = std::weak_ptr(alive_)] {
      if (weak.lock()) pump();
    });
  }
  // Not always all that is there.
  const std::size_t end = size_();
  if (end <= position_) return tell();
  const std::size_t until =
      world_.chance(0.5) ? end : position_ + 1 + static_cast<std::size_t>(world_.random() % (end - position_));
  while (position_ < until) apply_(position_++);
  tell();
  if (position_ < size_()) changed();
}

void Follower::tell() {
  for (std::size_t i = 0; i < waiters_.size();) {
    if (waiters_[i]->end > position_) {
      ++i;
      continue;
    }
    const auto waiter = waiters_[i];
    waiters_.erase(waiters_.begin() + static_cast<std::ptrdiff_t>(i));
    std::exchange(waiter->then, nullptr)(true);
  }
}

void Follower::await(std::size_t end, Ms timeout, std::function<void(bool)> then) {
  if (position_ >= end) return then(true);
  const auto waiter = std::make_shared<Waiter>(Waiter{end, std::move(then)});
  waiters_.push_back(waiter);
  world_.after(timeout, [this, waiter, weak = std::weak_ptr(alive_)] {
    if (!weak.lock() || !waiter->then) return;
    std::erase(waiters_, waiter);
    std::exchange(waiter->then, nullptr)(false);
  });
}

// ---- the config topic

SimulatedConfigStore::SimulatedConfigStore(World& world, Network& network, ConfigLog& log)
    : world_(world),
      network_(network),
      log_(log),
      follower_(
          world, network, [this] { return log_.records.size(); }, [this](std::size_t index) { apply(index); }) {
  log_.followers.push_back([this] { follower_.changed(); });
}

void SimulatedConfigStore::apply(std::size_t index) {
  const store::ConfigRecord& record = log_.records[index];
  const std::string_view value = record.value ? std::string_view(*record.value) : std::string_view();
  std::vector<store::ConfigEvent> events;
  table_.apply(static_cast<std::int64_t>(index), record.key, value, events);
  if (live_)
    for (const auto& event : events) event.tell(*listener_);
}

base::Status SimulatedConfigStore::start(store::ConfigListener& listener) {
  listener_ = &listener;
  follower_.start();
  std::vector<store::ConfigEvent> events;
  table_.finish_catch_up(events);
  live_ = true;
  for (const auto& event : events) event.tell(*listener_);
  return {};
}

void SimulatedConfigStore::stop() {
  live_ = false;
  follower_.stop();
}

void SimulatedConfigStore::refresh(std::chrono::milliseconds timeout, Done done) {
  const base::SteadyTime expires = world_.now() + timeout;
  network_.ask_broker<std::size_t>(
      timeout, [log = &log_](const auto& answer) { answer(log->records.size()); },
      [this, done = std::move(done), expires](const std::optional<std::size_t>& end) {
        const auto too_late = [] { return base::fail(store_error("the end of the config topic cannot be read")); };
        if (!end) return done(too_late());
        follower_.await(*end, std::chrono::duration_cast<Ms>(expires - world_.now()), [done, too_late](bool read) {
          if (read) return done({});
          done(too_late());
        });
      });
}

void SimulatedConfigStore::write(Write write) {
  writes_.push_back(std::move(write));
  if (!writing_) next();
}

void SimulatedConfigStore::next() {
  writing_ = !writes_.empty();
  if (!writing_) return;
  writes_.front().expires = world_.now() + kWriteBudget;
  send();
}

void SimulatedConfigStore::finish(base::Status status) {
  const Done done = std::move(writes_.front().done);
  writes_.pop_front();
  done(std::move(status));
  next();
}

// A producer repeats what was not acknowledged for as long as it may: then it may be in the topic twice, or not at all.
void SimulatedConfigStore::send() {
  Write& write = writes_.front();
  if (write.batches.empty()) {
    if (!write.leader) return finish({});
    return refresh(kWriteBudget, [this](base::Status read) { finish(std::move(read)); });
  }
  if (world_.now() >= write.expires) return finish(base::fail(store_error("Error writing to Kafka")));
  network_.ask_broker<bool>(
      Ms(5000),
      [log = &log_, records = write.batches.front()](const auto& answer) {
        for (const auto& record : records) log->append(record);
        answer(true);
      },
      [this](const std::optional<bool>& answer) {
        if (!answer) return world_.after(world_.delay(50, 500), [this] { send(); });
        writes_.front().batches.erase(writes_.front().batches.begin());
        send();
      });
}

void SimulatedConfigStore::put_connector(std::string connector, config::ConfigMap config,
                                         std::optional<store::TargetState> target, Done done) {
  std::vector<store::ConfigRecord> records;
  if (target) records.push_back(store::target_state_record(connector, *target));
  records.push_back(store::connector_record(connector, config));
  write({{std::move(records)}, true, std::move(done)});
}

void SimulatedConfigStore::remove_connector(std::string connector, Done done) {
  write({{{store::connector_tombstone(connector), store::target_state_tombstone(connector)}}, true, std::move(done)});
}

void SimulatedConfigStore::put_tasks(std::string connector, std::vector<config::ConfigMap> tasks, Done done) {
  std::vector<store::ConfigRecord> records;
  for (std::size_t i = 0; i < tasks.size(); ++i)
    records.push_back(store::task_record(connector, static_cast<int>(i), tasks[i]));
  write({{std::move(records), {store::commit_record(connector, tasks.size())}}, true, std::move(done)});
}

void SimulatedConfigStore::put_task_count(std::string connector, int count, Done done) {
  write({{{store::task_count_record(connector, count)}}, true, std::move(done)});
}

void SimulatedConfigStore::put_session_key(store::SessionKey key, Done done) {
  write({{{store::session_key_record(key)}}, true, std::move(done)});
}

void SimulatedConfigStore::put_restart_request(store::StoredRestartRequest request, Done done) {
  write({{{store::restart_record(request)}}, true, std::move(done)});
}

void SimulatedConfigStore::put_target_state(std::string connector, store::TargetState state, Done done) {
  write({{{store::target_state_record(connector, state)}}, false, std::move(done)});
}

void SimulatedConfigStore::put_logger_level(std::string logger, std::string level, Done done) {
  write({{{store::logger_record(logger, level)}}, false, std::move(done)});
}

void SimulatedConfigStore::claim_write_privileges(Done done) {
  done({});
}

// ---- the status topic

SimulatedStatusStore::SimulatedStatusStore(World& world, Network& network, StatusLog& log)
    : world_(world),
      network_(network),
      log_(log),
      follower_(
          world, network, [this] { return log_.records.size(); }, [this](std::size_t index) { apply(index); }) {
  log_.followers.push_back([this] { follower_.changed(); });
}

void SimulatedStatusStore::apply(std::size_t index) {
  const StatusRecord& record = log_.records[index];
  const auto cached = cache_.find(record.id);
  if (!record.status) {
    if (record.id.task == kConnectorItself)
      std::erase_if(cache_, [&](const auto& entry) { return entry.first.connector == record.id.connector; });
    else if (cached != cache_.end())
      cache_.erase(cached);
    return;
  }
  if (record.id.task != kConnectorItself && record.status->state == "UNASSIGNED" && cached != cache_.end() &&
      cached->second.state == "RUNNING" && cached->second.generation >= record.status->generation)
    return;
  cache_[record.id] = *record.status;
}

base::Status SimulatedStatusStore::start() {
  follower_.start();
  return {};
}

void SimulatedStatusStore::stop() {
  stopped_ = true;
  follower_.stop();
}

base::Status SimulatedStatusStore::flush(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (written_.wait_until(lock, deadline, [&] { return writes_.empty(); })) return {};
  return base::fail(store_error("statuses are not written"));
}

bool SimulatedStatusStore::may_write(const base::TaskId& id, const store::Status& status) const {
  const auto cached = cache_.find(id);
  return cached == cache_.end() || cached->second.worker_id == status.worker_id ||
         cached->second.generation <= status.generation;
}

void SimulatedStatusStore::put(const base::TaskId& id, std::optional<store::Status> status, store::StatusWrite mode) {
  const bool safe = mode == store::StatusWrite::kSafe;
  if (safe && !may_write(id, *status)) return;
  latest_[id] = ++last_number_;
  writes_.push_back({{id, std::move(status)}, last_number_, safe});
  if (writes_.size() == 1) send();
}

// One after another. Repeated until it is written, unless something newer is to be.
void SimulatedStatusStore::send() {
  const auto finished = [this] {
    writes_.pop_front();
    if (!writes_.empty()) return send();
    written_.notify_all();
  };
  const Write& write = writes_.front();
  const base::TaskId& id = write.record.id;
  const bool obsolete = latest_[id] != write.number || (write.safe && !may_write(id, *write.record.status));
  if (obsolete || stopped_) return finished();
  network_.ask_broker<bool>(
      Ms(5000),
      [log = &log_, record = write.record](const auto& answer) {
        log->append(record);
        answer(true);
      },
      [this, finished](const std::optional<bool>& answer) {
        if (answer) return finished();
        world_.after(world_.delay(50, 500), [this] { send(); });
      });
}

void SimulatedStatusStore::put_connector(const std::string& connector, store::Status status, store::StatusWrite mode) {
  put({connector, kConnectorItself}, std::move(status), mode);
}
void SimulatedStatusStore::put_task(const base::TaskId& task, store::Status status, store::StatusWrite mode) {
  put(task, std::move(status), mode);
}
void SimulatedStatusStore::remove_connector(const std::string& connector) {
  for (const auto& [id, status] : tasks(connector)) remove_task({connector, id});
  put({connector, kConnectorItself}, std::nullopt, store::StatusWrite::kAlways);
}
void SimulatedStatusStore::remove_task(const base::TaskId& task) {
  put(task, std::nullopt, store::StatusWrite::kAlways);
}

std::vector<std::string> SimulatedStatusStore::connectors() const {
  std::vector<std::string> names;
  for (const auto& [id, status] : cache_)
    if (names.empty() || names.back() != id.connector) names.push_back(id.connector);
  return names;
}
std::optional<store::Status> SimulatedStatusStore::connector(std::string_view connector) const {
  return task({std::string(connector), kConnectorItself});
}
std::map<int, store::Status> SimulatedStatusStore::tasks(std::string_view connector) const {
  std::map<int, store::Status> found;
  for (auto at = cache_.lower_bound({std::string(connector), 0});
       at != cache_.end() && at->first.connector == connector; ++at)
    found.emplace(at->first.task, at->second);
  return found;
}
std::optional<store::Status> SimulatedStatusStore::task(const base::TaskId& task) const {
  const auto cached = cache_.find(task);
  return cached == cache_.end() ? std::nullopt : std::optional(cached->second);
}

}  // namespace sluice::simulation
