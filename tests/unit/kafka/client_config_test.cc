#include "runtime/kafka/client_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

namespace sluice::kafka {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ConfigMap with(ConfigMap more) {
  more.emplace("bootstrap.servers", "a:1,b:2");
  return more;
}
// The last value set, as librdkafka would have it.
std::optional<std::string> value_of(const ClientConfig& config, std::string_view key) {
  std::optional<std::string> found;
  for (const auto& [name, value] : config.librdkafka)
    if (name == key) found = value;
  return found;
}
ClientConfig good(ConfigMap keys, ClientKind kind) {
  auto result = translate_client_config(with(std::move(keys)), kind);
  EXPECT_TRUE(result) << result.error().to_string();
  return result ? *result : ClientConfig{};
}
std::string bad(ConfigMap keys, ClientKind kind) {
  const auto result = translate_client_config(with(std::move(keys)), kind);
  if (result) {
    ADD_FAILURE() << "was accepted";
    return {};
  }
  EXPECT_EQ(result.error().code(), base::Code::kInvalidConfig);
  return result.error().message();
}
std::string all_warnings(const ClientConfig& config) {
  std::string text;
  for (const auto& warning : config.warnings) text += warning + "\n";
  return text;
}
constexpr auto kProducer = ClientKind::kProducer;
constexpr auto kConsumer = ClientKind::kConsumer;
constexpr auto kAdmin = ClientKind::kAdmin;

TEST(ClientConfig, JavasDefaultsHoldWhereLibrdkafkasDiffer) {
  const auto producer = good({}, kProducer);
  EXPECT_EQ(value_of(producer, "bootstrap.servers"), "a:1,b:2");
  EXPECT_EQ(value_of(producer, "acks"), "all");
  EXPECT_EQ(value_of(producer, "linger.ms"), "5");
  EXPECT_EQ(value_of(producer, "enable.idempotence"), "true");
  EXPECT_EQ(value_of(producer, "max.in.flight.requests.per.connection"), "5");
  EXPECT_EQ(value_of(producer, "delivery.timeout.ms"), "120000");
  EXPECT_EQ(value_of(producer, "queue.buffering.max.kbytes"), "32768");
  EXPECT_EQ(value_of(producer, "message.max.bytes"), "1048576");
  EXPECT_EQ(value_of(producer, "partitioner"), "murmur2_random");
  EXPECT_EQ(value_of(producer, "reconnect.backoff.ms"), "50");
  EXPECT_EQ(value_of(producer, "reconnect.backoff.max.ms"), "1000");
  const auto consumer = good({{"group.id", "g"}}, kConsumer);
  EXPECT_EQ(value_of(consumer, "isolation.level"), "read_uncommitted");
  EXPECT_EQ(value_of(consumer, "auto.offset.reset"), "latest");
  EXPECT_EQ(value_of(consumer, "allow.auto.create.topics"), "true");
  EXPECT_EQ(value_of(consumer, "check.crcs"), "true");
  EXPECT_EQ(value_of(consumer, "partition.assignment.strategy"), "range");
  EXPECT_EQ(value_of(consumer, "enable.auto.commit"), "true");
  EXPECT_EQ(consumer.settings.max_poll_records, 500);
  EXPECT_TRUE(producer.warnings.empty() && consumer.warnings.empty())
      << all_warnings(producer) << all_warnings(consumer);
  EXPECT_EQ(value_of(good({}, kAdmin), "security.protocol"), "plaintext");
}

TEST(ClientConfig, ConnectsFrameworkDefaults) {
  const auto config = good({{"key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer"},
                            {"value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer"},
                            {"max.block.ms", "9223372036854775807"},
                            {"enable.idempotence", "false"},
                            {"acks", "all"},
                            {"max.in.flight.requests.per.connection", "1"},
                            {"delivery.timeout.ms", "2147483647"},
                            {"metrics.context.connect.kafka.cluster.id", "x"},
                            {"client.id", "connector-producer-a-0"}},
                           kProducer);
  EXPECT_EQ(value_of(config, "enable.idempotence"), "false");
  EXPECT_EQ(value_of(config, "delivery.timeout.ms"), "2147483647");
  EXPECT_EQ(value_of(config, "client.id"), "connector-producer-a-0");
  EXPECT_EQ(config.settings.max_block.count(), INT64_MAX);
}

TEST(ClientConfig, BootstrapServers) {
  EXPECT_EQ(value_of(good({{"bootstrap.servers", " SSL://a:9092 , [::1]:9093,,"}}, kAdmin), "bootstrap.servers"),
            "a:9092,[::1]:9093");
  EXPECT_TRUE(good({{"bootstrap.servers", "embedded"}}, kAdmin).settings.embedded);
  EXPECT_THAT(bad({{"bootstrap.servers", "host"}}, kAdmin), HasSubstr("Invalid url in bootstrap.servers: host"));
  EXPECT_THAT(bad({{"bootstrap.servers", "host:99999"}}, kAdmin), HasSubstr("bootstrap.servers"));
  EXPECT_THAT(bad({{"bootstrap.servers", "host:"}}, kAdmin), HasSubstr("bootstrap.servers"));
  EXPECT_THAT(bad({{"bootstrap.servers", " , "}}, kAdmin), HasSubstr("missing"));
}

TEST(ClientConfig, NumbersAreCheckedAndClamped) {
  EXPECT_THAT(bad({{"linger.ms", "soon"}}, kProducer),
              HasSubstr("Invalid value soon for configuration linger.ms: Not a number of type LONG"));
  EXPECT_THAT(bad({{"enable.auto.commit", "maybe"}}, kConsumer),
              HasSubstr("Expected value to be either true or false"));
  const auto config =
      good({{"fetch.min.bytes", "0"}, {"receive.buffer.bytes", "-1"}, {"fetch.max.bytes", "2147483647"}}, kConsumer);
  EXPECT_EQ(value_of(config, "fetch.min.bytes"), "1");
  EXPECT_EQ(value_of(config, "socket.receive.buffer.bytes"), "0");
  EXPECT_EQ(value_of(config, "fetch.max.bytes"), "1000000000");
  EXPECT_EQ(value_of(good({{"buffer.memory", "1025"}}, kProducer), "queue.buffering.max.kbytes"), "2");
}

TEST(ClientConfig, ManyProblemsComeTogether) {
  const auto text = bad({{"acks", "2"}, {"linger.ms", "x"}, {"interceptor.classes", "com.acme.Encrypt"}}, kProducer);
  EXPECT_THAT(text, HasSubstr("configuration acks"));
  EXPECT_THAT(text, HasSubstr("linger.ms"));
  EXPECT_THAT(text, HasSubstr("interceptor.classes"));
  const auto problems = check_client_config(with({{"acks", "2"}}), kProducer);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].first, "acks");
}

TEST(ClientConfig, IdempotenceFollowsJavasRules) {
  EXPECT_EQ(value_of(good({{"acks", "1"}}, kProducer), "enable.idempotence"), "false");
  EXPECT_EQ(value_of(good({{"retries", "0"}}, kProducer), "enable.idempotence"), "false");
  EXPECT_EQ(value_of(good({{"max.in.flight.requests.per.connection", "6"}}, kProducer), "enable.idempotence"), "false");
  EXPECT_THAT(bad({{"acks", "1"}, {"enable.idempotence", "true"}}, kProducer),
              HasSubstr("Must set acks to all in order to use the idempotent producer."));
  EXPECT_THAT(bad({{"transactional.id", "t"}, {"enable.idempotence", "false"}}, kProducer),
              HasSubstr("Cannot set a transactional.id without also enabling idempotence."));
  EXPECT_THAT(bad({{"transactional.id", "t"}, {"acks", "1"}}, kProducer), HasSubstr("transactional.id"));
}

TEST(ClientConfig, DeliveryTimeout) {
  EXPECT_THAT(bad({{"delivery.timeout.ms", "1000"}}, kProducer),
              HasSubstr("delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms"));
  EXPECT_EQ(value_of(good({{"request.timeout.ms", "200000"}}, kProducer), "delivery.timeout.ms"), "200005");
  const auto transactional =
      good({{"transactional.id", "t"}, {"delivery.timeout.ms", "2147483647"}, {"transaction.timeout.ms", "20000"}},
           kProducer);
  EXPECT_EQ(value_of(transactional, "delivery.timeout.ms"), "20000");
  EXPECT_EQ(value_of(transactional, "socket.timeout.ms"), "20000");
}

TEST(ClientConfig, CompressionLevelBelongsToTheTypeInUse) {
  EXPECT_EQ(
      value_of(good({{"compression.type", "zstd"}, {"compression.zstd.level", "19"}, {"compression.gzip.level", "3"}},
                    kProducer),
               "compression.level"),
      "12");
  EXPECT_EQ(value_of(good({{"compression.gzip.level", "3"}}, kProducer), "compression.level"), std::nullopt);
  EXPECT_EQ(
      value_of(good({{"compression.type", "gzip"}, {"compression.gzip.level", "-1"}}, kProducer), "compression.level"),
      std::nullopt);
  EXPECT_THAT(bad({{"compression.type", "brotli"}}, kProducer), HasSubstr("compression.type"));
}

TEST(ClientConfig, Partitioners) {
  EXPECT_EQ(value_of(good({{"partitioner.ignore.keys", "true"}}, kProducer), "partitioner"), "random");
  EXPECT_EQ(
      value_of(good({{"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"}}, kProducer),
               "partitioner"),
      "random");
  EXPECT_THAT(bad({{"partitioner.class", "com.acme.Mine"}}, kProducer), HasSubstr("com.acme.Mine"));
}

TEST(ClientConfig, AssignorsByJavaClassName) {
  const std::string prefix = "org.apache.kafka.clients.consumer.";
  EXPECT_EQ(
      value_of(good({{"partition.assignment.strategy", prefix + "RoundRobinAssignor, " + prefix + "RangeAssignor"}},
                    kConsumer),
               "partition.assignment.strategy"),
      "roundrobin,range");
  EXPECT_EQ(value_of(good({{"partition.assignment.strategy", prefix + "CooperativeStickyAssignor"}}, kConsumer),
                     "partition.assignment.strategy"),
            "cooperative-sticky");
  const auto mixed = good(
      {{"partition.assignment.strategy", prefix + "RangeAssignor," + prefix + "CooperativeStickyAssignor"}}, kConsumer);
  EXPECT_EQ(value_of(mixed, "partition.assignment.strategy"), "range");
  EXPECT_THAT(all_warnings(mixed), HasSubstr("eager"));
  EXPECT_THAT(bad({{"partition.assignment.strategy", prefix + "StickyAssignor"}}, kConsumer),
              HasSubstr("StickyAssignor is not available"));
}

TEST(ClientConfig, ConsumerRules) {
  EXPECT_EQ(value_of(good({{"auto.offset.reset", "none"}}, kConsumer), "auto.offset.reset"), "error");
  EXPECT_THAT(bad({{"auto.offset.reset", "by_duration:PT1H"}}, kConsumer), HasSubstr("by_duration is not supported"));
  EXPECT_THAT(bad({{"group.protocol", "consumer"}}, kConsumer), HasSubstr("group.protocol=classic"));
  good({{"group.protocol", "classic"}}, kConsumer);
  const auto config = good({{"session.timeout.ms", "50000"}, {"max.poll.interval.ms", "10000"}}, kConsumer);
  EXPECT_EQ(value_of(config, "max.poll.interval.ms"), "50000");
  EXPECT_THAT(all_warnings(config), HasSubstr("max.poll.interval.ms=10000 is raised"));
}

TEST(ClientConfig, UnknownKeysAreOneWarning) {
  const auto config = good({{"no.such.key", "secret-looking"}, {"plugin.path", "/x"}, {"acks", "all"}}, kAdmin);
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_EQ(config.warnings[0],
            "these admin configurations were supplied but are not used: acks, no.such.key, plugin.path");
}

TEST(ClientConfig, WhatCannotRunHereIsRefused) {
  for (const char* key :
       {"sasl.client.callback.handler.class", "security.providers", "ssl.engine.factory.class", "sasl.login.class"})
    EXPECT_THAT(bad({{key, "com.acme.Thing"},
                     {"security.protocol", "SASL_SSL"},
                     {"sasl.mechanism", "PLAIN"},
                     {"sasl.jaas.config",
                      "org.apache.kafka.common.security.plain.PlainLoginModule required username=a password=b;"}},
                    kAdmin),
                HasSubstr(key));
  EXPECT_THAT(bad({{"transaction.two.phase.commit.enable", "true"}}, kProducer), HasSubstr("two-phase"));
  good({{"interceptor.classes", "io.confluent.monitoring.clients.interceptor.MonitoringProducerInterceptor"}},
       kProducer);
  good({{"ssl.engine.factory.class", "com.acme.Thing"}}, kAdmin);  // no TLS: as in Java, not looked at
}

TEST(ClientConfig, LibrdkafkaKeysAreAnAllowList) {
  EXPECT_EQ(
      value_of(good({{"librdkafka.queued.max.messages.kbytes", "1024"}}, kConsumer), "queued.max.messages.kbytes"),
      "1024")
      << "has the last word";
  EXPECT_THAT(bad({{"librdkafka.plugin.library.paths", "/tmp/evil.so"}}, kProducer),
              HasSubstr("cannot be set directly"));
  EXPECT_THAT(bad({{"librdkafka.enable.ssl.certificate.verification", "false"}}, kProducer),
              HasSubstr("cannot be set directly"));
}

// ------------------------------------------------------------------------------------------------------------------------
// SASL

constexpr const char* kPlain =
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" password=\"s3cr\\\"et;\";";

TEST(ClientSecurity, PlainAndScram) {
  const auto plain = good(
      {{"security.protocol", "sasl_plaintext"}, {"sasl.mechanism", "PLAIN"}, {"sasl.jaas.config", kPlain}}, kProducer);
  EXPECT_EQ(value_of(plain, "security.protocol"), "sasl_plaintext");
  EXPECT_EQ(value_of(plain, "sasl.mechanism"), "PLAIN");
  EXPECT_EQ(value_of(plain, "sasl.username"), "alice");
  EXPECT_EQ(value_of(plain, "sasl.password"), "s3cr\"et;");
  const std::string scram =
      "org.apache.kafka.common.security.scram.ScramLoginModule required\n username='bob' password=pw ;";
  EXPECT_EQ(
      value_of(
          good({{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "SCRAM-SHA-512"}, {"sasl.jaas.config", scram}},
               kConsumer),
          "sasl.password"),
      "pw");
}

TEST(ClientSecurity, SaslErrorsSayWhatToWriteAndNeverTheSecret) {
  const ConfigMap sasl{{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "PLAIN"}};
  const auto text_of = [&](ConfigMap more) {
    more.insert(sasl.begin(), sasl.end());
    return bad(more, kProducer);
  };
  EXPECT_THAT(text_of({}),
              HasSubstr("write org.apache.kafka.common.security.plain.PlainLoginModule required username"));
  for (const char* jaas :
       {"org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"hunter2\"",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"hunter2;",
        "org.apache.kafka.common.security.plain.PlainLoginModule hunter2;",
        "org.apache.kafka.common.security.plain.PlainLoginModule required hunter2;",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=hunter2;",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=u password=hunter2;",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=u password=hunter2; more"}) {
    const auto text = text_of({{"sasl.jaas.config", jaas}});
    EXPECT_THAT(text, HasSubstr("sasl.jaas.config"));
    EXPECT_THAT(text, Not(HasSubstr("hunter2"))) << jaas;
  }
  EXPECT_THAT(bad({{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "AWS_MSK_IAM"}}, kProducer),
              HasSubstr("sasl.mechanism=AWS_MSK_IAM is not available"));
  EXPECT_THAT(bad({{"security.protocol", "TLS"}}, kProducer), HasSubstr("security.protocol"));
  EXPECT_THAT(
      bad({{"security.protocol", "SASL_SSL"},
           {"sasl.mechanism", "SCRAM-SHA-256"},
           {"sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=u password=p tokenauth=true;"}},
          kProducer),
      HasSubstr("tokenauth"));
}

TEST(ClientSecurity, Kerberos) {
  const auto config = good({{"security.protocol", "SASL_PLAINTEXT"},
                            {"sasl.kerberos.service.name", "kafka"},
                            {"sasl.jaas.config",
                             "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true "
                             "keyTab=\"/etc/k.keytab\" principal=\"a/h@R\";"}},
                           kAdmin);
  EXPECT_EQ(value_of(config, "sasl.kerberos.keytab"), "/etc/k.keytab");
  EXPECT_EQ(value_of(config, "sasl.kerberos.principal"), "a/h@R");
  EXPECT_THAT(bad({{"security.protocol", "SASL_PLAINTEXT"}}, kAdmin), HasSubstr("sasl.kerberos.service.name"));
  EXPECT_THAT(bad({{"security.protocol", "SASL_PLAINTEXT"},
                   {"sasl.kerberos.service.name", "kafka"},
                   {"sasl.jaas.config",
                    "com.sun.security.auth.module.Krb5LoginModule required keyTab=\"/x; rm -rf /\" principal=\"p\";"}},
                  kAdmin),
              HasSubstr("may hold letters"))
      << "it would end up in a shell command";
}

TEST(ClientSecurity, OauthBearer) {
  const ConfigMap base{{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "OAUTHBEARER"}};
  const auto translate = [&](ConfigMap more) {
    more.insert(base.begin(), base.end());
    return translate_client_config(with(more), kProducer);
  };
  const std::string module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ";
  auto config =
      translate({{"sasl.oauthbearer.token.endpoint.url", "https://idp/token"},
                 {"sasl.login.callback.handler.class",
                  "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler"},
                 {"sasl.jaas.config",
                  module + "clientId=\"me\" clientSecret=\"hush\" scope=\"kafka\" extension_logicalCluster=\"lkc\";"}});
  ASSERT_TRUE(config) << config.error().to_string();
  ASSERT_TRUE(config->settings.oauth);
  EXPECT_EQ(config->settings.oauth->client_secret, "hush");
  EXPECT_EQ(config->settings.oauth->extensions.at("logicalCluster"), "lkc");
  config = translate({{"sasl.oauthbearer.token.endpoint.url", "file:///run/token"}});
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(config->settings.oauth->token_file, "/run/token");
  config = translate({{"sasl.jaas.config", module + "unsecuredLoginStringClaim_sub=\"alice\";"}});
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(value_of(*config, "sasl.oauthbearer.config"), "principal=alice");
  EXPECT_FALSE(translate({}));
  EXPECT_FALSE(translate({{"sasl.oauthbearer.token.endpoint.url", "https://idp/token"}}));
  EXPECT_FALSE(translate({{"sasl.oauthbearer.token.endpoint.url", "ftp://idp/token"}}));
  EXPECT_FALSE(translate({{"sasl.login.callback.handler.class", "com.acme.Handler"}}));
}

// -------------------------------------------------------------------------------------------------------------------------
// TLS

class TlsFiles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder() = std::filesystem::temp_directory_path() / ("sluice-tls-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder());
    const std::string in = "cd '" + folder().string() + "' && ";
    run(in +
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -keyout key.pem -out cert.pem -days 2 2>/dev/null");
    run(in + "cat key.pem cert.pem > both.pem");
    run(in + "openssl pkcs12 -export -inkey key.pem -in cert.pem -passout pass:changeit -out keystore.p12");
    run(in + "openssl pkcs12 -export -nokeys -in cert.pem -passout pass:changeit -out truststore.p12");
    std::ofstream(folder() / "old.jks", std::ios::binary) << "\xfe\xed\xfe\xed\x00\x00\x00\x02";
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder()); }
  static std::filesystem::path& folder() {
    static std::filesystem::path path;
    return path;
  }
  static std::string file(const char* name) { return (folder() / name).string(); }
  static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }
  static ConfigMap ssl(ConfigMap more) {
    more.emplace("security.protocol", "SSL");
    return more;
  }
};

TEST_F(TlsFiles, PemStores) {
  const auto config = good(ssl({{"ssl.truststore.location", file("cert.pem")},
                                {"ssl.truststore.type", "PEM"},
                                {"ssl.keystore.location", file("both.pem")},
                                {"ssl.key.password", "pw"}}),
                           kProducer);
  EXPECT_EQ(value_of(config, "ssl.ca.location"), file("cert.pem"));
  EXPECT_EQ(value_of(config, "ssl.certificate.location"), file("both.pem"));
  EXPECT_EQ(value_of(config, "ssl.key.location"), file("both.pem"));
  EXPECT_EQ(value_of(config, "ssl.key.password"), "pw");
  EXPECT_EQ(value_of(config, "ssl.endpoint.identification.algorithm"), "https");
}

TEST_F(TlsFiles, Pkcs12Stores) {
  const auto config = good(ssl({{"ssl.truststore.location", file("truststore.p12")},
                                {"ssl.truststore.password", "changeit"},
                                {"ssl.truststore.type", "JKS"},
                                {"ssl.keystore.location", file("keystore.p12")},
                                {"ssl.keystore.password", "changeit"}}),
                           kProducer);
  EXPECT_THAT(*value_of(config, "ssl.ca.pem"), HasSubstr("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(value_of(config, "ssl.keystore.location"), file("keystore.p12"));
  const auto text = bad(
      ssl({{"ssl.truststore.location", file("truststore.p12")}, {"ssl.truststore.password", "hunter2"}}), kProducer);
  EXPECT_THAT(text, HasSubstr("cannot be opened with the given password"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(bad(ssl({{"ssl.keystore.location", file("keystore.p12")}}), kProducer),
              HasSubstr("ssl.keystore.password is missing"));
}

TEST_F(TlsFiles, JksAndMissingFilesSayWhatToDo) {
  EXPECT_THAT(bad(ssl({{"ssl.truststore.location", file("old.jks")}}), kProducer),
              HasSubstr("keytool -importkeystore -srckeystore " + file("old.jks") + " -destkeystore " +
                        file("old.p12") + " -deststoretype PKCS12"));
  EXPECT_THAT(bad(ssl({{"ssl.keystore.location", file("old.jks")}}), kProducer),
              HasSubstr("ssl.keystore.location=" + file("old.p12")));
  EXPECT_THAT(bad(ssl({{"ssl.truststore.location", file("absent")}}), kProducer), HasSubstr("No such file"));
  good({{"ssl.truststore.location", file("old.jks")}}, kProducer);  // PLAINTEXT: as in Java, not looked at
}

TEST_F(TlsFiles, InlinePem) {
  std::ifstream in(file("cert.pem"));
  std::string pem((std::istreambuf_iterator<char>(in)), {});
  std::string one_line = pem;
  for (char& c : one_line)
    if (c == '\n') c = ' ';
  EXPECT_EQ(value_of(good(ssl({{"ssl.truststore.certificates", one_line}}), kAdmin), "ssl.ca.pem"), pem)
      << "line breaks are restored";
  EXPECT_THAT(bad(ssl({{"ssl.truststore.certificates", pem}, {"ssl.truststore.location", "x"}}), kAdmin),
              HasSubstr("Both SSL trust store location"));
  EXPECT_THAT(bad(ssl({{"ssl.keystore.key", "nonsense"}, {"ssl.keystore.certificate.chain", pem}}), kAdmin),
              HasSubstr("must both hold PEM text"));
}

TEST_F(TlsFiles, HostNamesSuitesAndProtocols) {
  const auto off = good(ssl({{"ssl.endpoint.identification.algorithm", ""}}), kProducer);
  EXPECT_EQ(value_of(off, "ssl.endpoint.identification.algorithm"), "none");
  EXPECT_THAT(all_warnings(off), HasSubstr("not checked"));
  EXPECT_THAT(bad(ssl({{"ssl.endpoint.identification.algorithm", "LDAPS"}}), kProducer), HasSubstr("LDAPS"));
  EXPECT_EQ(value_of(good(ssl({{"ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256"}}),
                          kProducer),
                     "ssl.cipher.suites"),
            "ECDHE-RSA-AES256-GCM-SHA384");
  EXPECT_THAT(bad(ssl({{"ssl.cipher.suites", "TLS_AES_128_GCM_SHA256"}}), kProducer), HasSubstr("openssl.cnf"));
  good(ssl({{"ssl.enabled.protocols", "TLSv1.2,TLSv1.3"}}), kProducer);
  EXPECT_THAT(bad(ssl({{"ssl.enabled.protocols", "TLSv1.3"}}), kProducer), HasSubstr("MinProtocol"));
  EXPECT_THAT(bad(ssl({{"ssl.enabled.protocols", "TLSv1.1"}}), kProducer), HasSubstr("only TLSv1.2 and TLSv1.3"));
}

}  // namespace
}  // namespace sluice::kafka
