#pragma once
// The leader's part of one rebalance: from everyone's metadata to everyone's assignment (spec connect-runtime.md
// section 5.3). Pure, but for what the assignor remembers.

#include <cstdint>
#include <map>
#include <string>

#include "runtime/base/status.h"
#include "runtime/herder/assignor.h"

namespace sluice::herder {

struct LeaderInput {
  std::int64_t now_ms = 0;
  std::int32_t last_completed_generation = -1;
  std::int32_t generation = -1;
  std::string leader_id;                                                 // ours
  group::ConnectProtocol protocol = group::ConnectProtocol::kSessioned;  // that all members share
  std::map<MemberId, std::string> members;                               // metadata, as received
  std::int64_t own_config_offset = -1;                                   // of the snapshot `configured` was made from
  ConfiguredWork configured;
};

struct LeaderOutcome {
  std::map<MemberId, std::string> assignments;  // encoded
  // For sending requests to the right worker: connector or task -> the owner's URL. Empty after a mismatch.
  std::map<std::string, std::string> connector_owners;
  std::map<base::TaskId, std::string> task_owners;
  bool config_mismatch = false;
  // Members keep work that is not configured any more: an assignor that forgot (a new leader, a missed generation)
  // learns of it in this round and, as Connect's, revokes it in the next. The leader should ask for that one.
  bool leaves_unconfigured_work = false;
};

// The highest config offset that a member claims: when it is beyond the leader's own, the leader should first read on,
// and call run_leader_round with the fresh snapshot; still behind, everyone gets the mismatch error. Error: metadata
// that cannot be read, naming the member.
base::Result<std::int64_t> config_offset_max(const std::map<MemberId, std::string>& members);
base::Result<LeaderOutcome> run_leader_round(const LeaderInput& input, IncrementalAssignor& assignor);

}  // namespace sluice::herder
