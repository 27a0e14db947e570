#include "runtime/kafka/client_handle.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/kafka/oauth.h"
#include "runtime/kafka/thread_slack.h"

namespace sluice::kafka {

void use_tsan_threads();  // tsan_threads.cc

namespace {

// Java's logger names, so that /admin/loggers reaches them by the names people know.
const base::Logger kProducerLog{"org.apache.kafka.clients.producer.KafkaProducer"};
const base::Logger kConsumerLog{"org.apache.kafka.clients.consumer.KafkaConsumer"};
const base::Logger kAdminLog{"org.apache.kafka.clients.admin.KafkaAdminClient"};

const base::Logger& logger_of(ClientKind kind) {
  return kind == ClientKind::kProducer ? kProducerLog : kind == ClientKind::kConsumer ? kConsumerLog : kAdminLog;
}

base::LogLevel level_of(int syslog) {
  if (syslog <= 3) return base::LogLevel::kError;
  if (syslog == 4) return base::LogLevel::kWarn;
  return syslog <= 6 ? base::LogLevel::kInfo : base::LogLevel::kDebug;
}

bool is_access_error(int code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return true;
    default:
      return false;
  }
}

// FAIL comes as an error event too; AUTOCREATE is about brokers older than any we know, and the embedded one, for which
// we see to it; CONFWARN is about keys that we set on purpose.
bool is_noise(std::string_view facility) {
  return facility == "FAIL" || facility == "AUTOCREATE" || facility == "CONFWARN";
}

bool is_secret(std::string_view key) {
  return key.find("password") != std::string_view::npos || key.find("pem") != std::string_view::npos ||
         key.starts_with("sasl.oauthbearer");
}

}  // namespace

int to_timeout(std::chrono::milliseconds timeout) {
  return static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, std::numeric_limits<int>::max()));
}

base::Error take_error(rd_kafka_error_t* error, std::string_view what) {
  RdError owned(error);
  return make_error(rd_kafka_error_code(error), what, rd_kafka_error_string(error));
}

ClientHandle::ClientHandle(const ClientConfig& config, void* owner)
    : log_(logger_of(config.kind)), owner_(owner), oauth_(config.settings.oauth) {}

ClientHandle::~ClientHandle() {
  // Consumers have been closed, or have given up on it, before.
  if (client_) rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

base::Result<std::unique_ptr<ClientHandle>> ClientHandle::create(const ClientConfig& config, rd_kafka_type_t type,
                                                                 void* owner, const Customize& customize) {
  use_tsan_threads();
  std::unique_ptr<ClientHandle> handle(new ClientHandle(config, owner));
  for (const std::string& warning : config.warnings) handle->log_.warn("{}", warning);
  std::unique_ptr<rd_kafka_conf_t, RdDeleter<rd_kafka_conf_destroy>> conf(rd_kafka_conf_new());
  SLUICE_TRY(handle->configure(conf.get(), config));
  if (customize) customize(conf.get());
  std::array<char, 512> reason{};
  handle->client_ = rd_kafka_new(type, conf.get(), reason.data(), reason.size());
  if (!handle->client_)
    return base::config_error("cannot make a Kafka {}: {}", client_kind_name(config.kind), reason.data());
  std::ignore = conf.release();  // rd_kafka_new took it
  if (handle->oauth_)
    if (rd_kafka_error_t* error = rd_kafka_sasl_background_callbacks_enable(handle->client_))
      return base::fail(take_error(error, "OAUTHBEARER"));
  return handle;
}

base::Status ClientHandle::configure(rd_kafka_conf_t* conf, const ClientConfig& config) {
  std::array<char, 512> reason{};
  const auto set = [&](const std::string& key, const std::string& value) -> base::Status {
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), reason.data(), reason.size()) == RD_KAFKA_CONF_OK)
      return {};
    return base::config_error("librdkafka does not accept {}{}{}", key, is_secret(key) ? "" : ": ",
                              is_secret(key) ? "" : reason.data());
  };
  for (const auto& [key, value] : config.librdkafka) {
    SLUICE_TRY(set(key, value));
    if (key == "bootstrap.servers") bootstrap_ = value;
  }
  if (config.settings.embedded) {
    EmbeddedBroker* broker = EmbeddedBroker::running();
    if (!broker) return base::config_error("bootstrap.servers=embedded, but no embedded broker runs in this process");
    bootstrap_ = broker->bootstrap_servers();
    SLUICE_TRY(set("bootstrap.servers", bootstrap_));
  }
  SLUICE_TRY(set("client.software.name", "sluice"));
  SLUICE_TRY(set("log.connection.close", "false"));  // brokers close idle connections: no news
  SLUICE_TRY(set("log.thread.name", "false"));
  relax_main_thread(conf);
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_log_cb(conf, log_callback);
  rd_kafka_conf_set_error_cb(conf, error_callback);
  rd_kafka_conf_set_throttle_cb(conf, throttle_callback);
  rd_kafka_conf_set_stats_cb(conf, stats_callback);
  if (oauth_) {
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, token_callback);
    rd_kafka_conf_enable_sasl_queue(conf, 1);
  }
  return {};
}

EmbeddedBroker* ClientHandle::embedded_broker() const {
  EmbeddedBroker* broker = EmbeddedBroker::running();
  return broker && broker->bootstrap_servers() == bootstrap_ ? broker : nullptr;
}

void ClientHandle::on_error(int code, const char* reason) {
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> text{};
    const int cause = rd_kafka_fatal_error(client_, text.data(), text.size());
    log_.error("Fatal client error: {}", text.data());
    base::Error error(base::Code::kFatal, error_exception(cause), fmt::format("fatal client error: {}", text.data()));
    std::lock_guard lock(mutex_);
    fatal_ = std::move(error);
  } else if (is_access_error(code)) {
    log_.error("{}", reason);
    std::lock_guard lock(mutex_);
    access_error_ = make_error(code, "access to Kafka failed", reason);
    connection_error_ = make_error(code, "connecting", reason);
  } else {
    log_.warn("{}", reason);
    std::lock_guard lock(mutex_);
    // "All brokers are down" follows the reason and has none of its own.
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) connection_error_ = make_error(code, "connecting", reason);
  }
}

std::optional<base::Error> ClientHandle::fatal_error() const {
  std::lock_guard lock(mutex_);
  return fatal_;
}

std::optional<base::Error> ClientHandle::take_access_error() {
  std::lock_guard lock(mutex_);
  return std::exchange(access_error_, std::nullopt);
}

std::optional<base::Error> ClientHandle::take_connection_error() {
  std::lock_guard lock(mutex_);
  return std::exchange(connection_error_, std::nullopt);
}

void ClientHandle::on_event(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_ERROR:
      on_error(rd_kafka_event_error_is_fatal(event) ? RD_KAFKA_RESP_ERR__FATAL : rd_kafka_event_error(event),
               rd_kafka_event_error_string(event));
      break;
    case RD_KAFKA_EVENT_STATS:
      log_.debug("statistics {}", rd_kafka_event_stats(event));
      break;
    default:
      break;
  }
}

void ClientHandle::log_callback(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  const auto& self = of(rd_kafka_opaque(client));
  const auto log_level = is_noise(facility) ? base::LogLevel::kDebug : level_of(level);
  if (self.log_.enabled(log_level)) self.log_.write(log_level, fmt::format("{} {}", facility, text));
}

void ClientHandle::error_callback(rd_kafka_t*, int code, const char* reason, void* opaque) {
  of(opaque).on_error(code, reason);
}

void ClientHandle::throttle_callback(rd_kafka_t*, const char* broker, int32_t, int throttle_ms, void* opaque) {
  if (throttle_ms > 0) of(opaque).log_.info("Broker {} throttles this client for {} ms", broker, throttle_ms);
}

int ClientHandle::stats_callback(rd_kafka_t*, char* json, size_t size, void* opaque) {
  of(opaque).log_.debug("statistics {}", std::string_view(json, size));
  return 0;
}

void ClientHandle::token_callback(rd_kafka_t* client, const char*, void* opaque) {
  auto& self = of(opaque);
  if (!self.client_) self.client_ = client;  // the first call may come before rd_kafka_new returns
  self.refresh_token();
}

void ClientHandle::refresh_token() {
  const auto token = fetch_oauth_token(*oauth_, base::system_clock().now_ms());
  if (!token) {
    log_.error("Cannot get an OAUTHBEARER token: {}", token.error().message());
    rd_kafka_oauthbearer_set_token_failure(client_, token.error().message().c_str());
    return;
  }
  std::vector<const char*> extensions;
  for (const auto& [key, value] : oauth_->extensions) {
    extensions.push_back(key.c_str());
    extensions.push_back(value.c_str());
  }
  std::array<char, 256> reason{};
  if (rd_kafka_oauthbearer_set_token(client_, token->value.c_str(), token->expires_ms, token->principal.c_str(),
                                     extensions.data(), extensions.size(), reason.data(),
                                     reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    log_.error("The OAUTHBEARER token was not accepted: {}", reason.data());
    rd_kafka_oauthbearer_set_token_failure(client_, reason.data());
  }
}

}  // namespace sluice::kafka
