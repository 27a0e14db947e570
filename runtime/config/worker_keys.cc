#include <array>
#include <span>
#include <unordered_map>

#include "runtime/base/strings.h"
#include "runtime/config/listener.h"
#include "runtime/config/topic_creation.h"
#include "runtime/config/worker_config.h"

namespace sluice::config {
namespace {

using base::config_error;
using base::fail;
using base::Status;

// A worker key of Kafka Connect 4.3.1; the order is that in which mistakes are reported.
struct KeyRow {
  const char* name;
  Type type;
  const char* default_text;
  Importance importance;
};
constexpr const char* kNullDefault = nullptr;
constexpr char kRequiredMark[] = "required";
constexpr const char* kRequired = kRequiredMark;  // known by its address

constexpr std::array<KeyRow, 51> kCommonKeys = {{
    {"bootstrap.servers", Type::kList, kRequired, Importance::kHigh},
    {"client.dns.lookup", Type::kString, "use_all_dns_ips", Importance::kMedium},
    {"key.converter", Type::kClass, kRequired, Importance::kHigh},
    {"key.converter.plugin.version", Type::kString, kNullDefault, Importance::kLow},
    {"value.converter", Type::kClass, kRequired, Importance::kHigh},
    {"value.converter.plugin.version", Type::kString, kNullDefault, Importance::kLow},
    {"task.shutdown.graceful.timeout.ms", Type::kLong, "5000", Importance::kLow},
    {"offset.flush.interval.ms", Type::kLong, "60000", Importance::kLow},
    {"offset.flush.timeout.ms", Type::kLong, "5000", Importance::kLow},
    {"plugin.path", Type::kList, kNullDefault, Importance::kLow},
    {"plugin.discovery", Type::kString, "hybrid_warn", Importance::kLow},
    {"metrics.sample.window.ms", Type::kLong, "30000", Importance::kLow},
    {"metrics.num.samples", Type::kInt, "2", Importance::kLow},
    {"metrics.recording.level", Type::kString, "INFO", Importance::kLow},
    {"metric.reporters", Type::kList, "org.apache.kafka.common.metrics.JmxReporter", Importance::kLow},
    {"header.converter", Type::kClass, "org.apache.kafka.connect.storage.SimpleHeaderConverter", Importance::kLow},
    {"header.converter.plugin.version", Type::kString, kNullDefault, Importance::kLow},
    {"config.providers", Type::kList, "", Importance::kLow},
    {"connector.client.config.override.policy", Type::kString, "All", Importance::kMedium},
    {"topic.creation.enable", Type::kBoolean, "true", Importance::kLow},
    {"ssl.protocol", Type::kString, "TLSv1.3", Importance::kMedium},
    {"ssl.provider", Type::kString, kNullDefault, Importance::kMedium},
    {"ssl.cipher.suites", Type::kList, "", Importance::kLow},
    {"ssl.enabled.protocols", Type::kList, "TLSv1.2,TLSv1.3", Importance::kMedium},
    {"ssl.keystore.type", Type::kString, "JKS", Importance::kMedium},
    {"ssl.keystore.location", Type::kString, kNullDefault, Importance::kHigh},
    {"ssl.keystore.password", Type::kPassword, kNullDefault, Importance::kHigh},
    {"ssl.key.password", Type::kPassword, kNullDefault, Importance::kHigh},
    {"ssl.keystore.key", Type::kPassword, kNullDefault, Importance::kHigh},
    {"ssl.keystore.certificate.chain", Type::kPassword, kNullDefault, Importance::kHigh},
    {"ssl.truststore.certificates", Type::kPassword, kNullDefault, Importance::kHigh},
    {"ssl.truststore.type", Type::kString, "JKS", Importance::kMedium},
    {"ssl.truststore.location", Type::kString, kNullDefault, Importance::kHigh},
    {"ssl.truststore.password", Type::kPassword, kNullDefault, Importance::kHigh},
    {"ssl.keymanager.algorithm", Type::kString, "SunX509", Importance::kLow},
    {"ssl.trustmanager.algorithm", Type::kString, "PKIX", Importance::kLow},
    {"ssl.endpoint.identification.algorithm", Type::kString, "https", Importance::kLow},
    {"ssl.secure.random.implementation", Type::kString, kNullDefault, Importance::kLow},
    {"ssl.engine.factory.class", Type::kClass, kNullDefault, Importance::kLow},
    {"topic.tracking.enable", Type::kBoolean, "true", Importance::kLow},
    {"topic.tracking.allow.reset", Type::kBoolean, "true", Importance::kLow},
    {"listeners", Type::kList, "http://:8083", Importance::kLow},
    {"rest.advertised.host.name", Type::kString, kNullDefault, Importance::kLow},
    {"rest.advertised.port", Type::kInt, kNullDefault, Importance::kLow},
    {"rest.advertised.listener", Type::kString, kNullDefault, Importance::kLow},
    {"access.control.allow.origin", Type::kString, "", Importance::kLow},
    {"access.control.allow.methods", Type::kString, "", Importance::kLow},
    {"response.http.headers.config", Type::kString, "", Importance::kLow},
    {"ssl.client.auth", Type::kString, "none", Importance::kLow},
    {"rest.extension.classes", Type::kList, "", Importance::kLow},
    {"admin.listeners", Type::kList, kNullDefault, Importance::kLow},
}};

constexpr std::array<KeyRow, 82> kDistributedKeys = {{
    {"group.id", Type::kString, kRequired, Importance::kHigh},
    {"session.timeout.ms", Type::kInt, "10000", Importance::kHigh},
    {"rebalance.timeout.ms", Type::kInt, "60000", Importance::kHigh},
    {"heartbeat.interval.ms", Type::kInt, "3000", Importance::kHigh},
    {"exactly.once.source.support", Type::kString, "disabled", Importance::kHigh},
    {"metadata.max.age.ms", Type::kLong, "300000", Importance::kLow},
    {"client.id", Type::kString, "", Importance::kLow},
    {"send.buffer.bytes", Type::kInt, "131072", Importance::kMedium},
    {"receive.buffer.bytes", Type::kInt, "32768", Importance::kMedium},
    {"reconnect.backoff.ms", Type::kLong, "50", Importance::kLow},
    {"reconnect.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"socket.connection.setup.timeout.ms", Type::kLong, "10000", Importance::kLow},
    {"socket.connection.setup.timeout.max.ms", Type::kLong, "30000", Importance::kLow},
    {"retry.backoff.ms", Type::kLong, "100", Importance::kLow},
    {"retry.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"request.timeout.ms", Type::kInt, "40000", Importance::kMedium},
    {"connections.max.idle.ms", Type::kLong, "540000", Importance::kMedium},
    {"security.protocol", Type::kString, "PLAINTEXT", Importance::kMedium},
    {"sasl.kerberos.service.name", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.kerberos.kinit.cmd", Type::kString, "/usr/bin/kinit", Importance::kLow},
    {"sasl.kerberos.ticket.renew.window.factor", Type::kDouble, "0.8", Importance::kLow},
    {"sasl.kerberos.ticket.renew.jitter", Type::kDouble, "0.05", Importance::kLow},
    {"sasl.kerberos.min.time.before.relogin", Type::kLong, "60000", Importance::kLow},
    {"sasl.login.refresh.window.factor", Type::kDouble, "0.8", Importance::kLow},
    {"sasl.login.refresh.window.jitter", Type::kDouble, "0.05", Importance::kLow},
    {"sasl.login.refresh.min.period.seconds", Type::kShort, "60", Importance::kLow},
    {"sasl.login.refresh.buffer.seconds", Type::kShort, "300", Importance::kLow},
    {"sasl.mechanism", Type::kString, "GSSAPI", Importance::kMedium},
    {"sasl.jaas.config", Type::kPassword, kNullDefault, Importance::kMedium},
    {"sasl.client.callback.handler.class", Type::kClass, kNullDefault, Importance::kMedium},
    {"sasl.login.callback.handler.class", Type::kClass, kNullDefault, Importance::kMedium},
    {"sasl.login.class", Type::kClass, kNullDefault, Importance::kMedium},
    {"sasl.login.connect.timeout.ms", Type::kInt, kNullDefault, Importance::kLow},
    {"sasl.login.read.timeout.ms", Type::kInt, kNullDefault, Importance::kLow},
    {"sasl.login.retry.backoff.max.ms", Type::kLong, "10000", Importance::kLow},
    {"sasl.login.retry.backoff.ms", Type::kLong, "100", Importance::kLow},
    {"sasl.oauthbearer.jwt.retriever.class", Type::kClass,
     "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", Importance::kMedium},
    {"sasl.oauthbearer.jwt.validator.class", Type::kClass,
     "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", Importance::kMedium},
    {"sasl.oauthbearer.scope", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.client.credentials.client.id", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.client.credentials.client.secret", Type::kPassword, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.assertion.algorithm", Type::kString, "RS256", Importance::kMedium},
    {"sasl.oauthbearer.assertion.claim.aud", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.assertion.claim.exp.seconds", Type::kInt, "300", Importance::kLow},
    {"sasl.oauthbearer.assertion.claim.iss", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.assertion.claim.jti.include", Type::kBoolean, "false", Importance::kMedium},
    {"sasl.oauthbearer.assertion.claim.nbf.seconds", Type::kInt, "60", Importance::kLow},
    {"sasl.oauthbearer.assertion.claim.sub", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.assertion.file", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.assertion.private.key.file", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.assertion.private.key.passphrase", Type::kPassword, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.assertion.template.file", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.scope.claim.name", Type::kString, "scope", Importance::kLow},
    {"sasl.oauthbearer.sub.claim.name", Type::kString, "sub", Importance::kLow},
    {"sasl.oauthbearer.token.endpoint.url", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.jwks.endpoint.url", Type::kString, kNullDefault, Importance::kMedium},
    {"sasl.oauthbearer.jwks.endpoint.refresh.ms", Type::kLong, "3600000", Importance::kLow},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Type::kLong, "10000", Importance::kLow},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Type::kLong, "100", Importance::kLow},
    {"sasl.oauthbearer.clock.skew.seconds", Type::kInt, "30", Importance::kLow},
    {"sasl.oauthbearer.expected.audience", Type::kList, "", Importance::kHigh},
    {"sasl.oauthbearer.expected.issuer", Type::kString, kNullDefault, Importance::kHigh},
    {"sasl.oauthbearer.header.urlencode", Type::kBoolean, "false", Importance::kLow},
    {"worker.sync.timeout.ms", Type::kInt, "3000", Importance::kMedium},
    {"worker.unsync.backoff.ms", Type::kInt, "300000", Importance::kMedium},
    {"offset.storage.topic", Type::kString, kRequired, Importance::kHigh},
    {"offset.storage.partitions", Type::kInt, "25", Importance::kLow},
    {"offset.storage.replication.factor", Type::kShort, "3", Importance::kLow},
    {"config.storage.topic", Type::kString, kRequired, Importance::kHigh},
    {"config.storage.replication.factor", Type::kShort, "3", Importance::kLow},
    {"status.storage.topic", Type::kString, kRequired, Importance::kHigh},
    {"status.storage.partitions", Type::kInt, "5", Importance::kLow},
    {"status.storage.replication.factor", Type::kShort, "3", Importance::kLow},
    {"connect.protocol", Type::kString, "sessioned", Importance::kLow},
    {"scheduled.rebalance.max.delay.ms", Type::kInt, "300000", Importance::kLow},
    {"inter.worker.key.ttl.ms", Type::kInt, "3600000", Importance::kLow},
    {"inter.worker.key.generation.algorithm", Type::kString, "HmacSHA256", Importance::kLow},
    {"inter.worker.key.size", Type::kInt, kNullDefault, Importance::kLow},
    {"inter.worker.signature.algorithm", Type::kString, "HmacSHA256", Importance::kLow},
    {"inter.worker.verification.algorithms", Type::kList, "HmacSHA256", Importance::kLow},
    {"metadata.recovery.strategy", Type::kString, "rebootstrap", Importance::kLow},
    {"metadata.recovery.rebootstrap.trigger.ms", Type::kLong, "300000", Importance::kLow},
}};

constexpr std::array<KeyRow, 1> kStandaloneKeys = {{
    {"offset.storage.file.filename", Type::kString, kRequired, Importance::kHigh},
}};

// What OpenSSL offers of the names that Java knows.
const std::vector<std::string>& mac_algorithms() {
  static const std::vector<std::string> names = {"HmacMD5",      "HmacSHA1",     "HmacSHA224",     "HmacSHA256",
                                                 "HmacSHA384",   "HmacSHA512",   "HmacSHA512/224", "HmacSHA512/256",
                                                 "HmacSHA3-224", "HmacSHA3-256", "HmacSHA3-384",   "HmacSHA3-512"};
  return names;
}

Status check_algorithm(std::string_view name, const std::string& algorithm) {
  for (const auto& known : mac_algorithms())
    if (base::equals_ignore_case_ascii(known, algorithm)) return {};
  return fail(invalid_value(name, Value(algorithm),
                            "the algorithm is not supported by this JVM; the supported algorithms are: [" +
                                base::join(mac_algorithms(), ", ") + "]"));
}

Validator mac_algorithm() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        const auto* text = std::get_if<std::string>(&value);
        return text == nullptr ? Status() : check_algorithm(name, *text);
      },
      "a MAC algorithm");
}

Validator verification_algorithms() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        const auto* list = std::get_if<List>(&value);
        if (list == nullptr || list->empty())
          return fail(invalid_value(name, value, "At least one signature verification algorithm must be provided"));
        for (const auto& algorithm : *list) SLUICE_TRY(check_algorithm(name, algorithm));
        return {};
      },
      "one or more MAC algorithms");
}

Validator connect_protocol() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        const auto* text = std::get_if<std::string>(&value);
        for (const std::string_view known : {"eager", "compatible", "sessioned"})
          if (text != nullptr && base::equals_ignore_case_ascii(*text, known)) return {};
        return fail(invalid_value(name, value, "Invalid Connect protocol compatibility"));
      },
      "[eager, compatible, sessioned]");
}

Validator listener_list() {
  return Validator(
      [](std::string_view, const Value& value) -> Status {
        const auto* list = std::get_if<List>(&value);
        if (list == nullptr || list->empty()) {
          return config_error(
              "Invalid value for listeners, at least one URL is expected, ex: "
              "http://localhost:8080,https://localhost:8443.");
        }
        for (const auto& item : *list)
          if (item.empty()) return config_error("Empty URL found when parsing listeners list.");
        return {};
      },
      "http and https URLs");
}

Validator header_rules() {
  return Validator(
      [](std::string_view, const Value& value) -> Status {
        const auto* text = std::get_if<std::string>(&value);
        if (text == nullptr) return {};
        const auto rules = parse_header_rules(*text);
        return rules ? Status() : fail(rules.error());
      },
      "[action] [header name]:[header value], ...");
}

const std::unordered_map<std::string_view, Validator>& validators() {
  static const std::unordered_map<std::string_view, Validator> table = {
      {"bootstrap.servers", list_without_duplicates(false, false)},
      {"client.dns.lookup", one_of({"use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"})},
      {"plugin.path", list_without_duplicates(false, true)},
      {"plugin.discovery", one_of_ignoring_case({"ONLY_SCAN", "SERVICE_LOAD", "HYBRID_WARN", "HYBRID_FAIL"})},
      {"metrics.sample.window.ms", at_least(0)},
      {"metrics.num.samples", at_least(1)},
      {"metrics.recording.level", one_of({"INFO", "DEBUG"})},
      {"metric.reporters", list_without_duplicates(true, false)},
      {"config.providers", list_without_duplicates(true, false)},
      {"ssl.cipher.suites", list_without_duplicates(true, false)},
      {"ssl.enabled.protocols", list_without_duplicates(true, false)},
      {"listeners", listener_list()},
      {"response.http.headers.config", header_rules()},
      {"ssl.client.auth", one_of({"required", "requested", "none"})},
      {"rest.extension.classes", list_without_duplicates(true, false)},
      {"admin.listeners", list_without_duplicates(true, true)},
      {"exactly.once.source.support", one_of_ignoring_case({"DISABLED", "ENABLED", "PREPARING"})},
      {"metadata.max.age.ms", at_least(0)},
      {"send.buffer.bytes", at_least(-1)},
      {"receive.buffer.bytes", at_least(-1)},
      {"reconnect.backoff.ms", at_least(0)},
      {"reconnect.backoff.max.ms", at_least(0)},
      {"socket.connection.setup.timeout.ms", at_least(0)},
      {"socket.connection.setup.timeout.max.ms", at_least(0)},
      {"retry.backoff.ms", at_least(0)},
      {"retry.backoff.max.ms", at_least(0)},
      {"request.timeout.ms", at_least(0)},
      {"security.protocol", one_of_ignoring_case({"SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"})},
      {"sasl.login.refresh.window.factor", between(0.5, 1.0)},
      {"sasl.login.refresh.window.jitter", between(0.0, 0.25)},
      {"sasl.login.refresh.min.period.seconds", between(std::int64_t{0}, std::int64_t{900})},
      {"sasl.login.refresh.buffer.seconds", between(std::int64_t{0}, std::int64_t{3600})},
      {"sasl.oauthbearer.assertion.algorithm", one_of_ignoring_case({"ES256", "RS256"})},
      {"sasl.oauthbearer.assertion.claim.exp.seconds", between(std::int64_t{0}, std::int64_t{86400})},
      {"sasl.oauthbearer.assertion.claim.nbf.seconds", between(std::int64_t{0}, std::int64_t{3600})},
      {"sasl.oauthbearer.expected.audience", list_without_duplicates(true, false)},
      {"offset.storage.partitions", topic_partitions_validator()},
      {"offset.storage.replication.factor", topic_replication_validator()},
      {"config.storage.replication.factor", topic_replication_validator()},
      {"status.storage.partitions", topic_partitions_validator()},
      {"status.storage.replication.factor", topic_replication_validator()},
      {"connect.protocol", connect_protocol()},
      {"scheduled.rebalance.max.delay.ms", at_least(0)},
      {"inter.worker.key.ttl.ms", at_least(0)},
      {"inter.worker.key.generation.algorithm", mac_algorithm()},
      {"inter.worker.signature.algorithm", mac_algorithm()},
      {"inter.worker.verification.algorithms", verification_algorithms()},
      {"metadata.recovery.strategy", one_of_ignoring_case({"REBOOTSTRAP", "NONE"})},
      {"metadata.recovery.rebootstrap.trigger.ms", at_least(0)},
  };
  return table;
}

void define_rows(std::span<const KeyRow> rows, ConfigDef& def) {
  for (const auto& row : rows) {
    ConfigKey key = row.default_text == kRequired ? required_key(row.name, row.type, row.importance, "")
                    : row.default_text == kNullDefault
                        ? optional_key(row.name, row.type, Value(Null{}), row.importance, "")
                        : optional_key(row.name, row.type, row.default_text, row.importance, "");
    // Classes are looked up when the plugins are known.
    if (key.type == Type::kClass) {
      key.type = Type::kString;
      if (key.default_value && !is_null(*key.default_value)) key.default_value = Value(*to_text(*key.default_value));
    }
    if (const auto place = validators().find(row.name); place != validators().end()) key.validator = place->second;
    def.define(std::move(key));
  }
}

// The keys that Kafka Connect does not have.
void define_own_keys(ConfigDef& def) {
  def.define(optional_key(
      "sluice.state.dir", Type::kString, "", Importance::kMedium,
      "A directory for what the worker keeps between runs: staged plugins and their manifests. Empty: one under the "
      "system's cache directory."));
  def.define(optional_key(
      "sluice.handover.timeout.ms", Type::kLong, "5000", Importance::kLow,
      "How long a worker of a group that is told to stop waits for its work to be taken over by others before it "
      "leaves. 0: it leaves at once, and its work waits for its return for scheduled.rebalance.max.delay.ms, as in "
      "Kafka Connect."));
  def.define(optional_key(
                 "sluice.task.hang.timeout.ms", Type::kLong, "300000", Importance::kMedium,
                 "After so long, a call into a plugin that has not returned makes its task or connector FAILED, until "
                 "it does return. 0: never. Health tells of such a call within five seconds in any case.")
                 .checked_by(at_least(0)));
  def.define(optional_key(
      "sluice.restart.failed", Type::kBoolean, "false", Importance::kMedium,
      "Whether tasks and connectors of this worker that fail are restarted by themselves, unless a configuration, a "
      "record or a component must be changed first."));
  def.define(optional_key("sluice.restart.backoff.ms", Type::kLong, "1000", Importance::kLow,
                          "The delay before the first restart of what has failed; each further one is twice as long. "
                          "Delays are up to a fifth shorter or longer.")
                 .checked_by(at_least(1)));
  def.define(optional_key("sluice.restart.backoff.max.ms", Type::kLong, "600000", Importance::kLow,
                          "The longest delay before a restart. What has then run for as long begins anew.")
                 .checked_by(at_least(1)));
  def.define(optional_key("sluice.restart.window.ms", Type::kLong, "3600000", Importance::kLow,
                          "What has kept failing for so long stays FAILED.")
                 .checked_by(at_least(0)));
  def.define(
      optional_key("sluice.rest.basic.auth.jaas.config", Type::kString, "", Importance::kMedium,
                   "The JAAS file with the section KafkaConnect that BasicAuthSecurityRestExtension reads. Empty: "
                   "the one that -Djava.security.auth.login.config= names in the environment variable "
                   "KAFKA_OPTS."));
  def.define(optional_key("sluice.rest.show.secrets", Type::kBoolean, "false", Importance::kMedium,
                          "Whether the REST API shows passwords that are written in connectors' configurations, and "
                          "what config providers gave, as Kafka Connect does. Otherwise **** stands in their place, "
                          "and a configuration that is sent back with it keeps the stored password."));
  def.define(optional_key("sluice.metrics.jmx.names", Type::kBoolean, "false", Importance::kLow,
                          "Whether /metrics also has the names under which the JMX exporter's usual configurations "
                          "show Kafka Connect's metrics, for dashboards and alerts that exist."));
  def.define(optional_key("sluice.log.format", Type::kString, "text", Importance::kLow,
                          "How log lines look: text, or json for one object a line."));
  def.define(optional_key("sluice.log.file", Type::kString, "", Importance::kLow,
                          "The file that log lines are appended to. Empty: standard error."));
  def.define(
      optional_key("sluice.log.level", Type::kString, "INFO", Importance::kLow,
                   "The level of the root logger at start: OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE or ALL."));
}

}  // namespace

ConfigDef standalone_config_def() {
  ConfigDef def;
  define_rows(kCommonKeys, def);
  define_rows(kStandaloneKeys, def);
  define_own_keys(def);
  return def;
}

ConfigDef distributed_config_def() {
  ConfigDef def;
  define_rows(kCommonKeys, def);
  define_rows(kDistributedKeys, def);
  define_own_keys(def);
  return def;
}

}  // namespace sluice::config
