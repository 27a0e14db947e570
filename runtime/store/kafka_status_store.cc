#include "runtime/store/kafka_status_store.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/kafka/kafka_log.h"
#include "runtime/store/internal_topic.h"
#include "runtime/store/status_table.h"

namespace sluice::store {
namespace {

constexpr std::int64_t kRetryPauseNs = 300'000'000;

const base::Logger kLog{"org.apache.kafka.connect.storage.KafkaStatusBackingStore"};

// A write that fails is tried again as long as it is the last word about its key: not once this worker has written
// something newer, another worker has done so with a newer generation, or the key has been removed. Topics are tried
// again for ever.
class KafkaStatusStore final : public StatusStore {
 public:
  explicit KafkaStatusStore(const base::Clock& clock) : clock_(clock) {}
  ~KafkaStatusStore() override { stop(); }

  base::Status open(const config::WorkerConfig& worker, const std::string& bootstrap_servers) {
    SLUICE_TRY_ASSIGN(auto options, internal_log_options(worker, InternalTopic::kStatus, bootstrap_servers,
                                                         [this] { return stopping_.load(); }));
    topic_ = options.topic;
    options.on_tick = [this] { send_again(); };
    log_ = std::make_unique<kafka::KafkaLog>(
        std::move(options), [this](const kafka::Message& message) { on_record(message); },
        [this](const base::Error& error) {
          kLog.error("Reading the status topic '{}': {}", topic_, error.to_string());
        });
    return {};
  }

  base::Status start() override { return log_->start(); }
  void stop() override;
  base::Status flush(std::chrono::steady_clock::time_point deadline) override;

  void put_connector(const std::string& connector, Status status, StatusWrite mode) override;
  void put_task(const base::TaskId& task, Status status, StatusWrite mode) override;
  void remove_connector(const std::string& connector) override;
  void remove_task(const base::TaskId& task) override;

  std::vector<std::string> connectors() const override;
  std::optional<Status> connector(std::string_view connector) const override;
  std::map<int, Status> tasks(std::string_view connector) const override;
  std::optional<Status> task(const base::TaskId& task) const override;

  void put_topic(TopicStatus topic) override;
  std::vector<std::string> topics(std::string_view connector) const override;
  bool has_topic(std::string_view connector, std::string_view topic) const override;
  void remove_topics(const std::string& connector) override;
  void set_observer(Observer observer) override { table_.set_observer(std::move(observer)); }
  std::uint64_t topics_generation() const override { return topics_generation_.load(std::memory_order_acquire); }

 private:
  struct Write {
    std::string key;
    std::optional<std::string> value;
    std::optional<base::TaskId> task{};  // of a status: whose; task -1: the connector's
    std::string worker{};                // of a status
    int generation = 0;
    std::uint64_t sequence = 0;
    std::int64_t due_ns = 0;  // of the next attempt
  };
  using Shared = std::shared_ptr<Write>;

  void write(Write write);  // mutex_ not held
  void send(const Shared& write);
  void on_sent(const Shared& write, const base::Status& result);
  void send_again();
  void on_record(const kafka::Message& message);
  void end(const Shared& write);
  bool wanted(const Write& write) const;  // with mutex_ held, as below
  const Status* cached(const base::TaskId& id) const;
  bool may_write(const base::TaskId& id, const Status& status) const;
  void put(const base::TaskId& id, std::string key, const Status& status, StatusWrite mode);

  const base::Clock& clock_;
  std::string topic_;
  std::unique_ptr<kafka::KafkaLog> log_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> topics_generation_{0};  // table_.topics_forgotten(), without the lock

  mutable std::mutex mutex_;
  std::condition_variable quiet_;
  StatusTable table_;                                         // guarded by mutex_, as all below
  std::map<std::string, std::uint64_t, std::less<>> newest_;  // sequence of the last write of each key not ended
  std::map<std::string, Shared, std::less<>> again_;          // waiting for another attempt
  std::set<std::string, std::less<>> announced_;              // keys of topics written but not read yet
  std::uint64_t sequence_ = 0;
  std::size_t outstanding_ = 0;  // writes that have not ended
};

constexpr int kConnectorItself = -1;

void KafkaStatusStore::stop() {
  stopping_ = true;
  log_->stop();
  std::lock_guard lock(mutex_);
  outstanding_ -= again_.size();
  again_.clear();
  quiet_.notify_all();
}

base::Status KafkaStatusStore::flush(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (quiet_.wait_until(lock, deadline, [&] { return outstanding_ == 0; })) return {};
  return base::fail(base::Code::kTimeout, base::exceptions::kTimeout, "{} statuses are not in topic '{}' yet",
                    outstanding_, topic_);
}

const Status* KafkaStatusStore::cached(const base::TaskId& id) const {
  return id.task == kConnectorItself ? table_.connector(id.connector) : table_.task(id);
}

bool KafkaStatusStore::may_write(const base::TaskId& id, const Status& status) const {
  const Status* known = cached(id);
  return known == nullptr || known->worker_id == status.worker_id || known->generation <= status.generation;
}

void KafkaStatusStore::put(const base::TaskId& id, std::string key, const Status& status, StatusWrite mode) {
  {
    std::lock_guard lock(mutex_);
    if (mode == StatusWrite::kSafe && !may_write(id, status)) return;
  }
  Write write{.key = std::move(key), .value = std::nullopt};
  if (status.state != kDestroyedState) write.value = status_value(status);
  write.task = id;
  write.worker = status.worker_id;
  write.generation = status.generation;
  this->write(std::move(write));
}

void KafkaStatusStore::put_connector(const std::string& connector, Status status, StatusWrite mode) {
  put({connector, kConnectorItself}, connector_status_key(connector), status, mode);
}

void KafkaStatusStore::put_task(const base::TaskId& task, Status status, StatusWrite mode) {
  put(task, task_status_key(task), status, mode);
}

void KafkaStatusStore::remove_connector(const std::string& connector) {
  std::map<int, Status> known;
  {
    std::lock_guard lock(mutex_);
    known = table_.tasks(connector);
  }
  write({.key = connector_status_key(connector), .value = std::nullopt});
  for (const auto& [task, status] : known) remove_task({connector, task});
}

void KafkaStatusStore::remove_task(const base::TaskId& task) {
  write({.key = task_status_key(task), .value = std::nullopt});
}

void KafkaStatusStore::put_topic(TopicStatus topic) {
  std::string key = topic_status_key(topic.topic, topic.connector);
  {
    std::lock_guard lock(mutex_);
    if (table_.has_topic(topic.connector, topic.topic) || !announced_.insert(key).second) return;
  }
  write({.key = std::move(key), .value = topic_status_value(topic)});
}

void KafkaStatusStore::remove_topics(const std::string& connector) {
  std::set<std::string> keys;
  {
    std::lock_guard lock(mutex_);
    for (const std::string& topic : table_.topics(connector)) keys.insert(topic_status_key(topic, connector));
    const std::string own = topic_status_key("", connector);
    const std::string_view end = std::string_view(own).substr(own.find(':'));  // names of topics hold no colon
    for (const std::string& key : announced_)
      if (key.ends_with(end)) keys.insert(key);
  }
  for (const std::string& key : keys) write({.key = key, .value = std::nullopt});
}

void KafkaStatusStore::write(Write write) {
  auto shared = std::make_shared<Write>(std::move(write));
  {
    std::lock_guard lock(mutex_);
    shared->sequence = ++sequence_;
    newest_[shared->key] = shared->sequence;
    ++outstanding_;
    if (const auto older = again_.find(shared->key); older != again_.end()) {
      again_.erase(older);
      --outstanding_;
    }
  }
  send(shared);
}

void KafkaStatusStore::send(const Shared& write) {
  const auto value = write->value ? std::string_view(*write->value) : std::string_view();
  const auto status =
      log_->send(write->key, value, [this, write](const base::Status& result) { on_sent(write, result); });
  if (!status) on_sent(write, status);
}

void KafkaStatusStore::on_sent(const Shared& write, const base::Status& result) {
  std::lock_guard lock(mutex_);
  if (result) return end(write);
  const auto code = result.error().code();
  const bool passing = code == base::Code::kRetry || code == base::Code::kTimeout;
  if (!passing || stopping_) {
    if (code != base::Code::kStopping) kLog.error("Failed to write status update: {}", result.error().to_string());
    announced_.erase(write->key);
    return end(write);
  }
  if (!wanted(*write)) return end(write);
  kLog.debug("Writing {} again: {}", write->key, result.error().message());
  write->due_ns = clock_.monotonic_ns() + kRetryPauseNs;
  again_[write->key] = write;  // only the newest of a key is wanted
}

void KafkaStatusStore::end(const Shared& write) {
  if (const auto newest = newest_.find(write->key); newest != newest_.end() && newest->second == write->sequence)
    newest_.erase(newest);
  --outstanding_;
  quiet_.notify_all();
}

bool KafkaStatusStore::wanted(const Write& write) const {
  const auto newest = newest_.find(write.key);
  if (newest == newest_.end() || newest->second != write.sequence) return false;
  if (!write.task) return true;
  Status own;
  own.worker_id = write.worker;
  own.generation = write.generation;
  return may_write(*write.task, own);
}

// [log]
void KafkaStatusStore::send_again() {
  std::vector<Shared> due;
  {
    std::lock_guard lock(mutex_);
    if (again_.empty()) return;
    const auto now = clock_.monotonic_ns();
    for (auto next = again_.begin(); next != again_.end();) {
      if (next->second->due_ns > now) {
        ++next;
        continue;
      }
      if (wanted(*next->second)) {
        due.push_back(next->second);
      } else {
        end(next->second);
      }
      next = again_.erase(next);
    }
  }
  for (const Shared& write : due) send(write);
}

// [log]
void KafkaStatusStore::on_record(const kafka::Message& message) {
  std::lock_guard lock(mutex_);
  if (message.key.data() == nullptr) return kLog.warn("Discarding record without key at offset {}", message.offset);
  if (const auto status = table_.apply(message.key, message.value); !status)
    kLog.warn("{} (partition {}, offset {})", status.error().message(), message.partition, message.offset);
  topics_generation_.store(table_.topics_forgotten(), std::memory_order_release);
  if (const auto told = announced_.find(message.key); told != announced_.end()) announced_.erase(told);
  // Removed by somebody: what waits for another attempt is of no use any more.
  if (message.value.data() != nullptr) return;
  if (const auto found = again_.find(message.key); found != again_.end() && found->second->value) {
    end(found->second);
    again_.erase(found);
  }
}

std::vector<std::string> KafkaStatusStore::connectors() const {
  std::lock_guard lock(mutex_);
  return table_.connectors();
}

std::optional<Status> KafkaStatusStore::connector(std::string_view connector) const {
  std::lock_guard lock(mutex_);
  const Status* found = table_.connector(connector);
  return found ? std::optional(*found) : std::nullopt;
}

std::map<int, Status> KafkaStatusStore::tasks(std::string_view connector) const {
  std::lock_guard lock(mutex_);
  return table_.tasks(connector);
}

std::optional<Status> KafkaStatusStore::task(const base::TaskId& task) const {
  std::lock_guard lock(mutex_);
  const Status* found = table_.task(task);
  return found ? std::optional(*found) : std::nullopt;
}

std::vector<std::string> KafkaStatusStore::topics(std::string_view connector) const {
  std::lock_guard lock(mutex_);
  return table_.topics(connector);
}

bool KafkaStatusStore::has_topic(std::string_view connector, std::string_view topic) const {
  std::lock_guard lock(mutex_);
  return table_.has_topic(connector, topic);
}

}  // namespace

base::Result<std::unique_ptr<StatusStore>> make_kafka_status_store(const config::WorkerConfig& worker,
                                                                   const std::string& bootstrap_servers,
                                                                   const base::Clock& clock) {
  auto store = std::make_unique<KafkaStatusStore>(clock);
  SLUICE_TRY(store->open(worker, bootstrap_servers));
  return store;
}

}  // namespace sluice::store
