#pragma once
// How a connector is, as far as it can be seen: what its state says, what its parts have really done lately, and why
// that is not as it should be. Judged when somebody asks, from what the parts' own threads have written down.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/herder/types.h"
#include "runtime/task/progress.h"

namespace sluice::herder {

// kDegraded: it lives and something is wrong. kUnhealthy: it does nothing and will not by itself.
enum class HealthLevel { kHealthy, kDegraded, kUnhealthy };

struct HealthReason {
  HealthLevel level;
  std::string code;  // for programs: stays
  std::string text;  // for people
};

// What self-healing (self_healing.h) did and will do.
struct RestartState {
  std::uint64_t count = 0;                 // since it last ran well
  std::optional<std::int64_t> next_at_ms;  // wall clock
  std::string refused;                     // why it is not restarted any more; empty: it is
};

struct PartHealth {
  int task = -1;  // -1: the connector itself
  StateInfo state;
  HealthLevel level = HealthLevel::kHealthy;
  std::vector<HealthReason> reasons;
  std::optional<task::ProgressSnapshot> progress;  // of parts that run on this worker
  std::optional<RestartState> restart;
};

struct ConnectorHealth {
  std::string name;
  HealthLevel level = HealthLevel::kHealthy;  // the worst of its parts'
  PartHealth connector;
  std::vector<PartHealth> tasks;
  std::int64_t at_ms = 0;  // monotonic, as the times of `progress`
};

// One change of the state of a part.
struct HealthEvent {
  std::int64_t at_ms = 0;  // wall clock
  int task = -1;
  std::string state;
  std::string worker_id;
  std::string cause;  // empty: none was told
};

// Something that began, or is awaited, this long ago is worth a reason. Below the five seconds after which a trouble is
// to be seen.
inline constexpr std::int64_t kCallbackLongMs = 4000;
inline constexpr std::int64_t kNoAckMs = 4000;

// Fills `level` and `reasons` from the rest of `part`.
void judge(PartHealth& part, std::int64_t now_ms);

}  // namespace sluice::herder
