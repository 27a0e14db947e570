#pragma once
// States of connectors and tasks, and the topics they used, as all workers of a cluster see them (spec
// connect-runtime.md section 4.4). The Kafka one is in kafka_status_store.h.
//
// Threads: any; no call blocks but start, stop and flush. Reads see the local cache, which follows the topic.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"

namespace sluice::store {

struct Status {
  std::string state;  // Connect's name
  std::string trace;  // empty: null in the topic
  std::string worker_id;
  int generation = 0;
  std::optional<std::string> version;
  bool operator==(const Status&) const = default;
};

// kSafe: skipped when another worker has written with a newer generation.
enum class StatusWrite { kAlways, kSafe };

struct TopicStatus {
  std::string topic;
  std::string connector;
  int task = 0;
  std::int64_t discovered_ms = 0;
};

class StatusStore {
 public:
  virtual ~StatusStore() = default;
  // Hears of every status of a connector (task -1) or a task that is read, whoever wrote it. Before start(); must not
  // come back here.
  using Observer = std::function<void(const base::TaskId& id, const Status& status)>;
  virtual void set_observer(Observer) {}

  virtual base::Status start() = 0;
  virtual void stop() = 0;
  // Waits until what was put is in the topic, or failed. kTimeout.
  virtual base::Status flush(std::chrono::steady_clock::time_point deadline) = 0;

  virtual void put_connector(const std::string& connector, Status status, StatusWrite mode) = 0;
  virtual void put_task(const base::TaskId& task, Status status, StatusWrite mode) = 0;
  virtual void remove_connector(const std::string& connector) = 0;  // tombstones, for it and all its known tasks
  virtual void remove_task(const base::TaskId& task) = 0;

  virtual std::vector<std::string> connectors() const = 0;
  virtual std::optional<Status> connector(std::string_view connector) const = 0;
  virtual std::map<int, Status> tasks(std::string_view connector) const = 0;
  virtual std::optional<Status> task(const base::TaskId& task) const = 0;

  virtual void put_topic(TopicStatus topic) = 0;  // nothing is written for one that is known
  virtual std::vector<std::string> topics(std::string_view connector) const = 0;
  virtual bool has_topic(std::string_view connector, std::string_view topic) const = 0;
  virtual void remove_topics(const std::string& connector) = 0;  // tombstones
  // Grows whenever a topic that was known is known no more, because a tombstone was read: tasks then tell again which
  // topics they use. Cheap: asked once per batch of records.
  virtual std::uint64_t topics_generation() const { return 0; }
};

}  // namespace sluice::store
