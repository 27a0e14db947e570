#pragma once
// What the records of the status topic add up to, and what is written to it (spec connect-runtime.md section 4.4):
// keys, values, and the rules of the cache. Knows nothing of Kafka. Not thread-safe.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/store/record_json.h"
#include "runtime/store/status_store.h"

namespace sluice::store {

// DESTROYED is written as a tombstone and never read.
inline constexpr std::string_view kDestroyedState = "DESTROYED";

std::string connector_status_key(std::string_view connector);
std::string task_status_key(const base::TaskId& task);
std::string topic_status_key(std::string_view topic, std::string_view connector);
std::string status_value(const Status& status);
std::string topic_status_value(const TopicStatus& topic);

class StatusTable {
 public:
  void set_observer(StatusStore::Observer observer) { observer_ = std::move(observer); }
  // One record; a null key or value has data() == nullptr. Error: what is wrong with it, for the log; it is ignored.
  base::Status apply(std::string_view key, std::string_view value);

  std::vector<std::string> connectors() const;
  const Status* connector(std::string_view connector) const;
  const Status* task(const base::TaskId& task) const;
  std::map<int, Status> tasks(std::string_view connector) const;
  // Sorted.
  std::vector<std::string> topics(std::string_view connector) const;
  bool has_topic(std::string_view connector, std::string_view topic) const;
  std::uint64_t topics_forgotten() const { return topics_forgotten_; }  // how many tombstones took a topic away

 private:
  base::Status apply_connector(std::string_view name, std::string_view value);
  base::Status apply_task(std::string_view id, std::string_view value);
  base::Status apply_topic(std::string_view rest, std::string_view value);
  base::Result<Status> read_status(std::string_view value);

  StatusStore::Observer observer_;
  RecordJson json_;
  std::map<std::string, Status, std::less<>> connectors_;
  std::map<std::string, std::map<int, Status>, std::less<>> tasks_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> topics_;  // of each connector
  std::uint64_t topics_forgotten_ = 0;
};

}  // namespace sluice::store
