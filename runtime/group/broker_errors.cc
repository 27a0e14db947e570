#include "runtime/group/broker_errors.h"

#include "runtime/group/messages.h"

namespace sluice::group {

base::Error broker_error(std::int16_t error, std::string_view what) {
  const auto make = [&](base::Code code, const char* exception, std::string_view advice) {
    return base::Error(code, exception, fmt::format("{} answered {}{}", what, error_name(error), advice));
  };
  using base::Code;
  switch (error) {
    case errors::kGroupAuthorizationFailed:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.GroupAuthorizationException",
                  ": the worker's principal needs READ on the group (group.id)");
    case errors::kClusterAuthorizationFailed:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.ClusterAuthorizationException", "");
    case errors::kInconsistentGroupProtocol:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.InconsistentGroupProtocolException",
                  ": the group's members have another protocol type or connect.protocol, or group.id is also the name "
                  "of a consumer group");
    case errors::kInvalidGroupId:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.InvalidGroupIdException", ": mend group.id");
    case errors::kInvalidSessionTimeout:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.InvalidSessionTimeoutException",
                  ": session.timeout.ms must lie within the broker's group.min.session.timeout.ms and "
                  "group.max.session.timeout.ms");
    case errors::kGroupMaxSizeReached:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.GroupMaxSizeReachedException", "");
    case errors::kUnsupportedVersion:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.UnsupportedVersionException", "");
    case errors::kSaslAuthenticationFailed:
      return make(Code::kInvalidConfig, "org.apache.kafka.common.errors.SaslAuthenticationException", "");
    case errors::kUnknownMemberId:
      return make(Code::kRetry, "org.apache.kafka.common.errors.UnknownMemberIdException", "");
    case errors::kFencedInstanceId:
      return make(Code::kRetry, "org.apache.kafka.common.errors.FencedInstanceIdException", "");
    default:
      return make(Code::kRetry, base::exceptions::kKafka, "");
  }
}

bool coordinator_moved(std::int16_t error) {
  return error == errors::kNotCoordinator || error == errors::kCoordinatorNotAvailable;
}

bool not_a_member(std::int16_t error) {
  return error == errors::kUnknownMemberId || error == errors::kFencedInstanceId;
}

}  // namespace sluice::group
