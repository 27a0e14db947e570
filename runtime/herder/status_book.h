#pragma once
// What is known of the state of connectors and tasks, and of the topics they used. Read by REST at any time, without
// the herder thread; written by the herder and by the instances' own threads. Thread-safe.
//
// Statuses of instances that ended count only for what is still listed: a late word from an abandoned instance does not
// bring a deleted connector back.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/herder/types.h"

namespace sluice::herder {

// Connect's names.
namespace state {
inline constexpr std::string_view kUnassigned = "UNASSIGNED";
inline constexpr std::string_view kRunning = "RUNNING";
inline constexpr std::string_view kPaused = "PAUSED";
inline constexpr std::string_view kStopped = "STOPPED";
inline constexpr std::string_view kFailed = "FAILED";
inline constexpr std::string_view kRestarting = "RESTARTING";
}  // namespace state

class StatusBook {
 public:
  // Hears of every state that is written, at once; task -1: the connector's. [any], and must not come back here.
  using Observer = std::function<void(const base::TaskId& id, const StateInfo& state)>;
  virtual ~StatusBook() = default;
  virtual void set_observer(Observer observer) { observer_ = std::move(observer); }  // before anything else

  // Lists the connector if it is not yet listed.
  virtual void put_connector(std::string_view connector, std::string_view state, std::string trace = {}) = 0;
  virtual void put_task(const base::TaskId& task, std::string_view state, std::string trace = {}) = 0;
  // What the instance is made of; shown with every status. Nothing: there is no instance.
  virtual void set_connector_version(std::string_view connector, std::optional<std::string> version) = 0;
  virtual void set_task_version(const base::TaskId& task, std::optional<std::string> version) = 0;
  // UNASSIGNED, for what is listed.
  virtual void connector_ended(std::string_view connector) = 0;
  virtual void task_ended(const base::TaskId& task) = 0;
  virtual void set_type(std::string_view connector, ConnectorType type) = 0;

  virtual std::optional<ConnectorStateInfo> connector(
      std::string_view connector) const = 0;  // nothing before the first
  virtual std::optional<TaskStateInfo> task(const base::TaskId& task) const = 0;

  virtual void add_topic(const base::TaskId& task, std::string_view topic) = 0;
  virtual std::vector<std::string> topics(std::string_view connector) const = 0;
  virtual void reset_topics(std::string_view connector) = 0;
  // Grows when topics are forgotten, by whatever worker. Cheap.
  virtual std::uint64_t topics_generation() const = 0;

 protected:
  void observed(const base::TaskId& id, const StateInfo& state) const {
    if (observer_) observer_(id, state);
  }

 private:
  Observer observer_;
};

// Of a worker that stands alone.
class MemoryStatusBook final : public StatusBook {
 public:
  void set_worker_id(std::string worker_id);  // of statuses written from now on

  void put_connector(std::string_view connector, std::string_view state, std::string trace = {}) override;
  void put_task(const base::TaskId& task, std::string_view state, std::string trace = {}) override;
  void set_connector_version(std::string_view connector, std::optional<std::string> version) override;
  void set_task_version(const base::TaskId& task, std::optional<std::string> version) override;
  void connector_ended(std::string_view connector) override;
  void task_ended(const base::TaskId& task) override;
  void set_type(std::string_view connector, ConnectorType type) override;

  void remove_connector(std::string_view connector);  // and its tasks; its topics stay, as in Connect
  void remove_task(const base::TaskId& task);

  std::optional<ConnectorStateInfo> connector(std::string_view connector) const override;
  std::optional<TaskStateInfo> task(const base::TaskId& task) const override;

  void add_topic(const base::TaskId& task, std::string_view topic) override;
  std::vector<std::string> topics(std::string_view connector) const override;
  void reset_topics(std::string_view connector) override;
  std::uint64_t topics_generation() const override { return topics_generation_.load(std::memory_order_acquire); }

 private:
  struct Entry {
    std::optional<StateInfo> state;
    std::optional<std::string> version;
    std::map<int, StateInfo> tasks;
    std::map<int, std::optional<std::string>> task_versions;
    ConnectorType type = ConnectorType::kUnknown;
  };
  StateInfo make(std::string_view state, std::optional<std::string> version, std::string trace) const;

  mutable std::mutex mutex_;
  std::string worker_id_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, std::set<std::string>, std::less<>> topics_;
  std::atomic<std::uint64_t> topics_generation_{0};
};

}  // namespace sluice::herder
