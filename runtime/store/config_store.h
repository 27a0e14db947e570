#pragma once
// The configuration that all workers of a cluster share (spec connect-runtime.md section 4.2): connectors, their tasks
// and target states, the session key, requests to everyone. The Kafka one is in kafka_config_store.h; simulations have
// their own.
//
// Threads: all calls may come from any thread and return at once, except start and stop. `Done` and the listener come
// on the store's threads and only enqueue. Writes are made one after another, in the order of the calls; each has 30 s.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/store/config_snapshot.h"

namespace sluice::store {

struct StoredRestartRequest {
  std::string connector;
  bool include_tasks = false;
  bool only_failed = false;
  bool operator==(const StoredRestartRequest&) const = default;
};

// Of a leader's write that failed with exactly-once support: this worker has lost the right to write, or never had it.
// If it still is the leader it claims the right again.
inline constexpr const char* kPrivilegedWriteException = "org.apache.kafka.connect.storage.PrivilegedWriteException";

// What changed since start() returned. The snapshot already has the change when the call comes.
class ConfigListener {
 public:
  virtual ~ConfigListener() = default;
  virtual void on_connector_updated(const std::string& connector) = 0;  // new or changed
  virtual void on_connector_removed(const std::string& connector) = 0;
  virtual void on_tasks_updated(const std::string& connector) = 0;  // a commit was read, complete or not
  virtual void on_target_state_changed(const std::string& connector) = 0;
  virtual void on_session_key(const SessionKey& key) = 0;
  virtual void on_restart_request(const StoredRestartRequest& request) = 0;
  virtual void on_logger_level(const std::string& logger, const std::string& level) = 0;
  // Something in the topic that should not be there, or that compaction has taken: for the log and the event list.
  virtual void on_anomaly(const std::string& text) = 0;
};

class ConfigStore {
 public:
  using Done = std::function<void(base::Status)>;

  virtual ~ConfigStore() = default;
  // Reads the topic to its end. No listener calls before this returns; the anomalies found come right after.
  virtual base::Status start(ConfigListener& listener) = 0;
  // Also while another thread is in start(), which then returns kStopping.
  virtual void stop() = 0;

  virtual std::shared_ptr<const ConfigSnapshot> snapshot() const = 0;
  // Everything that is in the topic now is in the snapshot when `done` comes. kTimeout.
  virtual void refresh(std::chrono::milliseconds timeout, Done done) = 0;

  // The leader's writes: the snapshot has them when `done` comes with success. Error texts of spec 4.2.
  virtual void put_connector(std::string connector, config::ConfigMap config, std::optional<TargetState> target,
                             Done done) = 0;
  virtual void remove_connector(std::string connector, Done done) = 0;
  virtual void put_tasks(std::string connector, std::vector<config::ConfigMap> tasks, Done done) = 0;
  virtual void put_task_count(std::string connector, int count, Done done) = 0;  // tasks-fencing-
  virtual void put_session_key(SessionKey key, Done done) = 0;
  virtual void put_restart_request(StoredRestartRequest request, Done done) = 0;
  // Any worker's: `done` comes with the broker's acknowledgement.
  virtual void put_target_state(std::string connector, TargetState state, Done done) = 0;
  virtual void put_logger_level(std::string logger, std::string level, Done done) = 0;

  // The leader's writes need this first when exactly.once.source.support is preparing or enabled (it fences the leader
  // before); otherwise done at once.
  virtual void claim_write_privileges(Done done) = 0;
};

}  // namespace sluice::store
