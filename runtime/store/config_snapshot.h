#pragma once
// What the config topic says, at one offset. Immutable once published; parts are shared between snapshots.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/config_map.h"

namespace sluice::store {

enum class TargetState { kStarted, kPaused, kStopped };

// KIP-507. `key` is secret: raw bytes.
struct SessionKey {
  std::string key;
  std::string algorithm;
  std::int64_t created_ms = 0;
  bool operator==(const SessionKey&) const = default;
};

struct ConnectorConfigState {
  config::ConfigMap config;  // raw: variables unresolved
  TargetState target = TargetState::kStarted;
  // Tasks 0..n-1, raw. Empty while inconsistent.
  std::vector<config::ConfigMap> tasks;
  bool inconsistent = false;                    // the last commit lacked task configurations
  std::optional<config::ConfigMap> applied;     // `config` at the time of the last complete commit
  int tasks_known = 0;                          // ids below had a configuration at some time
  std::int64_t commit_offset = -1;              // in the topic, of the last commit that was read, complete or not
  std::optional<std::int64_t> task_generation;  // counts complete commits; nothing before the first
  // Exactly-once (spec 5.12).
  std::optional<int> fenced_task_count;  // of tasks-fencing-<connector>
  bool pending_fencing = false;
};

struct ConfigSnapshot {
  std::int64_t offset = -1;  // of the next record: what goes into the group's metadata
  std::optional<SessionKey> session_key;
  std::map<std::string, std::shared_ptr<const ConnectorConfigState>, std::less<>> connectors;  // that have a config

  // Null: no such connector.
  const ConnectorConfigState* find(std::string_view connector) const {
    const auto found = connectors.find(connector);
    return found == connectors.end() ? nullptr : found->second.get();
  }
};

}  // namespace sluice::store
