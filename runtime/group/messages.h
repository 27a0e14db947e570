#pragma once
// Inside the module: the few requests of Kafka's protocol that a group member needs, each in the versions that brokers
// from 2.1 to 4.3 speak. Pure functions; decoders take bytes from outside and refuse what is cut off (kBadRecord).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::group {

enum class Api : std::int16_t {
  kFindCoordinator = 10,
  kJoinGroup = 11,
  kHeartbeat = 12,
  kLeaveGroup = 13,
  kSyncGroup = 14,
  kSaslHandshake = 17,
  kApiVersions = 18,
  kSaslAuthenticate = 36,
};
std::string_view api_name(Api api);

struct VersionRange {
  std::int16_t min = 0;
  std::int16_t max = 0;
};
// What this module speaks.
VersionRange known_versions(Api api);
// Versions from this one on have compact lengths and tagged fields.
bool is_flexible(Api api, std::int16_t version);

// Error codes that mean something to a group member.
namespace errors {
inline constexpr std::int16_t kNone = 0;
inline constexpr std::int16_t kCoordinatorLoadInProgress = 14;
inline constexpr std::int16_t kCoordinatorNotAvailable = 15;
inline constexpr std::int16_t kNotCoordinator = 16;
inline constexpr std::int16_t kIllegalGeneration = 22;
inline constexpr std::int16_t kInconsistentGroupProtocol = 23;
inline constexpr std::int16_t kInvalidGroupId = 24;
inline constexpr std::int16_t kUnknownMemberId = 25;
inline constexpr std::int16_t kInvalidSessionTimeout = 26;
inline constexpr std::int16_t kRebalanceInProgress = 27;
inline constexpr std::int16_t kGroupAuthorizationFailed = 30;
inline constexpr std::int16_t kClusterAuthorizationFailed = 31;
inline constexpr std::int16_t kUnsupportedSaslMechanism = 33;
inline constexpr std::int16_t kIllegalSaslState = 34;
inline constexpr std::int16_t kUnsupportedVersion = 35;
inline constexpr std::int16_t kSaslAuthenticationFailed = 58;
inline constexpr std::int16_t kMemberIdRequired = 79;
inline constexpr std::int16_t kGroupMaxSizeReached = 81;
inline constexpr std::int16_t kFencedInstanceId = 82;
}  // namespace errors
// "NOT_COORDINATOR", or "error 123".
std::string error_name(std::int16_t code);

// What precedes every request, without the length: header, then `body`.
std::string frame(Api api, std::int16_t version, std::int32_t correlation_id, std::string_view client_id,
                  std::string_view body);
// Takes the header off an answer. Error: cut off, or not the answer to this request.
base::Result<std::string_view> unframe(Api api, std::int16_t version, std::int32_t correlation_id,
                                       std::string_view frame);

struct ApiVersions {
  std::int16_t error = errors::kNone;
  std::map<std::int16_t, VersionRange> ranges;
  // The highest version that both sides speak; nothing if there is none.
  std::optional<std::int16_t> best(Api api) const;
};
std::string encode_api_versions_request(std::int16_t version, std::string_view software_version);
base::Result<ApiVersions> decode_api_versions(std::string_view bytes, std::int16_t version);

struct Endpoint {
  std::string host;
  int port = 0;
  std::string to_string() const;
  bool operator==(const Endpoint&) const = default;
};

struct FoundCoordinator {
  std::int16_t error = errors::kNone;
  std::string message;
  Endpoint endpoint;
};
std::string encode_find_coordinator(std::string_view group_id, std::int16_t version);
base::Result<FoundCoordinator> decode_find_coordinator(std::string_view bytes, std::int16_t version);

struct JoinRequest {
  std::string group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  std::string member_id;
  std::string protocol_type;
  std::vector<std::pair<std::string, std::string>> protocols;  // name, metadata
  std::string reason;
};
struct JoinResponse {
  std::int16_t error = errors::kNone;
  std::int32_t generation = -1;
  std::optional<std::string> protocol_type;  // not told by older brokers
  std::string protocol;
  std::string leader;
  std::string member_id;
  std::map<std::string, std::string> members;  // told to the leader only
};
std::string encode(const JoinRequest& request, std::int16_t version);
base::Result<JoinResponse> decode_join(std::string_view bytes, std::int16_t version);

struct SyncRequest {
  std::string group_id;
  std::int32_t generation = -1;
  std::string member_id;
  std::string protocol_type;
  std::string protocol;
  std::map<std::string, std::string> assignments;  // the leader's; empty from others
};
struct SyncResponse {
  std::int16_t error = errors::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  std::string assignment;
};
std::string encode(const SyncRequest& request, std::int16_t version);
base::Result<SyncResponse> decode_sync(std::string_view bytes, std::int16_t version);

struct HeartbeatRequest {
  std::string group_id;
  std::int32_t generation = -1;
  std::string member_id;
};
std::string encode(const HeartbeatRequest& request, std::int16_t version);
base::Result<std::int16_t> decode_heartbeat(std::string_view bytes, std::int16_t version);  // the error code

struct LeaveRequest {
  std::string group_id;
  std::string member_id;
  std::string reason;
};
std::string encode(const LeaveRequest& request, std::int16_t version);
base::Result<std::int16_t> decode_leave(std::string_view bytes, std::int16_t version);  // the member's error code

struct SaslHandshakeResponse {
  std::int16_t error = errors::kNone;
  std::vector<std::string> mechanisms;
};
std::string encode_sasl_handshake(std::string_view mechanism);
base::Result<SaslHandshakeResponse> decode_sasl_handshake(std::string_view bytes);

struct SaslAuthenticateResponse {
  std::int16_t error = errors::kNone;
  std::string message;
  std::string bytes;
  std::int64_t session_lifetime_ms = 0;  // 0: for ever
};
std::string encode_sasl_authenticate(std::string_view bytes, std::int16_t version);
base::Result<SaslAuthenticateResponse> decode_sasl_authenticate(std::string_view bytes, std::int16_t version);

}  // namespace sluice::group
