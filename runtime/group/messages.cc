#include "runtime/group/messages.h"

#include <algorithm>

#include "runtime/group/bytes.h"

namespace sluice::group {
namespace {

constexpr std::int8_t kKeyTypeGroup = 0;
constexpr std::string_view kSoftwareName = "sluice";
constexpr std::size_t kReasonBytesMax = 255;  // what Kafka's own client sends of a reason

tl::unexpected<base::Error> malformed(std::string_view what) {
  return base::fail(base::Code::kBadRecord, base::exceptions::kKafka, "the broker's {} answer cannot be read", what);
}

template <typename T>
base::Result<T> checked(const ByteReader& in, T value, std::string_view what) {
  if (!in.ok()) return malformed(what);
  return value;
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

std::string_view api_name(Api api) {
  switch (api) {
    case Api::kFindCoordinator:
      return "FindCoordinator";
    case Api::kJoinGroup:
      return "JoinGroup";
    case Api::kHeartbeat:
      return "Heartbeat";
    case Api::kLeaveGroup:
      return "LeaveGroup";
    case Api::kSyncGroup:
      return "SyncGroup";
    case Api::kSaslHandshake:
      return "SaslHandshake";
    case Api::kApiVersions:
      return "ApiVersions";
    case Api::kSaslAuthenticate:
      return "SaslAuthenticate";
  }
  return "unknown";
}

VersionRange known_versions(Api api) {
  switch (api) {
    case Api::kFindCoordinator:
      return {0, 4};
    case Api::kJoinGroup:
      return {1, 9};
    case Api::kHeartbeat:
      return {0, 4};
    case Api::kLeaveGroup:
    case Api::kSyncGroup:
      return {0, 5};
    case Api::kSaslHandshake:
      return {1, 1};
    case Api::kApiVersions:
      return {0, 3};
    case Api::kSaslAuthenticate:
      return {0, 2};
  }
  return {};
}

bool is_flexible(Api api, std::int16_t version) {
  switch (api) {
    case Api::kFindCoordinator:
    case Api::kApiVersions:
      return version >= 3;
    case Api::kJoinGroup:
      return version >= 6;
    case Api::kHeartbeat:
    case Api::kLeaveGroup:
    case Api::kSyncGroup:
      return version >= 4;
    case Api::kSaslHandshake:
      return false;
    case Api::kSaslAuthenticate:
      return version >= 2;
  }
  return false;
}

std::string error_name(std::int16_t code) {
  static const std::map<std::int16_t, std::string_view> kNames{
      {errors::kNone, "NONE"},
      {errors::kCoordinatorLoadInProgress, "COORDINATOR_LOAD_IN_PROGRESS"},
      {errors::kCoordinatorNotAvailable, "COORDINATOR_NOT_AVAILABLE"},
      {errors::kNotCoordinator, "NOT_COORDINATOR"},
      {errors::kIllegalGeneration, "ILLEGAL_GENERATION"},
      {errors::kInconsistentGroupProtocol, "INCONSISTENT_GROUP_PROTOCOL"},
      {errors::kInvalidGroupId, "INVALID_GROUP_ID"},
      {errors::kUnknownMemberId, "UNKNOWN_MEMBER_ID"},
      {errors::kInvalidSessionTimeout, "INVALID_SESSION_TIMEOUT"},
      {errors::kRebalanceInProgress, "REBALANCE_IN_PROGRESS"},
      {errors::kGroupAuthorizationFailed, "GROUP_AUTHORIZATION_FAILED"},
      {errors::kClusterAuthorizationFailed, "CLUSTER_AUTHORIZATION_FAILED"},
      {errors::kUnsupportedSaslMechanism, "UNSUPPORTED_SASL_MECHANISM"},
      {errors::kIllegalSaslState, "ILLEGAL_SASL_STATE"},
      {errors::kUnsupportedVersion, "UNSUPPORTED_VERSION"},
      {errors::kSaslAuthenticationFailed, "SASL_AUTHENTICATION_FAILED"},
      {errors::kMemberIdRequired, "MEMBER_ID_REQUIRED"},
      {errors::kGroupMaxSizeReached, "GROUP_MAX_SIZE_REACHED"},
      {errors::kFencedInstanceId, "FENCED_INSTANCE_ID"},
  };
  const auto found = kNames.find(code);
  return found == kNames.end() ? fmt::format("error {}", code) : std::string(found->second);
}

std::string Endpoint::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::string frame(Api api, std::int16_t version, std::int32_t correlation_id, std::string_view client_id,
                  std::string_view body) {
  ByteWriter out;
  out.int16(static_cast<std::int16_t>(api));
  out.int16(version);
  out.int32(correlation_id);
  out.string(client_id);  // never compact
  out.tags(is_flexible(api, version));
  out.raw(body);
  return out.take();
}

base::Result<std::string_view> unframe(Api api, std::int16_t version, std::int32_t correlation_id,
                                       std::string_view frame) {
  ByteReader in(frame);
  const std::int32_t answered = in.int32();
  // The answer to ApiVersions keeps the old header, so that a client can read it before it knows the broker.
  in.tags(api != Api::kApiVersions && is_flexible(api, version));
  if (!in.ok()) return malformed(api_name(api));
  if (answered != correlation_id)
    return base::fail(base::Code::kBadRecord, base::exceptions::kKafka,
                      "the broker answered request {} where the answer to request {} ({}) was due", answered,
                      correlation_id, api_name(api));
  return in.rest();
}

std::optional<std::int16_t> ApiVersions::best(Api api) const {
  const auto found = ranges.find(static_cast<std::int16_t>(api));
  if (found == ranges.end()) return std::nullopt;
  const VersionRange ours = known_versions(api);
  const std::int16_t best = std::min(ours.max, found->second.max);
  if (best < ours.min || best < found->second.min) return std::nullopt;
  return best;
}

std::string encode_api_versions_request(std::int16_t version, std::string_view software_version) {
  ByteWriter out;
  if (version >= 3) {
    out.string(kSoftwareName, true);
    out.string(software_version, true);
    out.tags(true);
  }
  return out.take();
}

base::Result<ApiVersions> decode_api_versions(std::string_view bytes, std::int16_t version) {
  ByteReader in(bytes);
  ApiVersions versions;
  versions.error = in.int16();
  // A broker that does not know the version asked for answers in version 0.
  const bool flexible = version >= 3 && versions.error != errors::kUnsupportedVersion;
  for (std::size_t left = in.count(flexible, 6); left > 0 && in.ok(); --left) {
    const std::int16_t key = in.int16();
    VersionRange range;
    range.min = in.int16();
    range.max = in.int16();
    in.tags(flexible);
    versions.ranges[key] = range;
  }
  return checked(in, std::move(versions), "ApiVersions");
}

std::string encode_find_coordinator(std::string_view group_id, std::int16_t version) {
  const bool flexible = is_flexible(Api::kFindCoordinator, version);
  ByteWriter out;
  if (version <= 3) out.string(group_id, flexible);
  if (version >= 1) out.int8(kKeyTypeGroup);
  if (version >= 4) {
    out.count(1, true);
    out.string(group_id, true);
  }
  out.tags(flexible);
  return out.take();
}

base::Result<FoundCoordinator> decode_find_coordinator(std::string_view bytes, std::int16_t version) {
  const bool flexible = is_flexible(Api::kFindCoordinator, version);
  ByteReader in(bytes);
  FoundCoordinator found;
  if (version >= 1) in.int32();  // throttle time
  if (version >= 4) {
    if (in.count(true, 8) == 0) in.fail();  // one for the one key that was asked for
    in.string(true);
    in.int32();  // node id
    found.endpoint.host = in.string(true);
    found.endpoint.port = in.int32();
    found.error = in.int16();
    found.message = in.nullable_string(true).value_or("");
  } else {
    found.error = in.int16();
    if (version >= 1) found.message = in.nullable_string(flexible).value_or("");
    in.int32();  // node id
    found.endpoint.host = in.string(flexible);
    found.endpoint.port = in.int32();
  }
  if (found.error == errors::kNone && (found.endpoint.port < 1 || found.endpoint.port > 65535)) in.fail();
  return checked(in, std::move(found), "FindCoordinator");
}

std::string encode(const JoinRequest& request, std::int16_t version) {
  const bool flexible = is_flexible(Api::kJoinGroup, version);
  ByteWriter out;
  out.string(request.group_id, flexible);
  out.int32(request.session_timeout_ms);
  out.int32(request.rebalance_timeout_ms);
  out.string(request.member_id, flexible);
  if (version >= 5) out.nullable_string(std::nullopt, flexible);  // no static membership
  out.string(request.protocol_type, flexible);
  out.count(request.protocols.size(), flexible);
  for (const auto& [name, metadata] : request.protocols) {
    out.string(name, flexible);
    out.sized_bytes(metadata, flexible);
    out.tags(flexible);
  }
  if (version >= 8) out.string(std::string_view(request.reason).substr(0, kReasonBytesMax), flexible);
  out.tags(flexible);
  return out.take();
}

base::Result<JoinResponse> decode_join(std::string_view bytes, std::int16_t version) {
  const bool flexible = is_flexible(Api::kJoinGroup, version);
  ByteReader in(bytes);
  JoinResponse response;
  if (version >= 2) in.int32();  // throttle time
  response.error = in.int16();
  response.generation = in.int32();
  if (version >= 7) {
    response.protocol_type = owned(in.nullable_string(flexible));
    response.protocol = in.nullable_string(flexible).value_or("");
  } else {
    response.protocol = in.string(flexible);
  }
  response.leader = in.string(flexible);
  if (version >= 9) in.boolean();  // skip assignment: for static members only
  response.member_id = in.string(flexible);
  for (std::size_t left = in.count(flexible, 2); left > 0 && in.ok(); --left) {
    std::string member = in.string(flexible);
    if (version >= 5) in.nullable_string(flexible);
    response.members[std::move(member)] = in.nullable_bytes(flexible).value_or("");
    in.tags(flexible);
  }
  in.tags(flexible);
  return checked(in, std::move(response), "JoinGroup");
}

std::string encode(const SyncRequest& request, std::int16_t version) {
  const bool flexible = is_flexible(Api::kSyncGroup, version);
  ByteWriter out;
  out.string(request.group_id, flexible);
  out.int32(request.generation);
  out.string(request.member_id, flexible);
  if (version >= 3) out.nullable_string(std::nullopt, flexible);
  if (version >= 5) {
    out.string(request.protocol_type, flexible);
    out.string(request.protocol, flexible);
  }
  out.count(request.assignments.size(), flexible);
  for (const auto& [member, assignment] : request.assignments) {
    out.string(member, flexible);
    out.sized_bytes(assignment, flexible);
    out.tags(flexible);
  }
  out.tags(flexible);
  return out.take();
}

base::Result<SyncResponse> decode_sync(std::string_view bytes, std::int16_t version) {
  const bool flexible = is_flexible(Api::kSyncGroup, version);
  ByteReader in(bytes);
  SyncResponse response;
  if (version >= 1) in.int32();  // throttle time
  response.error = in.int16();
  if (version >= 5) {
    response.protocol_type = owned(in.nullable_string(flexible));
    response.protocol = owned(in.nullable_string(flexible));
  }
  response.assignment = in.nullable_bytes(flexible).value_or("");  // librdkafka's mock sends null with an error
  in.tags(flexible);
  return checked(in, std::move(response), "SyncGroup");
}

std::string encode(const HeartbeatRequest& request, std::int16_t version) {
  const bool flexible = is_flexible(Api::kHeartbeat, version);
  ByteWriter out;
  out.string(request.group_id, flexible);
  out.int32(request.generation);
  out.string(request.member_id, flexible);
  if (version >= 3) out.nullable_string(std::nullopt, flexible);
  out.tags(flexible);
  return out.take();
}

base::Result<std::int16_t> decode_heartbeat(std::string_view bytes, std::int16_t version) {
  ByteReader in(bytes);
  if (version >= 1) in.int32();  // throttle time
  const std::int16_t error = in.int16();
  in.tags(is_flexible(Api::kHeartbeat, version));
  return checked(in, error, "Heartbeat");
}

std::string encode(const LeaveRequest& request, std::int16_t version) {
  const bool flexible = is_flexible(Api::kLeaveGroup, version);
  ByteWriter out;
  out.string(request.group_id, flexible);
  if (version >= 3) {
    out.count(1, flexible);
    out.string(request.member_id, flexible);
    out.nullable_string(std::nullopt, flexible);
    if (version >= 5) out.string(std::string_view(request.reason).substr(0, kReasonBytesMax), flexible);
    out.tags(flexible);
  } else {
    out.string(request.member_id, flexible);
  }
  out.tags(flexible);
  return out.take();
}

base::Result<std::int16_t> decode_leave(std::string_view bytes, std::int16_t version) {
  const bool flexible = is_flexible(Api::kLeaveGroup, version);
  ByteReader in(bytes);
  if (version >= 1) in.int32();  // throttle time
  std::int16_t error = in.int16();
  if (version >= 3) {
    for (std::size_t left = in.count(flexible, 4); left > 0 && in.ok(); --left) {
      in.string(flexible);
      in.nullable_string(flexible);
      const std::int16_t of_member = in.int16();
      if (error == errors::kNone) error = of_member;
      in.tags(flexible);
    }
  }
  in.tags(flexible);
  return checked(in, error, "LeaveGroup");
}

std::string encode_sasl_handshake(std::string_view mechanism) {
  ByteWriter out;
  out.string(mechanism);
  return out.take();
}

base::Result<SaslHandshakeResponse> decode_sasl_handshake(std::string_view bytes) {
  ByteReader in(bytes);
  SaslHandshakeResponse response;
  response.error = in.int16();
  for (std::size_t left = in.count(false, 2); left > 0 && in.ok(); --left) response.mechanisms.push_back(in.string());
  return checked(in, std::move(response), "SaslHandshake");
}

std::string encode_sasl_authenticate(std::string_view bytes, std::int16_t version) {
  const bool flexible = is_flexible(Api::kSaslAuthenticate, version);
  ByteWriter out;
  out.sized_bytes(bytes, flexible);
  out.tags(flexible);
  return out.take();
}

base::Result<SaslAuthenticateResponse> decode_sasl_authenticate(std::string_view bytes, std::int16_t version) {
  const bool flexible = is_flexible(Api::kSaslAuthenticate, version);
  ByteReader in(bytes);
  SaslAuthenticateResponse response;
  response.error = in.int16();
  response.message = in.nullable_string(flexible).value_or("");
  response.bytes = in.bytes(flexible);
  if (version >= 1) response.session_lifetime_ms = in.int64();
  in.tags(flexible);
  return checked(in, std::move(response), "SaslAuthenticate");
}

}  // namespace sluice::group
