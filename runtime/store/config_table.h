#pragma once
// What the records of the config topic add up to (spec connect-runtime.md section 4.2), as a pure state machine: a
// record goes in, events come out, and a snapshot can be taken at any time. Knows nothing of Kafka. Not thread-safe.
//
// While the topic is first read the only events are anomalies, and finish_catch_up() ends that: it finds the connectors
// of which compaction has taken records (KAFKA-17719). Such a connector is marked inconsistent: it has no tasks until a
// complete set is committed, which the leader brings about by asking the connector again.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/store/config_snapshot.h"
#include "runtime/store/config_store.h"
#include "runtime/store/record_json.h"

namespace sluice::store {

struct ConfigEvent {
  enum class Kind {
    kConnectorUpdated,
    kConnectorRemoved,
    kTasksUpdated,
    kTargetStateChanged,
    kSessionKey,
    kRestartRequest,
    kLoggerLevel,
    kAnomaly,
  };
  Kind kind;
  std::string name{};  // of the connector or logger
  std::string text{};  // of the anomaly; the level
  SessionKey key{};    // kSessionKey
  StoredRestartRequest restart{};

  void tell(ConfigListener& listener) const;
};

class ConfigTable {
 public:
  // Anomalies kept while the topic is first read; the others are only counted.
  static constexpr std::size_t kAnomaliesMax = 100;

  // A null key or value has data() == nullptr. Events are appended. `offset` is the record's own.
  void apply(std::int64_t offset, std::string_view key, std::string_view value, std::vector<ConfigEvent>& events);
  // The end of the topic was reached for the first time. Gives all anomalies met until now.
  void finish_catch_up(std::vector<ConfigEvent>& events);
  // Connectors that do not exist, but had task configurations then: what deleted connectors leave behind.
  std::size_t leftovers() const { return leftovers_; }

  // Shared until the next change.
  std::shared_ptr<const ConfigSnapshot> snapshot() const;

 private:
  // All that is known under a connector's name. Stays when the connector goes, since some of it outlives it.
  struct Entry {
    std::shared_ptr<const ConnectorConfigState> state;  // null: no configuration
    std::optional<TargetState> target;                  // as the topic has it
    std::map<int, config::ConfigMap> staged;            // task configurations since the last commit
    std::optional<std::int64_t> generation;
    std::optional<int> fenced_task_count;
    bool pending_fencing = false;
    bool committed = false;           // since the configuration came
    std::optional<int> early_commit;  // of so many tasks, while there was no configuration
    std::string missing;              // tasks, of the last incomplete commit
    int expected = 0;                 // tasks of it
  };
  using Events = std::vector<ConfigEvent>;
  using Node = convert::json::Node;

  void read_target_state(const std::string& name, const Node& value, Events& events);
  void read_connector(const std::string& name, const Node& value, Events& events);
  void read_task(std::string_view id, const Node& value, Events& events);
  void read_commit(const std::string& name, const Node& value, Events& events);
  void commit(const std::string& name, Entry& entry, int tasks, Events& events);
  void read_fencing(const std::string& name, const Node& value, Events& events);
  void read_session_key(const Node& value, Events& events);
  void read_restart(const std::string& name, const Node& value, Events& events);
  void read_logger(const std::string& name, const Node& value, Events& events);
  void check_connector(const std::string& name, Entry& entry, Events& events);

  void anomaly(std::string text, Events& events);
  // The connector's state, to be changed and put back.
  static std::shared_ptr<ConnectorConfigState> copy_of(const Entry& entry);
  void put(Entry& entry, std::shared_ptr<ConnectorConfigState> state);

  RecordJson json_;
  bool live_ = false;
  std::int64_t offset_ = -1;
  std::optional<SessionKey> session_key_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<std::string> anomalies_;
  std::size_t anomalies_left_out_ = 0;
  std::size_t leftovers_ = 0;
  mutable std::shared_ptr<const ConfigSnapshot> snapshot_;  // null: to be made
};

}  // namespace sluice::store
