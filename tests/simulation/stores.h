#pragma once
// The shared topics of a cluster: one ordered log each, which every worker sees with a delay of its own. What records
// mean is the real ConfigTable's business.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/store/config_records.h"
#include "runtime/store/config_store.h"
#include "runtime/store/config_table.h"
#include "runtime/store/status_store.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace sluice::simulation {

// Reads a log's records as they come. `size` is the log's; `apply` gets them one by one.
class Follower {
 public:
  Follower(World& world, Network& network, std::function<std::size_t()> size, std::function<void(std::size_t)> apply);
  void start();  // from a fiber: returns at the end of the log
  void stop() { running_ = false; }
  void changed();  // there is more in the log
  std::size_t position() const { return position_; }
  // `then` when everything up to `end` was applied; false: not in time.
  void await(std::size_t end, Ms timeout, std::function<void(bool)> then);

 private:
  void pump();
  void tell();

  World& world_;
  Network& network_;
  const std::function<std::size_t()> size_;
  const std::function<void(std::size_t)> apply_;
  std::size_t position_ = 0;
  bool running_ = false, pumping_ = false;
  ProcessId process_ = 0;
  struct Waiter {
    std::size_t end;
    std::function<void(bool)> then;
  };
  std::vector<std::shared_ptr<Waiter>> waiters_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

template <typename Record>
struct Log {
  std::vector<Record> records;
  std::vector<std::function<void()>> followers;
  void append(Record record) {
    records.push_back(std::move(record));
    for (const auto& changed : followers) changed();
  }
};
using ConfigLog = Log<store::ConfigRecord>;

class SimulatedConfigStore final : public store::ConfigStore {
 public:
  SimulatedConfigStore(World& world, Network& network, ConfigLog& log);

  base::Status start(store::ConfigListener& listener) override;
  void stop() override;
  std::shared_ptr<const store::ConfigSnapshot> snapshot() const override { return table_.snapshot(); }
  void refresh(std::chrono::milliseconds timeout, Done done) override;
  void put_connector(std::string connector, config::ConfigMap config, std::optional<store::TargetState> target,
                     Done done) override;
  void remove_connector(std::string connector, Done done) override;
  void put_tasks(std::string connector, std::vector<config::ConfigMap> tasks, Done done) override;
  void put_task_count(std::string connector, int count, Done done) override;
  void put_session_key(store::SessionKey key, Done done) override;
  void put_restart_request(store::StoredRestartRequest request, Done done) override;
  void put_target_state(std::string connector, store::TargetState state, Done done) override;
  void put_logger_level(std::string logger, std::string level, Done done) override;
  void claim_write_privileges(Done done) override;

 private:
  struct Write {
    std::vector<std::vector<store::ConfigRecord>> batches;  // each after the one before is in the topic
    bool leader = true;
    Done done;
    base::SteadyTime expires{};
  };
  void write(Write write);
  void next();
  void send();
  void finish(base::Status status);
  void apply(std::size_t index);

  World& world_;
  Network& network_;
  ConfigLog& log_;
  store::ConfigTable table_;
  store::ConfigListener* listener_ = nullptr;
  bool live_ = false;
  Follower follower_;
  std::deque<Write> writes_;
  bool writing_ = false;
};

struct StatusRecord {
  base::TaskId id;  // task -1: the connector
  std::optional<store::Status> status;
};
using StatusLog = Log<StatusRecord>;

class SimulatedStatusStore final : public store::StatusStore {
 public:
  SimulatedStatusStore(World& world, Network& network, StatusLog& log);

  base::Status start() override;
  void stop() override;
  base::Status flush(std::chrono::steady_clock::time_point deadline) override;
  void put_connector(const std::string& connector, store::Status status, store::StatusWrite mode) override;
  void put_task(const base::TaskId& task, store::Status status, store::StatusWrite mode) override;
  void remove_connector(const std::string& connector) override;
  void remove_task(const base::TaskId& task) override;
  std::vector<std::string> connectors() const override;
  std::optional<store::Status> connector(std::string_view connector) const override;
  std::map<int, store::Status> tasks(std::string_view connector) const override;
  std::optional<store::Status> task(const base::TaskId& task) const override;
  void put_topic(store::TopicStatus) override {}
  std::vector<std::string> topics(std::string_view) const override { return {}; }
  bool has_topic(std::string_view, std::string_view) const override { return true; }
  void remove_topics(const std::string&) override {}

 private:
  void put(const base::TaskId& id, std::optional<store::Status> status, store::StatusWrite mode);
  void send();
  bool may_write(const base::TaskId& id, const store::Status& status) const;
  void apply(std::size_t index);

  World& world_;
  Network& network_;
  StatusLog& log_;
  std::map<base::TaskId, store::Status> cache_;
  Follower follower_;
  std::map<base::TaskId, std::uint64_t> latest_;  // the number of the latest write of a key
  std::uint64_t last_number_ = 0;
  struct Write {
    StatusRecord record;
    std::uint64_t number;
    bool safe;
  };
  std::deque<Write> writes_;
  base::Condition written_;
  std::mutex mutex_;
  bool stopped_ = false;
};

}  // namespace sluice::simulation
