#include "runtime/group/broker_channel.h"

#include <algorithm>

#include "runtime/base/strings.h"

namespace sluice::group {
namespace {

constexpr const char* kAuthenticationException = "org.apache.kafka.common.errors.SaslAuthenticationException";
constexpr const char* kVersionException = "org.apache.kafka.common.errors.UnsupportedVersionException";
constexpr std::string_view kSoftwareVersion = "0.1.0";
// Of a broker's session, so that the next exchange is over before it ends.
constexpr double kSessionPartUsed = 0.85;

}  // namespace

BrokerChannel::BrokerChannel(Network& network, const ChannelOptions& options, TokenSource* tokens, Endpoint endpoint,
                             Owner& owner)
    : network_(network),
      options_(options),
      tokens_(tokens),
      endpoint_(std::move(endpoint)),
      owner_(owner),
      alive_(std::make_shared<bool>(true)) {
  deadline_ = network_.now() + options_.setup_timeout;
  doing_ = "connecting";
  link_ = network_.connect(endpoint_, *this);
}

BrokerChannel::~BrokerChannel() {
  *alive_ = false;
}

void BrokerChannel::request(Api api, Encode encode, std::chrono::milliseconds timeout, Answer answer) {
  if (broken_) return;
  waiting_.push_back({api, std::move(encode), timeout, std::move(answer)});
  send_next();
}

void BrokerChannel::tick() {
  if (broken_ || !deadline_ || network_.now() < *deadline_) return;
  broken(base::Error(base::Code::kRetry, base::exceptions::kTimeout,
                     fmt::format("{}: no answer in time ({})", endpoint_.to_string(), doing_)));
}

void BrokerChannel::on_open() {
  ask_versions(known_versions(Api::kApiVersions).max);
}

void BrokerChannel::on_closed(base::Error why) {
  broken(std::move(why));
}

void BrokerChannel::on_frame(std::string_view bytes) {
  if (broken_) return;
  if (!in_flight_)
    return broken(base::Error(base::Code::kRetry, base::exceptions::kKafka,
                              endpoint_.to_string() + ": the broker sent something that was not asked for"));
  const Sent sent = std::move(*in_flight_);
  in_flight_.reset();
  deadline_.reset();
  const auto alive = alive_;
  auto body = unframe(sent.api, sent.version, sent.correlation_id, bytes);
  const base::Status status = body ? sent.answer(*body, sent.version) : base::fail(body.error());
  if (!*alive) return;  // the answer made the owner destroy this channel
  if (!status) return broken(status.error());
  send_next();
}

void BrokerChannel::ask_versions(std::int16_t version) {
  send(Api::kApiVersions, version, encode_api_versions_request(version, kSoftwareVersion), options_.request_timeout,
       [this](std::string_view body, std::int16_t asked) { return on_versions(body, asked); });
}

base::Status BrokerChannel::on_versions(std::string_view body, std::int16_t version) {
  auto versions = decode_api_versions(body, version);
  // A broker that does not know the version asked for says so in version 0; librdkafka's mock in a form of its own.
  if (version > 0 && (!versions || versions->error == errors::kUnsupportedVersion)) {
    ask_versions(0);
    return {};
  }
  if (!versions) return base::fail(versions.error());
  versions_ = std::move(*versions);
  if (versions_.error != errors::kNone)
    return base::fail(base::Code::kRetry, base::exceptions::kKafka, "{}: ApiVersions answered {}",
                      endpoint_.to_string(), error_name(versions_.error));
  for (const Api api : {Api::kFindCoordinator, Api::kJoinGroup, Api::kSyncGroup, Api::kHeartbeat, Api::kLeaveGroup})
    if (!versions_.best(api))
      return base::fail(base::Code::kInvalidConfig, kVersionException,
                        "{}: the broker speaks no version of {} that is known here; brokers from 2.1 to 4.3 do",
                        endpoint_.to_string(), api_name(api));
  if (options_.sasl)
    authenticate();
  else
    set_ready();
  return {};
}

void BrokerChannel::authenticate() {
  authenticating_ = true;
  if (options_.sasl->mechanism != SaslOptions::Mechanism::kOauthBearer) return begin_exchange(nullptr);
  if (tokens_ == nullptr)
    return broken(base::Error(base::Code::kInvalidConfig, kAuthenticationException, "no source of OAUTHBEARER tokens"));
  deadline_ = network_.now() + options_.request_timeout;
  doing_ = "waiting for an OAUTHBEARER token";
  tokens_->fetch([this, alive = alive_](base::Result<SaslOptions::Token> token) {
    if (!*alive || broken_) return;
    deadline_.reset();
    if (!token)
      return broken(base::Error(base::Code::kInvalidConfig, kAuthenticationException, "no OAUTHBEARER token")
                        .with_cause(token.error()));
    begin_exchange(&*token);
  });
}

void BrokerChannel::begin_exchange(const SaslOptions::Token* token) {
  auto client = make_sasl_client(*options_.sasl, token, random_nonce());
  if (!client) return broken(client.error());
  exchange_ = std::move(*client);
  const auto version = versions_.best(Api::kSaslHandshake);
  if (!version || !versions_.best(Api::kSaslAuthenticate))
    return broken(base::Error(base::Code::kInvalidConfig, kVersionException,
                              endpoint_.to_string() + ": the broker does not speak SASL on this listener"));
  send(Api::kSaslHandshake, *version, encode_sasl_handshake(sasl_mechanism_name(options_.sasl->mechanism)),
       options_.request_timeout, [this](std::string_view body, std::int16_t) { return on_handshake(body); });
}

base::Status BrokerChannel::on_handshake(std::string_view body) {
  SLUICE_TRY_ASSIGN(const SaslHandshakeResponse response, decode_sasl_handshake(body));
  if (response.error != errors::kNone) {
    const bool other_mechanism = response.error == errors::kUnsupportedSaslMechanism;
    return base::fail(
        base::Code::kInvalidConfig, kAuthenticationException, "{}: the broker refuses SASL mechanism {} ({}){}{}",
        endpoint_.to_string(), sasl_mechanism_name(options_.sasl->mechanism), error_name(response.error),
        other_mechanism ? "; it offers " : "", other_mechanism ? base::join(response.mechanisms, ", ") : "");
  }
  send_token(exchange_->first());
  return {};
}

void BrokerChannel::send_token(std::string bytes) {
  const std::int16_t version = *versions_.best(Api::kSaslAuthenticate);
  send(Api::kSaslAuthenticate, version, encode_sasl_authenticate(bytes, version), options_.request_timeout,
       [this](std::string_view body, std::int16_t asked) { return on_authenticated(body, asked); });
}

base::Status BrokerChannel::on_authenticated(std::string_view body, std::int16_t version) {
  SLUICE_TRY_ASSIGN(const SaslAuthenticateResponse response, decode_sasl_authenticate(body, version));
  if (response.error != errors::kNone)
    return base::fail(base::Code::kInvalidConfig, kAuthenticationException, "{}: {} ({})", endpoint_.to_string(),
                      response.message.empty() ? "the broker refuses our credentials" : response.message,
                      error_name(response.error));
  // An empty answer ends PLAIN and OAUTHBEARER; SCRAM's last one holds the broker's proof.
  if (!exchange_->done() || !response.bytes.empty()) {
    SLUICE_TRY_ASSIGN(std::string next, exchange_->next(response.bytes));
    if (!exchange_->done() || !next.empty()) {
      send_token(std::move(next));
      return {};
    }
  }
  exchange_.reset();
  authenticating_ = false;
  authenticate_again_at_.reset();
  if (response.session_lifetime_ms > 0) {
    const auto lifetime = std::min<std::int64_t>(response.session_lifetime_ms, 24LL * 3600 * 1000);
    authenticate_again_at_ =
        network_.now() +
        std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(lifetime) * kSessionPartUsed));
  }
  set_ready();
  return {};
}

void BrokerChannel::set_ready() {
  ready_ = true;
  if (std::exchange(was_ready_, true)) return;
  owner_.on_ready(*this);
}

void BrokerChannel::send_next() {
  if (broken_ || !ready_ || in_flight_ || authenticating_ || waiting_.empty()) return;
  if (authenticate_again_at_ && network_.now() >= *authenticate_again_at_) return authenticate();
  Request request = std::move(waiting_.front());
  waiting_.pop_front();
  const std::int16_t version = versions_.best(request.api).value_or(known_versions(request.api).max);
  send(request.api, version, request.encode(version), request.timeout, std::move(request.answer));
}

void BrokerChannel::send(Api api, std::int16_t version, const std::string& body, std::chrono::milliseconds timeout,
                         Answer answer) {
  in_flight_ = Sent{api, version, ++correlation_id_, std::move(answer)};
  deadline_ = network_.now() + timeout;
  doing_ = api_name(api);
  link_->send(frame(api, version, correlation_id_, options_.client_id, body));
}

void BrokerChannel::broken(base::Error why) {
  if (std::exchange(broken_, true)) return;
  in_flight_.reset();
  waiting_.clear();
  deadline_.reset();
  owner_.on_broken(*this, std::move(why));
}

}  // namespace sluice::group
