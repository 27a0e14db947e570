#pragma once
// What the REST API asks a herder for and what it gets (spec connect-runtime.md section 1.2). Plain data; rest/ turns
// it into JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/config/config_map.h"
#include "runtime/store/config_snapshot.h"

namespace sluice::herder {

enum class ConnectorType { kUnknown, kSource, kSink };
using store::TargetState;

struct ConnectorInfo {
  std::string name;
  config::ConfigMap config;  // raw: variables unresolved
  std::vector<base::TaskId> tasks;
  ConnectorType type = ConnectorType::kUnknown;
};

// `state` is Connect's name: UNASSIGNED, RUNNING, PAUSED, FAILED, RESTARTING, STOPPED.
struct StateInfo {
  std::string state;
  std::string worker_id;
  std::optional<std::string> version;
  std::string trace;  // empty: none
};
struct TaskStateInfo {
  int id = 0;
  StateInfo state;
};
struct ConnectorStateInfo {
  std::string name;
  StateInfo connector;
  std::vector<TaskStateInfo> tasks;
  ConnectorType type = ConnectorType::kUnknown;
};

struct TaskInfo {
  base::TaskId id;
  config::ConfigMap config;
};

struct CreateRequest {
  std::string name;
  config::ConfigMap config;
  std::optional<TargetState> initial_state;
};

struct Created {
  bool created = false;  // false: an existing connector was updated
  ConnectorInfo info;
};

struct RestartRequest {
  std::string connector;
  bool include_tasks = false;
  bool only_failed = false;
};

// One partition and its offset as JSON texts, exactly as stored; "null" where there is none.
struct OffsetInfo {
  std::string partition_json;
  std::string offset_json;
};

// The headers of a request between workers (KIP-507), and the exact bytes that are signed.
struct InternalRequest {
  std::optional<std::string> authorization;        // X-Connect-Authorization
  std::optional<std::string> signature_algorithm;  // X-Connect-Request-Signature-Algorithm
  std::string body;
};

struct ServerInfo {
  std::string version;
  std::string commit;
  std::optional<std::string> kafka_cluster_id;
};

struct Health {
  enum class Status { kHealthy, kStarting, kUnhealthy } status = Status::kHealthy;
  std::string message;
};

}  // namespace sluice::herder
