#include "runtime/config/client_keys.h"

#include <array>
#include <span>

namespace sluice::config {
namespace {

// A key of one of Kafka's Java clients, version 4.3.1. The tables hold all of them, in Kafka's order, since validation
// answers with the definition of any key that a connector overrides.
struct KeyRow {
  const char* name;
  Type type;
  const char* default_text;
  Importance importance;
};
constexpr const char* kNullDefault = nullptr;
constexpr char kRequiredMark[] = "required";
constexpr const char* kRequired = kRequiredMark;  // known by its address

constexpr std::array<KeyRow, 113> kProducerKeys = {{
    {"bootstrap.servers", Type::kList, kRequired, Importance::kHigh},
    {"client.dns.lookup", Type::kString, "use_all_dns_ips", Importance::kMedium},
    {"buffer.memory", Type::kLong, "33554432", Importance::kHigh},
    {"retries", Type::kInt, "2147483647", Importance::kHigh},
    {"acks", Type::kString, "all", Importance::kLow},
    {"compression.type", Type::kString, "none", Importance::kHigh},
    {"compression.gzip.level", Type::kInt, "-1", Importance::kMedium},
    {"compression.lz4.level", Type::kInt, "9", Importance::kMedium},
    {"compression.zstd.level", Type::kInt, "3", Importance::kMedium},
    {"batch.size", Type::kInt, "16384", Importance::kMedium},
    {"partitioner.adaptive.partitioning.enable", Type::kBoolean, "true", Importance::kLow},
    {"partitioner.availability.timeout.ms", Type::kLong, "0", Importance::kLow},
    {"partitioner.ignore.keys", Type::kBoolean, "false", Importance::kMedium},
    {"linger.ms", Type::kLong, "5", Importance::kMedium},
    {"delivery.timeout.ms", Type::kInt, "120000", Importance::kMedium},
    {"client.id", Type::kString, "", Importance::kMedium},
    {"send.buffer.bytes", Type::kInt, "131072", Importance::kMedium},
    {"receive.buffer.bytes", Type::kInt, "32768", Importance::kMedium},
    {"max.request.size", Type::kInt, "1048576", Importance::kMedium},
    {"reconnect.backoff.ms", Type::kLong, "50", Importance::kLow},
    {"reconnect.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"retry.backoff.ms", Type::kLong, "100", Importance::kLow},
    {"retry.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"enable.metrics.push", Type::kBoolean, "true", Importance::kLow},
    {"max.block.ms", Type::kLong, "60000", Importance::kMedium},
    {"request.timeout.ms", Type::kInt, "30000", Importance::kMedium},
    {"metadata.max.age.ms", Type::kLong, "300000", Importance::kLow},
    {"metadata.max.idle.ms", Type::kLong, "300000", Importance::kLow},
    {"metrics.sample.window.ms", Type::kLong, "30000", Importance::kLow},
    {"metrics.num.samples", Type::kInt, "2", Importance::kLow},
    {"metrics.recording.level", Type::kString, "INFO", Importance::kLow},
    {"metric.reporters", Type::kList, "org.apache.kafka.common.metrics.JmxReporter", Importance::kLow},
    {"max.in.flight.requests.per.connection", Type::kInt, "5", Importance::kLow},
    {"key.serializer", Type::kClass, kRequired, Importance::kHigh},
    {"value.serializer", Type::kClass, kRequired, Importance::kHigh},
    {"socket.connection.setup.timeout.ms", Type::kLong, "10000", Importance::kMedium},
    {"socket.connection.setup.timeout.max.ms", Type::kLong, "30000", Importance::kMedium},
    {"connections.max.idle.ms", Type::kLong, "540000", Importance::kMedium},
    {"partitioner.class", Type::kClass, kNullDefault, Importance::kMedium},
    {"interceptor.classes", Type::kList, "", Importance::kLow},
    {"security.protocol", Type::kString, "PLAINTEXT", Importance::kMedium},
    {"security.providers", Type::kString, kNullDefault, Importance::kLow},
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
    {"enable.idempotence", Type::kBoolean, "true", Importance::kLow},
    {"transaction.timeout.ms", Type::kInt, "60000", Importance::kLow},
    {"transactional.id", Type::kString, kNullDefault, Importance::kLow},
    {"transaction.two.phase.commit.enable", Type::kBoolean, "false", Importance::kLow},
    {"metadata.recovery.strategy", Type::kString, "rebootstrap", Importance::kLow},
    {"metadata.recovery.rebootstrap.trigger.ms", Type::kLong, "300000", Importance::kLow},
    {"config.providers", Type::kList, "", Importance::kLow},
}};

constexpr std::array<KeyRow, 115> kConsumerKeys = {{
    {"bootstrap.servers", Type::kList, kRequired, Importance::kHigh},
    {"client.dns.lookup", Type::kString, "use_all_dns_ips", Importance::kMedium},
    {"group.id", Type::kString, kNullDefault, Importance::kHigh},
    {"group.instance.id", Type::kString, kNullDefault, Importance::kMedium},
    {"session.timeout.ms", Type::kInt, "45000", Importance::kHigh},
    {"heartbeat.interval.ms", Type::kInt, "3000", Importance::kHigh},
    {"partition.assignment.strategy", Type::kList,
     "class org.apache.kafka.clients.consumer.RangeAssignor,class "
     "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
     Importance::kMedium},
    {"metadata.max.age.ms", Type::kLong, "300000", Importance::kLow},
    {"enable.auto.commit", Type::kBoolean, "true", Importance::kMedium},
    {"auto.commit.interval.ms", Type::kInt, "5000", Importance::kLow},
    {"client.id", Type::kString, "", Importance::kLow},
    {"client.rack", Type::kString, "", Importance::kLow},
    {"max.partition.fetch.bytes", Type::kInt, "1048576", Importance::kHigh},
    {"send.buffer.bytes", Type::kInt, "131072", Importance::kMedium},
    {"receive.buffer.bytes", Type::kInt, "65536", Importance::kMedium},
    {"fetch.min.bytes", Type::kInt, "1", Importance::kHigh},
    {"fetch.max.bytes", Type::kInt, "52428800", Importance::kMedium},
    {"fetch.max.wait.ms", Type::kInt, "500", Importance::kLow},
    {"reconnect.backoff.ms", Type::kLong, "50", Importance::kLow},
    {"reconnect.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"retry.backoff.ms", Type::kLong, "100", Importance::kLow},
    {"retry.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"enable.metrics.push", Type::kBoolean, "true", Importance::kLow},
    {"auto.offset.reset", Type::kString, "latest", Importance::kMedium},
    {"check.crcs", Type::kBoolean, "true", Importance::kLow},
    {"metrics.sample.window.ms", Type::kLong, "30000", Importance::kLow},
    {"metrics.num.samples", Type::kInt, "2", Importance::kLow},
    {"metrics.recording.level", Type::kString, "INFO", Importance::kLow},
    {"metric.reporters", Type::kList, "org.apache.kafka.common.metrics.JmxReporter", Importance::kLow},
    {"key.deserializer", Type::kClass, kRequired, Importance::kHigh},
    {"value.deserializer", Type::kClass, kRequired, Importance::kHigh},
    {"request.timeout.ms", Type::kInt, "30000", Importance::kMedium},
    {"default.api.timeout.ms", Type::kInt, "60000", Importance::kMedium},
    {"socket.connection.setup.timeout.ms", Type::kLong, "10000", Importance::kMedium},
    {"socket.connection.setup.timeout.max.ms", Type::kLong, "30000", Importance::kMedium},
    {"connections.max.idle.ms", Type::kLong, "540000", Importance::kMedium},
    {"interceptor.classes", Type::kList, "", Importance::kLow},
    {"max.poll.records", Type::kInt, "500", Importance::kMedium},
    {"max.poll.interval.ms", Type::kInt, "300000", Importance::kMedium},
    {"exclude.internal.topics", Type::kBoolean, "true", Importance::kMedium},
    {"isolation.level", Type::kString, "read_uncommitted", Importance::kMedium},
    {"allow.auto.create.topics", Type::kBoolean, "true", Importance::kMedium},
    {"group.protocol", Type::kString, "classic", Importance::kHigh},
    {"group.remote.assignor", Type::kString, kNullDefault, Importance::kMedium},
    {"security.providers", Type::kString, kNullDefault, Importance::kLow},
    {"security.protocol", Type::kString, "PLAINTEXT", Importance::kMedium},
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
    {"metadata.recovery.strategy", Type::kString, "rebootstrap", Importance::kLow},
    {"metadata.recovery.rebootstrap.trigger.ms", Type::kLong, "300000", Importance::kLow},
    {"share.acknowledgement.mode", Type::kString, "implicit", Importance::kMedium},
    {"share.acquire.mode", Type::kString, "BATCH_OPTIMIZED", Importance::kMedium},
    {"config.providers", Type::kList, "", Importance::kLow},
}};

constexpr std::array<KeyRow, 91> kAdminKeys = {{
    {"bootstrap.servers", Type::kList, "", Importance::kHigh},
    {"bootstrap.controllers", Type::kList, "", Importance::kHigh},
    {"client.id", Type::kString, "", Importance::kMedium},
    {"metadata.max.age.ms", Type::kLong, "300000", Importance::kLow},
    {"send.buffer.bytes", Type::kInt, "131072", Importance::kMedium},
    {"receive.buffer.bytes", Type::kInt, "65536", Importance::kMedium},
    {"reconnect.backoff.ms", Type::kLong, "50", Importance::kLow},
    {"reconnect.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"retry.backoff.ms", Type::kLong, "100", Importance::kLow},
    {"retry.backoff.max.ms", Type::kLong, "1000", Importance::kLow},
    {"enable.metrics.push", Type::kBoolean, "false", Importance::kLow},
    {"request.timeout.ms", Type::kInt, "30000", Importance::kMedium},
    {"socket.connection.setup.timeout.ms", Type::kLong, "10000", Importance::kMedium},
    {"socket.connection.setup.timeout.max.ms", Type::kLong, "30000", Importance::kMedium},
    {"connections.max.idle.ms", Type::kLong, "300000", Importance::kMedium},
    {"retries", Type::kInt, "2147483647", Importance::kLow},
    {"default.api.timeout.ms", Type::kInt, "60000", Importance::kMedium},
    {"metrics.sample.window.ms", Type::kLong, "30000", Importance::kLow},
    {"metrics.num.samples", Type::kInt, "2", Importance::kLow},
    {"metric.reporters", Type::kList, "org.apache.kafka.common.metrics.JmxReporter", Importance::kLow},
    {"metrics.recording.level", Type::kString, "INFO", Importance::kLow},
    {"client.dns.lookup", Type::kString, "use_all_dns_ips", Importance::kMedium},
    {"security.providers", Type::kString, kNullDefault, Importance::kLow},
    {"security.protocol", Type::kString, "PLAINTEXT", Importance::kMedium},
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
    {"metadata.recovery.strategy", Type::kString, "rebootstrap", Importance::kLow},
    {"metadata.recovery.rebootstrap.trigger.ms", Type::kLong, "300000", Importance::kLow},
    {"config.providers", Type::kList, "", Importance::kLow},
}};

struct Documentation {
  std::string_view name;
  const char* text;
};
// What Connect's answers say of the keys that are overridden most.
constexpr std::array<Documentation, 2> kDocumentation = {{
    {"acks",
     "The number of acknowledgments the producer requires the leader to have received before considering a"
     " request complete. This controls the  durability of records that are sent. The following settings "
     "are allowed:  <ul> <li><code>acks=0</code> If set to zero then the producer will not wait for any "
     "acknowledgment from the server at all. The record will be immediately added to the socket buffer and"
     " considered sent. No guarantee can be made that the server has received the record in this case, and"
     " the <code>retries</code> configuration will not take effect (as the client won't generally know of "
     "any failures). The offset given back for each record will always be set to <code>-1</code>. "
     "<li><code>acks=1</code> This will mean the leader will write the record to its local log but will "
     "respond without awaiting full acknowledgement from all followers. In this case should the leader "
     "fail immediately after acknowledging the record but before the followers have replicated it then the"
     " record will be lost. <li><code>acks=all</code> This means the leader will wait for the full set of "
     "in-sync replicas to acknowledge the record. This guarantees that the record will not be lost as long"
     " as at least one in-sync replica remains alive. This is the strongest available guarantee. This is "
     "equivalent to the acks=-1 setting.</ul><p>Note that enabling idempotence requires this config value "
     "to be 'all'. If conflicting configurations are set and idempotence is not explicitly enabled, "
     "idempotence is disabled."},
    {"client.id",
     "An id string to pass to the server when making requests. The purpose of this is to be able to track "
     "the source of requests beyond just ip/port by allowing a logical application name to be included in "
     "server-side request logging."},
}};

std::string documentation(ClientKind client, std::string_view name) {
  for (const auto& known : kDocumentation)
    if (known.name == name) return known.text;
  const std::string_view word = client == ClientKind::kAdmin      ? "admin client"
                                : client == ClientKind::kProducer ? "producer"
                                                                  : "consumer";
  return fmt::format("The Kafka {} setting {}.", word, name);
}

ConfigDef make_def(ClientKind client, std::span<const KeyRow> rows) {
  ConfigDef def;
  for (const auto& row : rows) {
    std::string text = documentation(client, row.name);
    if (row.default_text == kRequired) {
      def.define(required_key(row.name, row.type, row.importance, std::move(text)));
    } else if (row.default_text == kNullDefault) {
      def.define(optional_key(row.name, row.type, Value(Null{}), row.importance, std::move(text)));
    } else {
      def.define(optional_key(row.name, row.type, row.default_text, row.importance, std::move(text)));
    }
  }
  return def;
}

}  // namespace

const ConfigDef& client_config_def(ClientKind client) {
  static const ConfigDef producer = make_def(ClientKind::kProducer, kProducerKeys);
  static const ConfigDef consumer = make_def(ClientKind::kConsumer, kConsumerKeys);
  static const ConfigDef admin = make_def(ClientKind::kAdmin, kAdminKeys);
  switch (client) {
    case ClientKind::kProducer:
      return producer;
    case ClientKind::kConsumer:
      return consumer;
    case ClientKind::kAdmin:
      return admin;
  }
  return producer;
}

}  // namespace sluice::config
