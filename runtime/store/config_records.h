#pragma once
// What is written to the config topic: keys and values exactly as Connect writes them (spec connect-runtime.md section
// 4.2).

#include <optional>
#include <string>
#include <string_view>

#include "runtime/config/config_map.h"
#include "runtime/store/config_snapshot.h"
#include "runtime/store/config_store.h"

namespace sluice::store {

struct ConfigRecord {
  std::string key;
  std::optional<std::string> value;  // nothing: a tombstone
};

namespace config_keys {
inline constexpr std::string_view kTargetState = "target-state-";
inline constexpr std::string_view kConnector = "connector-";
inline constexpr std::string_view kTask = "task-";
inline constexpr std::string_view kCommit = "commit-";
inline constexpr std::string_view kRestart = "restart-connector-";
inline constexpr std::string_view kFencing = "tasks-fencing-";
inline constexpr std::string_view kSessionKey = "session-key";
inline constexpr std::string_view kLogger = "logger-cluster-";
}  // namespace config_keys

// "STARTED", "PAUSED", "STOPPED".
std::string_view target_state_name(TargetState state);
std::optional<TargetState> parse_target_state(std::string_view name);

ConfigRecord connector_record(std::string_view connector, const config::ConfigMap& config);
ConfigRecord connector_tombstone(std::string_view connector);
ConfigRecord target_state_record(std::string_view connector, TargetState state);
ConfigRecord target_state_tombstone(std::string_view connector);
ConfigRecord task_record(std::string_view connector, int task, const config::ConfigMap& config);
ConfigRecord commit_record(std::string_view connector, std::size_t tasks);
ConfigRecord task_count_record(std::string_view connector, int count);
ConfigRecord session_key_record(const SessionKey& key);
ConfigRecord restart_record(const StoredRestartRequest& request);
ConfigRecord logger_record(std::string_view logger, std::string_view level);

}  // namespace sluice::store
