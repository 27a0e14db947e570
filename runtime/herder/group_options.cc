#include "runtime/herder/group_options.h"

#include <fstream>
#include <iterator>
#include <map>

#include "runtime/base/clock.h"
#include "runtime/base/strings.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/kafka/oauth.h"
#include "runtime/kafka/tls_store.h"

namespace sluice::herder {
namespace {

using std::chrono::milliseconds;
// Java's keys in librdkafka's words: the translation has checked them, read PKCS12 trust stores and parsed JAAS.
using Settings = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t kPemBytesMax = 16 * 1024 * 1024;

std::string get(const Settings& settings, std::string_view key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

base::Result<std::string> read_pem(std::string_view key, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::config_error("{}: cannot open {}", key, path);
  std::string text;
  for (char buffer[8192]; file.read(buffer, sizeof buffer) || file.gcount() > 0;) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kPemBytesMax) return base::config_error("{}: {} is too large for a PEM file", key, path);
  }
  if (text.find("-----BEGIN ") == std::string::npos)
    return base::config_error("{}: {} holds nothing in PEM form", key, path);
  return text;
}

base::Status refuse_what_tls_cannot_keep(const config::WorkerConfig& config) {
  for (const std::string_view key :
       {"librdkafka.ssl.crl.location", "librdkafka.ssl.curves.list", "librdkafka.ssl.sigalgs.list"})
    if (config.originals().contains(key))
      return base::config_error(
          "{0} does not reach the worker's own connections, which have OpenSSL's settings: remove the key and "
          "configure "
          "it in openssl.cnf, or set it for connectors only (producer.{0}, consumer.{0})",
          key);
  return {};
}

base::Result<group::TlsOptions> tls_options(const Settings& settings) {
  group::TlsOptions tls;
  tls.verify_host_name = get(settings, "ssl.endpoint.identification.algorithm") != "none";
  tls.ciphers = get(settings, "ssl.cipher.suites");
  tls.ca_pem = get(settings, "ssl.ca.pem");
  if (const std::string path = get(settings, "ssl.ca.location"); !path.empty()) {
    SLUICE_TRY_ASSIGN(tls.ca_pem, read_pem("ssl.truststore.location", path));
  }
  tls.key_password = get(settings, "ssl.key.password");
  tls.certificate_pem = get(settings, "ssl.certificate.pem");
  tls.key_pem = get(settings, "ssl.key.pem");
  if (const std::string path = get(settings, "ssl.certificate.location"); !path.empty()) {
    SLUICE_TRY_ASSIGN(tls.certificate_pem, read_pem("ssl.keystore.location", path));
    SLUICE_TRY_ASSIGN(tls.key_pem, read_pem("ssl.keystore.location", get(settings, "ssl.key.location")));
  }
  if (const std::string path = get(settings, "ssl.keystore.location"); !path.empty()) {
    auto identity = kafka::pkcs12_identity_pem(path, get(settings, "ssl.keystore.password"));
    if (!identity) return base::config_error("ssl.keystore.location: {}", identity.error().message());
    tls.certificate_pem = std::move(identity->certificate_pem);
    tls.key_pem = std::move(identity->key_pem);
  }
  return tls;
}

std::string base64_url(std::string_view text) {
  std::string encoded;
  base::append_base64(text, encoded);
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (!encoded.empty() && encoded.back() == '=') encoded.pop_back();
  return encoded;
}

// A token that nobody has signed, for brokers that are set up for tests (RFC 7515 appendix A.5).
group::SaslOptions::Token unsecured_token(const std::string& principal) {
  const std::int64_t now = base::system_clock().now_ms();
  group::SaslOptions::Token token;
  token.expires_at_ms = now + 3'600'000;
  // The translation lets no quotes or blanks into the name.
  const std::string claims =
      fmt::format(R"({{"sub":"{}","iat":{},"exp":{}}})", principal, now / 1000, token.expires_at_ms / 1000);
  token.value = base64_url(R"({"alg":"none"})") + "." + base64_url(claims) + ".";
  return token;
}

base::Result<group::SaslOptions> sasl_options(const Settings& settings, const kafka::ClientSettings& client) {
  using Mechanism = group::SaslOptions::Mechanism;
  static const std::map<std::string_view, Mechanism> kMechanisms{{"PLAIN", Mechanism::kPlain},
                                                                 {"SCRAM-SHA-256", Mechanism::kScramSha256},
                                                                 {"SCRAM-SHA-512", Mechanism::kScramSha512},
                                                                 {"OAUTHBEARER", Mechanism::kOauthBearer}};
  const std::string name = get(settings, "sasl.mechanism");
  const auto found = kMechanisms.find(name);
  if (found == kMechanisms.end())
    return base::config_error(
        "sasl.mechanism={} is not available for the connection to the group's coordinator: write PLAIN, SCRAM-SHA-256, "
        "SCRAM-SHA-512 or OAUTHBEARER for the worker; connectors may keep their own (producer.sasl.mechanism, "
        "consumer.sasl.mechanism)",
        name);
  group::SaslOptions sasl;
  sasl.mechanism = found->second;
  sasl.username = get(settings, "sasl.username");
  sasl.password = get(settings, "sasl.password");
  if (sasl.mechanism != Mechanism::kOauthBearer) return sasl;
  if (client.oauth) {
    sasl.token = [oauth = *client.oauth]() -> base::Result<group::SaslOptions::Token> {
      SLUICE_TRY_ASSIGN(kafka::OauthToken fetched, kafka::fetch_oauth_token(oauth, base::system_clock().now_ms()));
      group::SaslOptions::Token token;
      token.value = std::move(fetched.value);
      token.extensions.assign(oauth.extensions.begin(), oauth.extensions.end());
      token.expires_at_ms = fetched.expires_ms;
      return token;
    };
  } else {
    constexpr std::string_view kPrincipal = "principal=";
    const std::string config = get(settings, "sasl.oauthbearer.config");
    sasl.token = [principal = config.substr(std::min(config.size(), kPrincipal.size()))]()
        -> base::Result<group::SaslOptions::Token> { return unsecured_token(principal); };
  }
  return sasl;
}

base::Status add_servers(const std::string& bootstrap_servers, group::MembershipOptions& options) {
  std::string servers = bootstrap_servers;
  if (servers == kafka::kEmbeddedBootstrap) {
    const auto* broker = kafka::EmbeddedBroker::running();
    if (broker == nullptr)
      return base::config_error("bootstrap.servers=embedded: no embedded broker runs in this process");
    servers = broker->bootstrap_servers();
  }
  for (const std::string_view item : base::split(servers, ','))
    if (const auto server = base::java_trim(item); !server.empty()) options.bootstrap_servers.emplace_back(server);
  if (options.bootstrap_servers.empty())
    return base::config_error("No resolvable bootstrap urls given in bootstrap.servers");
  return {};
}

}  // namespace

base::Result<group::MembershipOptions> group_options(const config::WorkerConfig& config,
                                                     const std::string& bootstrap_servers,
                                                     const std::string& worker_id) {
  kafka::ConfigMap java;
  for (const auto& [key, text] : config.worker_client_config())
    if (text) java[key] = *text;
  java["bootstrap.servers"] = bootstrap_servers;
  SLUICE_TRY_ASSIGN(const kafka::ClientConfig client, kafka::translate_client_config(java, kafka::ClientKind::kAdmin));
  Settings settings;
  for (const auto& [key, value] : client.librdkafka) settings[key] = value;  // the last one counts

  const auto& parsed = config.parsed();
  group::MembershipOptions options;
  options.group_id = config.group_id();
  options.client_id = parsed.string("client.id");
  if (options.client_id.empty()) options.client_id = "connect-" + worker_id;
  SLUICE_TRY(add_servers(bootstrap_servers, options));
  const auto milliseconds_of = [&](std::string_view key) { return milliseconds(parsed.int64(key)); };
  options.session_timeout = milliseconds_of("session.timeout.ms");
  options.rebalance_timeout = milliseconds_of("rebalance.timeout.ms");
  options.heartbeat_interval = milliseconds_of("heartbeat.interval.ms");
  options.request_timeout = milliseconds_of("request.timeout.ms");
  options.retry_backoff = milliseconds_of("retry.backoff.ms");
  options.retry_backoff_max = std::max(options.retry_backoff, milliseconds_of("retry.backoff.max.ms"));
  options.reconnect_backoff = milliseconds_of("reconnect.backoff.ms");
  options.reconnect_backoff_max = std::max(options.reconnect_backoff, milliseconds_of("reconnect.backoff.max.ms"));
  options.connection_setup_timeout = milliseconds_of("socket.connection.setup.timeout.ms");
  if (options.heartbeat_interval >= options.session_timeout)
    return base::config_error(
        "heartbeat.interval.ms ({}) must be lower than session.timeout.ms ({}): write a third of it",
        options.heartbeat_interval.count(), options.session_timeout.count());

  const std::string protocol = get(settings, "security.protocol");
  if (protocol.ends_with("ssl")) {
    SLUICE_TRY(refuse_what_tls_cannot_keep(config));
    SLUICE_TRY_ASSIGN(options.tls, tls_options(settings));
  }
  if (protocol.starts_with("sasl")) {
    SLUICE_TRY_ASSIGN(options.sasl, sasl_options(settings, client.settings));
  }
  return options;
}

}  // namespace sluice::herder
