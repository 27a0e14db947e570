#pragma once
// The status book of a worker in a cluster: what it writes goes to the status topic, what it shows comes from there.
// States that only say that something ended are written "safely": a worker that has taken over meanwhile is not
// overruled (spec connect-runtime.md section 4.4). Thread-safe.

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/herder/status_book.h"
#include "runtime/store/status_store.h"

namespace sluice::herder {

class SharedStatusBook final : public StatusBook {
 public:
  // What the configuration says now. [any]
  struct Configured {
    std::function<bool(std::string_view connector)> has_connector;
    std::function<bool(const base::TaskId& task)> has_task;
    std::function<ConnectorType(std::string_view connector)> type;
  };
  // `store` and `clock` outlive this.
  SharedStatusBook(store::StatusStore& store, std::string worker_id, Configured configured, const base::Clock& clock);

  void set_observer(Observer observer) override;

  void set_generation(int generation) { generation_ = generation; }  // of the group, for what is written from now on

  void put_connector(std::string_view connector, std::string_view state, std::string trace = {}) override;
  void put_task(const base::TaskId& task, std::string_view state, std::string trace = {}) override;
  void set_connector_version(std::string_view connector, std::optional<std::string> version) override;
  void set_task_version(const base::TaskId& task, std::optional<std::string> version) override;
  void connector_ended(std::string_view connector) override;
  void task_ended(const base::TaskId& task) override;
  void set_type(std::string_view, ConnectorType) override {}  // follows from the configuration

  std::optional<ConnectorStateInfo> connector(std::string_view connector) const override;
  std::optional<TaskStateInfo> task(const base::TaskId& task) const override;

  void add_topic(const base::TaskId& task, std::string_view topic) override;
  std::vector<std::string> topics(std::string_view connector) const override { return store_.topics(connector); }
  void reset_topics(std::string_view connector) override { store_.remove_topics(std::string(connector)); }
  std::uint64_t topics_generation() const override { return store_.topics_generation(); }

  // Tombstones for statuses of connectors and tasks that are configured no more: the leader's duty after a rebalance.
  void forget_unconfigured();
  // Writes again what this worker has last said of an instance that is its own, where the late word of a worker that
  // had it before has come after it. `mine` tells by id (task -1: the connector). To be called every few seconds: what
  // differs twice is written.
  void repair(const std::function<bool(const base::TaskId& id)>& mine);

 private:
  struct Said {
    std::string state, trace;
    bool differed = false;  // from what the topic says, at the last repair
  };
  store::Status make(std::string_view state, std::string trace, std::optional<std::string> version) const;
  void write_connector(std::string_view connector, std::string_view state, std::string trace);
  void write_task(const base::TaskId& task, std::string_view state, std::string trace);
  bool shown(const base::TaskId& id, const Said& said) const;

  store::StatusStore& store_;
  const std::string worker_id_;
  const Configured configured_;
  const base::Clock& clock_;
  std::atomic<int> generation_{-1};
  mutable std::mutex mutex_;
  std::map<std::string, std::optional<std::string>, std::less<>> connector_versions_;
  std::map<base::TaskId, std::optional<std::string>> task_versions_;
  std::map<base::TaskId, Said> said_;  // of instances that have not ended
};

}  // namespace sluice::herder
