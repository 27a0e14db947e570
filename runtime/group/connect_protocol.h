#pragma once
// What members of a Connect group tell each other through the coordinator: the bytes inside JoinGroup and SyncGroup
// (spec connect-runtime.md section 5.2; Kafka's ConnectProtocol, IncrementalCooperativeConnectProtocol). Pure
// functions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"

namespace sluice::group {

inline constexpr std::string_view kProtocolType = "connect";

// connect.protocol. The numbers are the versions on the wire.
enum class ConnectProtocol : std::int16_t { kEager = 0, kCompatible = 1, kSessioned = 2 };

// The subprotocol's name: "default", "compatible", "sessioned".
std::string_view protocol_name(ConnectProtocol protocol);
std::optional<ConnectProtocol> protocol_of_name(std::string_view name);
// What is offered under connect.protocol, the preferred one first.
std::vector<ConnectProtocol> offered_protocols(ConnectProtocol highest);

// Connector instances and tasks, in wire order.
struct Work {
  std::vector<std::string> connectors;
  std::vector<base::TaskId> tasks;
  bool empty() const { return connectors.empty() && tasks.empty(); }
  bool operator==(const Work&) const = default;
};

struct Assignment {
  static constexpr std::int16_t kNoError = 0;
  static constexpr std::int16_t kConfigMismatch = 1;

  std::int16_t version = 0;  // as in the header; `encode` writes it
  std::int16_t error = kNoError;
  std::string leader;  // member id
  std::string leader_url;
  std::int64_t config_offset = -1;
  Work assigned;  // version 0: all of the member's work; later: what is new
  Work revoked;   // version 0 has none
  std::int32_t delay_ms = 0;
  bool operator==(const Assignment&) const = default;
};

struct MemberMetadata {
  std::int16_t version = 0;
  std::string url;
  std::int64_t config_offset = -1;
  std::optional<Assignment> allocation;  // what the member runs, as `assigned`; versions 1 and 2 only
  // Ours, not Connect's: the member is about to leave and wants its work to go to others first. Follows what Connect
  // reads, which ignores it; versions 1 and 2 only.
  bool leaving = false;
  bool operator==(const MemberMetadata&) const = default;
};

// Items are written one element per connector: connector instances first, in the order of Java's HashSet (as Connect
// does), then connectors of which there are only tasks, by first appearance. So what is read back may be in another
// order than what was written.
std::string encode(const Assignment& assignment);
std::string encode(const MemberMetadata& metadata);

// Any version >= 0 is read with the known layout; trailing fields that are missing are empty. Error: kBadRecord, for
// bytes that are cut off or no such message.
base::Result<Assignment> decode_assignment(std::string_view bytes);
base::Result<MemberMetadata> decode_metadata(std::string_view bytes);

}  // namespace sluice::group
