#include "runtime/herder/leader_round.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace sluice::herder {
namespace {

using group::Assignment;
using group::MemberMetadata;
using group::Work;

base::Result<std::map<MemberId, MemberMetadata>> read_members(const std::map<MemberId, std::string>& members) {
  std::map<MemberId, MemberMetadata> read;
  for (const auto& [member, bytes] : members) {
    auto metadata = group::decode_metadata(bytes);
    if (!metadata)
      return base::fail(base::Error(metadata.error().code(), metadata.error().exception(),
                                    fmt::format("The metadata of group member '{}' cannot be read", member))
                            .with_cause(std::move(metadata).error()));
    read.emplace(member, *std::move(metadata));
  }
  return read;
}

std::int64_t highest_offset(const std::map<MemberId, MemberMetadata>& members) {
  std::int64_t highest = -1;
  for (const auto& [member, metadata] : members) highest = std::max(highest, metadata.config_offset);
  return highest;
}

// What each is told, and the whole of what each has from now on.
struct Shares {
  std::map<MemberId, IncrementalAssignor::Share> told;
  std::map<MemberId, Work> complete;
  std::chrono::milliseconds delay{0};
};

Shares share_eagerly(const LeaderInput& input) {
  std::vector<MemberId> ids;
  for (const auto& [member, bytes] : input.members) ids.push_back(member);
  Shares shares{{}, assign_eagerly(input.configured, ids), {}};
  for (const auto& [member, work] : shares.complete) shares.told[member].assigned = work;
  return shares;
}

template <typename Item>
void replace(std::vector<Item>& items, const std::vector<Item>& assigned, const std::vector<Item>& revoked) {
  const std::set<Item> gone(revoked.begin(), revoked.end());
  std::erase_if(items, [&](const Item& item) { return gone.contains(item); });
  items.insert(items.end(), assigned.begin(), assigned.end());
}

Shares share_incrementally(const LeaderInput& input, const std::map<MemberId, MemberMetadata>& members,
                           IncrementalAssignor& assignor) {
  IncrementalAssignor::Round round;
  round.now_ms = input.now_ms;
  round.last_completed_generation = input.last_completed_generation;
  round.generation = input.generation;
  round.configured = input.configured;
  for (const auto& [member, metadata] : members) {
    round.members[member] = metadata.allocation ? metadata.allocation->assigned : Work{};
    if (metadata.leaving) round.leaving.insert(member);
  }

  IncrementalAssignor::Outcome outcome = assignor.assign(round);
  Shares shares{std::move(outcome.members), std::move(round.members), outcome.delay};
  for (auto& [member, work] : shares.complete) {
    const IncrementalAssignor::Share& share = shares.told.at(member);
    replace(work.connectors, share.assigned.connectors, share.revoked.connectors);
    replace(work.tasks, share.assigned.tasks, share.revoked.tasks);
  }
  return shares;
}

bool is_configured(const ConfiguredWork& configured, const base::TaskId& task) {
  const auto found = configured.connectors.find(task.connector);
  return found != configured.connectors.end() && task.task < found->second;
}

bool is_configured(const ConfiguredWork& configured, const Work& work) {
  return std::all_of(work.connectors.begin(), work.connectors.end(),
                     [&](const std::string& connector) { return configured.connectors.contains(connector); }) &&
         std::all_of(work.tasks.begin(), work.tasks.end(),
                     [&](const base::TaskId& task) { return is_configured(configured, task); });
}

}  // namespace

base::Result<std::int64_t> config_offset_max(const std::map<MemberId, std::string>& members) {
  SLUICE_TRY_ASSIGN(const auto read, read_members(members));
  return highest_offset(read);
}

base::Result<LeaderOutcome> run_leader_round(const LeaderInput& input, IncrementalAssignor& assignor) {
  SLUICE_TRY_ASSIGN(const auto members, read_members(input.members));
  const auto leader = members.find(input.leader_id);
  if (leader == members.end())
    return base::fail(base::Code::kBug, base::exceptions::kIllegalState,
                      "The leader '{}' is not among the members of its group", input.leader_id);

  LeaderOutcome outcome;
  const std::int64_t highest = highest_offset(members);
  outcome.config_mismatch = input.own_config_offset < highest;
  Shares shares;
  if (!outcome.config_mismatch)
    shares = input.protocol == group::ConnectProtocol::kEager ? share_eagerly(input)
                                                              : share_incrementally(input, members, assignor);

  Assignment assignment;
  assignment.version = static_cast<std::int16_t>(input.protocol);
  assignment.error = outcome.config_mismatch ? Assignment::kConfigMismatch : Assignment::kNoError;
  assignment.leader = input.leader_id;
  assignment.leader_url = leader->second.url;
  // The leader may know more than any member did: they must read as far before they use what was made from it.
  assignment.config_offset = std::max(highest, input.own_config_offset);
  assignment.delay_ms = static_cast<std::int32_t>(shares.delay.count());
  for (const auto& [member, metadata] : members) {
    IncrementalAssignor::Share& share = shares.told[member];
    assignment.assigned = std::move(share.assigned);
    assignment.revoked = std::move(share.revoked);
    outcome.assignments[member] = group::encode(assignment);
    const Work& complete = shares.complete[member];
    for (const std::string& connector : complete.connectors) outcome.connector_owners[connector] = metadata.url;
    for (const base::TaskId& task : complete.tasks) outcome.task_owners[task] = metadata.url;
    if (!is_configured(input.configured, complete)) outcome.leaves_unconfigured_work = true;
  }
  return outcome;
}

}  // namespace sluice::herder
