#include "runtime/cmd/doctor_group.h"

#include <fmt/format.h>
#include <unistd.h>

#include "runtime/base/strings.h"
#include "runtime/group/connect_protocol.h"

namespace sluice::cmd {
namespace {

using namespace std::chrono_literals;

// The protocol that a setting of connect.protocol offers first, as its number on the wire.
std::optional<int> rank_of_setting(std::string_view setting) {
  if (base::equals_ignore_case_ascii(setting, "eager")) return 0;
  if (base::equals_ignore_case_ascii(setting, "compatible")) return 1;
  if (base::equals_ignore_case_ascii(setting, "sessioned")) return 2;
  return std::nullopt;
}

std::string setting_of(group::ConnectProtocol protocol) {
  return protocol == group::ConnectProtocol::kEager ? "eager" : std::string(group::protocol_name(protocol));
}

void judge_members(const GroupFacts& facts, const kafka::GroupDescription& group, Findings& findings) {
  std::vector<std::string> urls;
  for (const auto& member : group.members) {
    const auto metadata = group::decode_metadata(member.metadata);
    urls.push_back(metadata ? metadata->url : fmt::format("{} at {}", member.client_id, member.host));
    if (metadata && metadata->url == facts.advertised_url)
      findings.push_back({Level::kWarning, "group.url",
                          fmt::format("a member of group '{}' already has the URL {}", facts.group_id, metadata->url),
                          "this worker is running already, or another one advertises the same address",
                          "stop that one first, or set rest.advertised.host.name and rest.advertised.port"});
  }
  const auto agreed = group::protocol_of_name(group.protocol);
  const auto ours = rank_of_setting(facts.protocol);
  if (agreed && ours && *ours < static_cast<int>(*agreed))
    findings.push_back({Level::kWarning, "group.protocol",
                        fmt::format("the members of group '{}' speak '{}', and this worker has connect.protocol={}",
                                    facts.group_id, setting_of(*agreed), facts.protocol),
                        "the whole group falls back to what all can speak when this worker joins",
                        fmt::format("set connect.protocol={}", setting_of(*agreed))});
  else if (agreed && ours && *ours > static_cast<int>(*agreed))
    findings.push_back(
        {Level::kOk,
         "group.protocol",
         fmt::format("the members of group '{}' speak '{}'; '{}' comes into force when all of them offer it",
                     facts.group_id, setting_of(*agreed), base::to_lower_ascii(facts.protocol)),
         {},
         {}});
  findings.push_back({Level::kOk,
                      "group.members",
                      fmt::format("group '{}' ({}) has {} worker{}: {}", facts.group_id, group.state, urls.size(),
                                  urls.size() == 1 ? "" : "s", base::join(urls, ", ")),
                      {},
                      {}});
}

bool is_denied(const base::Error& error) {
  return std::string_view(error.exception()).ends_with("GroupAuthorizationException");
}

base::Status try_use(kafka::Admin& admin, const std::string& group, std::chrono::milliseconds timeout) {
  std::vector<kafka::PartitionOffset> offsets(1);
  offsets[0].partition = {
      fmt::format("sluice-doctor-{}-{}", ::getpid(), std::chrono::steady_clock::now().time_since_epoch().count()), 0};
  offsets[0].offset = 0;
  return admin.alter_group_offsets(group, offsets, timeout);
}

}  // namespace

Findings judge_group(const GroupFacts& facts) {
  Findings findings;
  if (facts.use && !*facts.use && is_denied(facts.use->error())) {
    findings.push_back(
        {Level::kError, "rights.group", fmt::format("this worker's user may not use group '{}'", facts.group_id),
         facts.use->error().message(), fmt::format("allow the principal Read on the group '{}'", facts.group_id)});
    return findings;
  }
  if (!facts.group) {
    const auto& error = facts.group.error();
    const bool denied = std::string_view(error.exception()).ends_with("AuthorizationException");
    findings.push_back(
        {denied ? Level::kError : Level::kWarning, denied ? "rights.group" : "group.state",
         fmt::format("group '{}' cannot be looked at", facts.group_id), error.message(),
         denied ? fmt::format("allow the principal Read and Describe on the group '{}'", facts.group_id)
                : "if time was short, give more with --timeout SECONDS; the coordinator may still be starting"});
    return findings;
  }
  const auto& group = *facts.group;
  if (!group || group->state == "Dead") {
    findings.push_back(
        {Level::kOk, "group.state", fmt::format("group '{}' has no members yet", facts.group_id), {}, {}});
  } else if (!group->protocol_type.empty() && group->protocol_type != group::kProtocolType) {
    findings.push_back({group->members.empty() ? Level::kWarning : Level::kError, "group.type",
                        fmt::format("group '{}' is a group of type '{}' ({} members, {})", facts.group_id,
                                    group->protocol_type, group->members.size(), group->state),
                        "group.id names a group of other clients, not of Connect workers: the coordinator refuses "
                        "workers as long as it "
                        "has members, and their offsets share its name",
                        "set group.id to a name of the workers' own"});
  } else if (group->members.empty()) {
    findings.push_back(
        {Level::kOk, "group.state", fmt::format("group '{}' has no members now", facts.group_id), {}, {}});
  } else {
    judge_members(facts, *group, findings);
  }
  return findings;
}

Findings check_group(const config::WorkerConfig& config, kafka::Admin& admin, const std::string& advertised_url,
                     const Deadline& deadline) {
  if (config.group_id().empty()) return {};
  GroupFacts facts{config.group_id(), config.parsed().string("connect.protocol"), advertised_url,
                   admin.describe_group(config.group_id(), deadline.at_most(8'000ms)), std::nullopt};
  if (!deadline.passed()) facts.use = try_use(admin, config.group_id(), deadline.at_most(5'000ms));
  return judge_group(facts);
}

}  // namespace sluice::cmd
