#pragma once
// Who runs what: Connect's assignors as pure functions over plain data (spec connect-runtime.md sections 5.4, 5.5;
// KIP-415, KIP-558). Every tie is broken by sorted order, so the same input gives the same result everywhere.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/group/connect_protocol.h"

namespace sluice::herder {

using MemberId = std::string;

struct ConfiguredWork {
  // Connector -> number of tasks; 0 for a connector whose tasks are inconsistent or unknown.
  std::map<std::string, int> connectors;
};

// Everything to everyone, round-robin: the eager protocol.
std::map<MemberId, group::Work> assign_eagerly(const ConfiguredWork& configured, const std::vector<MemberId>& members);

// The incremental cooperative assignor. Keeps what a leader remembers between rounds; a new leader begins with a new
// one. Not thread-safe.
class IncrementalAssignor {
 public:
  explicit IncrementalAssignor(std::chrono::milliseconds scheduled_rebalance_delay_max);
  ~IncrementalAssignor();
  IncrementalAssignor(IncrementalAssignor&&) noexcept;
  IncrementalAssignor& operator=(IncrementalAssignor&&) noexcept;

  struct Round {
    std::int64_t now_ms = 0;
    std::int32_t last_completed_generation = -1;
    std::int32_t generation = -1;
    ConfiguredWork configured;
    std::map<MemberId, group::Work> members;  // what each says it runs, in its own order
    // Those about to leave: their work is revoked now and given to others in the next round, as soon as it is free,
    // without the delay that work of vanished members waits. Nothing happens where all want to leave.
    std::set<MemberId> leaving{};
  };
  struct Share {
    group::Work assigned;  // newly
    group::Work revoked;
  };
  struct Outcome {
    std::chrono::milliseconds delay{0};  // until the next scheduled rebalance; 0: none
    std::map<MemberId, Share> members;
  };
  Outcome assign(const Round& round);

  // Absolute time of the next scheduled rebalance, 0: none.
  std::int64_t scheduled_rebalance_ms() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::herder
