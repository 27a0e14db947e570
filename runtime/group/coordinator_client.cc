#include "runtime/group/coordinator_client.h"

#include <algorithm>
#include <charconv>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"

namespace sluice::group {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.distributed.WorkerCoordinator"};

constexpr std::size_t kKnownMax = 4;
constexpr std::chrono::seconds kLeaveTimeout{5};
// JoinGroup may be answered this much after the rebalance timeout, as Kafka's own client has it.
constexpr std::chrono::seconds kRoundGrace{5};

ChannelOptions channel_options(const MembershipOptions& options) {
  ChannelOptions made;
  made.client_id = options.client_id;
  made.sasl = options.sasl;
  made.setup_timeout = options.connection_setup_timeout;
  // A broker that does not answer the first small requests is as good as one that cannot be connected.
  made.request_timeout = std::min(options.request_timeout, options.connection_setup_timeout);
  return made;
}

}  // namespace

base::Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto bad = [&] { return base::config_error("Invalid url in bootstrap.servers: {} (write host:port)", text); };
  text = base::java_trim(text);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (const auto scheme = host.find("://"); scheme != std::string_view::npos) host.remove_prefix(scheme + 3);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  Endpoint endpoint{std::string(host), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (error != std::errc() || end != digits.data() + digits.size() || host.empty() || endpoint.port < 1 ||
      endpoint.port > 65535)
    return bad();
  return endpoint;
}

CoordinatorClient::CoordinatorClient(Network& network, const MembershipOptions& options, std::vector<Endpoint> servers,
                                     TokenSource* tokens, std::uint32_t seed)
    : network_(network),
      options_(options),
      channel_options_(channel_options(options)),
      servers_(std::move(servers)),
      tokens_(tokens),
      random_(seed) {}

// ---- finding the coordinator

void CoordinatorClient::seek() {
  drop();
  seeking_ = true;
  problem_.reset();
  std::vector<Endpoint> order = servers_;
  std::shuffle(order.begin(), order.end(), random_);
  candidates_.assign(order.begin(), order.end());
  for (const auto& endpoint : known_)
    if (std::find(candidates_.begin(), candidates_.end(), endpoint) == candidates_.end())
      candidates_.push_back(endpoint);
  try_next();
}

void CoordinatorClient::try_next() {
  seeker_.reset();
  if (!candidates_.empty()) {
    const Endpoint endpoint = candidates_.front();
    candidates_.pop_front();
    seeker_ = open(endpoint);
    return;
  }
  seeking_ = false;
  member_->coordinator_missing(network_.now(), *problem_);
}

void CoordinatorClient::on_ready(BrokerChannel& channel) {
  if (&channel == main_.get() && seeking_) {
    seeking_ = false;
    member_->coordinator_found(network_.now());
  } else if (&channel == seeker_.get()) {
    channel.request(
        Api::kFindCoordinator,
        [this](std::int16_t version) { return encode_find_coordinator(options_.group_id, version); },
        channel_options_.request_timeout,
        [this](std::string_view body, std::int16_t version) { return on_found(body, version); });
  }
}

base::Status CoordinatorClient::on_found(std::string_view body, std::int16_t version) {
  SLUICE_TRY_ASSIGN(const FoundCoordinator found, decode_find_coordinator(body, version));
  if (found.error != errors::kNone) {
    const bool refused = found.error == errors::kGroupAuthorizationFailed || found.error == errors::kInvalidGroupId;
    return base::fail(refused ? base::Code::kInvalidConfig : base::Code::kRetry,
                      found.error == errors::kGroupAuthorizationFailed
                          ? "org.apache.kafka.common.errors.GroupAuthorizationException"
                          : base::exceptions::kKafka,
                      "FindCoordinator for group {} answered {}{}", options_.group_id, error_name(found.error),
                      refused ? ": check group.id, and that the worker's principal may READ the group" : "");
  }
  coordinator_ = found.endpoint;
  if (std::find(known_.begin(), known_.end(), coordinator_) == known_.end()) {
    known_.push_back(coordinator_);
    if (known_.size() > kKnownMax) known_.pop_front();
  }
  kLog.debug("The coordinator of group {} is {}", options_.group_id, coordinator_.to_string());
  if (seeker_->endpoint() == coordinator_) {
    main_ = std::move(seeker_);
    seeking_ = false;
    member_->coordinator_found(network_.now());
  } else {
    seeker_.reset();
    main_ = open(coordinator_);
  }
  return {};
}

void CoordinatorClient::on_broken(BrokerChannel& channel, base::Error why) {
  if (&channel == spare_.get()) {
    // The first connection tells whether the coordinator is gone; the session's end does, if that says nothing.
    const GroupMember::Token token = std::exchange(heartbeat_token_, 0);
    spare_.reset();
    member_->heartbeat_failed(network_.now(), token);
    return;
  }
  if (!seeking_) {
    drop();
    member_->coordinator_lost(network_.now(), std::move(why));
    return;
  }
  kLog.debug("{}: {}", channel.endpoint().to_string(), why.message());
  if (!problem_ || why.code() == base::Code::kInvalidConfig) problem_ = std::move(why);
  main_.reset();
  try_next();
}

void CoordinatorClient::drop() {
  seeking_ = false;
  round_in_flight_ = false;
  heartbeat_token_ = 0;
  candidates_.clear();
  seeker_.reset();
  main_.reset();
  spare_.reset();
}

// ---- asking it

std::unique_ptr<BrokerChannel> CoordinatorClient::open(const Endpoint& endpoint) {
  return std::make_unique<BrokerChannel>(network_, channel_options_, tokens_, endpoint, *this);
}

BrokerChannel& CoordinatorClient::round_channel() {
  if (!main_) main_ = open(coordinator_);
  return *main_;
}

BrokerChannel& CoordinatorClient::free_channel() {
  if (!round_in_flight_) return round_channel();
  if (!spare_) spare_ = open(coordinator_);
  return *spare_;
}

void CoordinatorClient::abandon_round() {
  round_in_flight_ = false;
  heartbeat_token_ = 0;
  main_ = std::move(spare_);
}

std::chrono::milliseconds CoordinatorClient::round_timeout() const {
  return std::max<std::chrono::milliseconds>(options_.request_timeout, options_.rebalance_timeout + kRoundGrace);
}

std::chrono::milliseconds CoordinatorClient::heartbeat_timeout() const {
  return std::min(options_.request_timeout, std::max(options_.heartbeat_interval, options_.session_timeout / 3));
}

void CoordinatorClient::join(GroupMember::Token token, JoinRequest request) {
  BrokerChannel& channel = round_channel();
  round_in_flight_ = true;
  channel.request(
      Api::kJoinGroup, [request = std::move(request)](std::int16_t version) { return encode(request, version); },
      round_timeout(),
      [this, token](std::string_view body, std::int16_t version) -> base::Status {
        SLUICE_TRY_ASSIGN(JoinResponse response, decode_join(body, version));
        round_in_flight_ = false;
        member_->joined(network_.now(), token, std::move(response));
        return {};
      });
}

void CoordinatorClient::sync(GroupMember::Token token, SyncRequest request) {
  BrokerChannel& channel = round_channel();
  round_in_flight_ = true;
  channel.request(
      Api::kSyncGroup, [request = std::move(request)](std::int16_t version) { return encode(request, version); },
      round_timeout(),
      [this, token](std::string_view body, std::int16_t version) -> base::Status {
        SLUICE_TRY_ASSIGN(SyncResponse response, decode_sync(body, version));
        round_in_flight_ = false;
        member_->synced(network_.now(), token, std::move(response));
        return {};
      });
}

void CoordinatorClient::heartbeat(GroupMember::Token token, HeartbeatRequest request) {
  heartbeat_token_ = token;
  free_channel().request(
      Api::kHeartbeat, [request = std::move(request)](std::int16_t version) { return encode(request, version); },
      heartbeat_timeout(),
      [this, token](std::string_view body, std::int16_t version) -> base::Status {
        SLUICE_TRY_ASSIGN(const std::int16_t error, decode_heartbeat(body, version));
        heartbeat_token_ = 0;
        member_->heartbeat_answered(network_.now(), token, error);
        return {};
      });
}

void CoordinatorClient::leave(GroupMember::Token token, LeaveRequest request) {
  free_channel().request(
      Api::kLeaveGroup, [request = std::move(request)](std::int16_t version) { return encode(request, version); },
      std::min<std::chrono::milliseconds>(options_.request_timeout, kLeaveTimeout),
      [this, token](std::string_view body, std::int16_t version) -> base::Status {
        SLUICE_TRY_ASSIGN(const std::int16_t error, decode_leave(body, version));
        member_->left(network_.now(), token, error);
        return {};
      });
}

// ---- time

void CoordinatorClient::tick() {
  if (!round_in_flight_ && spare_ && !spare_->busy()) spare_.reset();
  // A tick may break its channel and with it others: look again each time.
  if (seeker_) seeker_->tick();
  if (spare_) spare_->tick();
  if (main_) main_->tick();
}

std::optional<TimePoint> CoordinatorClient::wake_at() const {
  std::optional<TimePoint> at;
  for (const auto* channel : {&seeker_, &main_, &spare_})
    if (*channel)
      if (const auto due = (*channel)->wake_at(); due && (!at || *due < *at)) at = due;
  return at;
}

}  // namespace sluice::group
