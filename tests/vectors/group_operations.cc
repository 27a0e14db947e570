// The group's bytes (files of group-protocol) and the assignor's histories.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "runtime/group/connect_protocol.h"
#include "runtime/herder/assignor.h"
#include "runtime/herder/leader_round.h"
#include "tests/vectors/runner.h"

namespace sluice::vectors {
namespace {

using base::Result;
using group::Assignment;
using group::ConnectProtocol;
using group::MemberMetadata;
using group::Work;

// Equal whatever the order of members.
bool same(const Json& a, const Json& b) {
  return nlohmann::json(a) == nlohmann::json(b);
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

ConnectProtocol read_protocol(const Json& name) {
  const auto protocol = group::protocol_of_name(name.get<std::string>());
  if (!protocol) throw NotationError("unknown protocol " + name.get<std::string>());
  return *protocol;
}

Work read_work(const Json& object, const std::string& prefix) {
  Work work;
  for (const Json& connector : object.value(prefix + "connectors", Json::array()))
    work.connectors.push_back(connector.get<std::string>());
  for (const Json& task : object.value(prefix + "tasks", Json::array()))
    work.tasks.push_back({task.at(0).get<std::string>(), task.at(1).get<int>()});
  return work;
}

void write_work(const Work& work, const std::string& prefix, Json& object) {
  object[prefix + "connectors"] = work.connectors;
  Json tasks = Json::array();
  for (const base::TaskId& task : work.tasks) tasks.push_back({task.connector, task.task});
  object[prefix + "tasks"] = std::move(tasks);
}

Assignment read_assignment(const Json& object, ConnectProtocol protocol) {
  Assignment assignment;
  assignment.version = object.value("version", static_cast<std::int16_t>(protocol));
  assignment.error = object.at("error").get<std::int16_t>();
  assignment.leader = object.at("leader").is_null() ? "" : object.at("leader").get<std::string>();
  assignment.leader_url = object.at("leader_url").is_null() ? "" : object.at("leader_url").get<std::string>();
  assignment.config_offset = object.at("config_offset").get<std::int64_t>();
  assignment.assigned = read_work(object, "");
  assignment.revoked = read_work(object, "revoked_");
  assignment.delay_ms = object.value("delay_ms", 0);
  return assignment;
}

// `complete`: with what version 0 has not.
Json write_assignment(const Assignment& assignment, bool complete) {
  Json object;
  if (complete) object["version"] = assignment.version;
  object["error"] = assignment.error;
  object["leader"] = assignment.leader;
  object["leader_url"] = assignment.leader_url;
  object["config_offset"] = assignment.config_offset;
  write_work(assignment.assigned, "", object);
  if (!complete) return object;
  write_work(assignment.revoked, "revoked_", object);
  object["delay_ms"] = assignment.delay_ms;
  return object;
}

// A worker without an allocation reads as Connect's empty one.
Json write_metadata(const MemberMetadata& metadata, bool complete) {
  Json object{{"url", metadata.url}, {"config_offset", metadata.config_offset}};
  if (!complete) return object;
  if (metadata.allocation) {
    object["allocation"] = write_assignment(*metadata.allocation, true);
  } else {
    Assignment none;
    none.version = static_cast<std::int16_t>(ConnectProtocol::kCompatible);
    object["allocation"] = write_assignment(none, true);
    object["allocation"]["leader"] = object["allocation"]["leader_url"] = nullptr;
  }
  return object;
}

MemberMetadata read_metadata(const Json& object, ConnectProtocol protocol) {
  MemberMetadata metadata;
  metadata.version = static_cast<std::int16_t>(protocol);
  metadata.url = object.at("url").get<std::string>();
  metadata.config_offset = object.at("config_offset").get<std::int64_t>();
  if (object.contains("allocation") && !object.at("allocation").is_null())
    metadata.allocation = read_assignment(object.at("allocation"), protocol);
  return metadata;
}

Result<Outcome> run_assignment(const Json& test_case, const Json& expected, Notation&) {
  const ConnectProtocol protocol = read_protocol(test_case.at("protocol"));
  const std::string bytes = encode(read_assignment(test_case.at("value"), protocol));
  SLUICE_TRY_ASSIGN(const Assignment read_back, group::decode_assignment(bytes));
  Json got{{"bytes", to_hex(bytes)}};
  got["read_back"] = write_assignment(read_back, protocol != ConnectProtocol::kEager);
  if (expected.contains("read_back_by_v1_reader")) got["read_back_by_v1_reader"] = write_assignment(read_back, true);
  return Outcome{same(got, expected), got};
}

Result<Outcome> run_metadata(const Json& test_case, const Json& expected, Notation&) {
  const ConnectProtocol protocol = read_protocol(test_case.at("protocol"));
  const std::string bytes = encode(read_metadata(test_case, protocol));
  SLUICE_TRY_ASSIGN(const MemberMetadata read_back, group::decode_metadata(bytes));
  Json got{{"bytes", to_hex(bytes)}};
  got["read_back"] = write_metadata(read_back, protocol != ConnectProtocol::kEager);
  if (expected.contains("read_back_by_v1_reader")) got["read_back_by_v1_reader"] = write_metadata(read_back, true);
  return Outcome{same(got, expected), got};
}

Result<Outcome> run_malformed(const Json& test_case, const Json& expected, Notation&) {
  const std::string bytes = from_hex(test_case.at("bytes").get<std::string>());
  Json got;
  if (test_case.at("kind") == "assignment") {
    SLUICE_TRY_ASSIGN(const Assignment assignment, group::decode_assignment(bytes));
    got["read_back"] = write_assignment(assignment, true);
  } else {
    SLUICE_TRY_ASSIGN(const MemberMetadata metadata, group::decode_metadata(bytes));
    got["read_back"] = write_metadata(metadata, true);
  }
  return Outcome{same(got, expected), got};
}

Result<Outcome> run_join_protocols(const Json& test_case, const Json& expected, Notation&) {
  const std::string name = test_case.at("connect.protocol").get<std::string>();
  const ConnectProtocol highest = name == "eager" ? ConnectProtocol::kEager : read_protocol(name);
  Json got{{"protocol_type", group::kProtocolType}, {"protocols", Json::array()}};
  for (const ConnectProtocol protocol : group::offered_protocols(highest)) {
    const std::string metadata = encode(read_metadata(test_case, protocol));
    got["protocols"].push_back({{"name", group::protocol_name(protocol)}, {"metadata", to_hex(metadata)}});
  }
  return Outcome{same(got, expected), got};
}

Result<Outcome> run_leader_round(const Json& test_case, const Json& expected, Notation&) {
  herder::LeaderInput input;
  input.protocol = read_protocol(test_case.at("protocol"));
  input.leader_id = test_case.at("leader").get<std::string>();
  for (const Json& member : test_case.at("members"))
    input.members[member.at("member_id").get<std::string>()] = from_hex(member.at("metadata").get<std::string>());
  for (const auto& [connector, tasks] : test_case.at("connectors").items())
    input.configured.connectors[connector] = tasks.get<int>();
  input.generation = 1;
  input.own_config_offset = test_case.at("own_config_offset").get<std::int64_t>();
  SLUICE_TRY_ASSIGN(const std::int64_t highest, herder::config_offset_max(input.members));
  if (input.own_config_offset < highest)
    input.own_config_offset = test_case.at("fresh_config_offset").get<std::int64_t>();

  herder::IncrementalAssignor assignor(std::chrono::minutes(5));
  SLUICE_TRY_ASSIGN(const herder::LeaderOutcome outcome, herder::run_leader_round(input, assignor));
  Json got{{"result", Json::array()}};
  for (const auto& [member, bytes] : outcome.assignments) {
    SLUICE_TRY_ASSIGN(const Assignment assignment, group::decode_assignment(bytes));
    got["result"].push_back({{"member_id", member},
                             {"assignment", to_hex(bytes)},
                             {"decoded", write_assignment(assignment, input.protocol != ConnectProtocol::kEager)}});
  }
  return Outcome{same(got, expected), got};
}

// Real groups, with the ports of their run: each message is read, and written again to the same bytes; and the members
// of a group agree about its leader.
Result<Outcome> run_live_group(const Json& test_case, const Json& expected, Notation&) {
  const std::string name = test_case.at("connect.protocol").get<std::string>();
  const ConnectProtocol highest = name == "eager" ? ConnectProtocol::kEager : read_protocol(name);
  Json got{{"protocol_type", group::kProtocolType},
           {"protocol", group::protocol_name(group::offered_protocols(highest).front())},
           {"members", Json::array()}};
  std::map<std::string, std::string> urls;
  std::vector<Assignment> assignments;
  for (Json member : test_case.at("members")) {
    SLUICE_TRY_ASSIGN(const auto metadata, group::decode_metadata(from_hex(member.at("metadata").get<std::string>())));
    SLUICE_TRY_ASSIGN(const auto assignment,
                      group::decode_assignment(from_hex(member.at("assignment").get<std::string>())));
    urls[member.at("member_id").get<std::string>()] = metadata.url;
    assignments.push_back(assignment);
    member["metadata"] = to_hex(encode(metadata));
    member["assignment"] = to_hex(encode(assignment));
    got["members"].push_back(std::move(member));
  }
  const bool one_leader = std::all_of(assignments.begin(), assignments.end(), [&](const Assignment& assignment) {
    return assignment.leader == assignments.front().leader && urls.contains(assignment.leader) &&
           urls.at(assignment.leader) == assignment.leader_url;
  });
  return Outcome{one_leader && same(got, expected), got};
}

herder::IncrementalAssignor::Round read_round(const Json& json) {
  herder::IncrementalAssignor::Round round;
  round.now_ms = json.at("now_ms").get<std::int64_t>();
  round.last_completed_generation = json.at("last_completed_generation").get<std::int32_t>();
  round.generation = json.at("generation").get<std::int32_t>();
  for (const Json& connector : json.at("connectors"))
    round.configured.connectors[connector.at("name").get<std::string>()] =
        connector.value("inconsistent", false) ? 0 : connector.at("tasks").get<int>();
  for (const Json& member : json.at("members"))
    round.members[member.at("id").get<std::string>()] = read_work(member, "");
  return round;
}

// Lists as sets.
Json sorted_shares(const Json& result) {
  Json sorted = result;
  for (Json& member : sorted)
    for (Json& list : member)
      if (list.is_array()) std::sort(list.begin(), list.end());
  return sorted;
}

Result<Outcome> run_history(const Json& test_case, const Json& expected, Notation&) {
  const std::chrono::milliseconds delay_max(test_case.at("max_delay_ms").get<std::int64_t>());
  herder::IncrementalAssignor assignor(delay_max);
  Json got = Json::array();
  bool equal = true;
  for (const Json& round : test_case.at("rounds")) {
    if (round.value("new_leader", false)) assignor = herder::IncrementalAssignor(delay_max);
    const auto outcome = assignor.assign(read_round(round));
    Json result = Json::array();
    for (const auto& [member, share] : outcome.members) {
      Json lists{{"id", member}};
      write_work(share.assigned, "assigned_", lists);
      write_work(share.revoked, "revoked_", lists);
      result.push_back(std::move(lists));
    }
    const Json& wanted = expected.at(got.size());
    got.push_back({{"round", round.at("round")},
                   {"delay_ms", outcome.delay.count()},
                   {"scheduled_rebalance_ms", assignor.scheduled_rebalance_ms()},
                   {"result", std::move(result)}});
    equal = equal && got.back().at("delay_ms") == wanted.at("delay_ms") &&
            got.back().at("scheduled_rebalance_ms") == wanted.at("scheduled_rebalance_ms") &&
            same(sorted_shares(got.back().at("result")), sorted_shares(wanted.at("result")));
    if (!equal) return Outcome{false, got.back()};  // the first round that differs tells the most
  }
  return Outcome{true, got};
}

}  // namespace

void add_group_operations(Operations& operations) {
  operations["group_assignment"] = run_assignment;
  operations["group_metadata"] = run_metadata;
  operations["group_malformed"] = run_malformed;
  operations["group_join-protocols"] = run_join_protocols;
  operations["group_leader-rounds"] = run_leader_round;
  operations["group_live-groups"] = run_live_group;
  operations["assignor_history"] = run_history;
}

}  // namespace sluice::vectors
