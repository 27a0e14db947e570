#include "runtime/herder/group_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "runtime/kafka/embedded_broker.h"

namespace sluice::herder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Mechanism = group::SaslOptions::Mechanism;

base::Result<group::MembershipOptions> options_of(const config::ConfigMap& more,
                                                  const std::string& servers = "b:1, [::1]:2") {
  config::ConfigMap properties = {{"bootstrap.servers", "b:1"},           {"key.converter", "StringConverter"},
                                  {"value.converter", "StringConverter"}, {"group.id", "g"},
                                  {"config.storage.topic", "c"},          {"offset.storage.topic", "o"},
                                  {"status.storage.topic", "s"}};
  for (const auto& [key, text] : more) properties.set(key, text);
  SLUICE_TRY_ASSIGN(const auto config, config::WorkerConfig::make(config::WorkerMode::kDistributed, properties,
                                                                  config::builtin_config_providers()));
  return group_options(config, servers, "host:8083");
}

std::string refusal(const config::ConfigMap& more) {
  const auto options = options_of(more);
  return options ? "accepted" : options.error().message();
}

TEST(GroupOptions, DefaultsAreConnects) {
  const auto options = options_of({});
  ASSERT_TRUE(options) << options.error().to_string();
  EXPECT_EQ(options->group_id, "g");
  EXPECT_EQ(options->client_id, "connect-host:8083");
  EXPECT_THAT(options->bootstrap_servers, ElementsAre("b:1", "[::1]:2"));
  EXPECT_EQ(options->protocol_type, "connect");
  EXPECT_EQ(options->session_timeout.count(), 10'000);
  EXPECT_EQ(options->rebalance_timeout.count(), 60'000);
  EXPECT_EQ(options->heartbeat_interval.count(), 3'000);
  EXPECT_EQ(options->request_timeout.count(), 40'000);
  EXPECT_FALSE(options->tls);
  EXPECT_FALSE(options->sasl);
}

TEST(GroupOptions, KeysOfTheWorker) {
  const auto options = options_of({{"client.id", "mine"},
                                   {"session.timeout.ms", "20000"},
                                   {"heartbeat.interval.ms", "5000"},
                                   {"rebalance.timeout.ms", "90000"},
                                   {"reconnect.backoff.ms", "2000"}});
  ASSERT_TRUE(options) << options.error().to_string();
  EXPECT_EQ(options->client_id, "mine");
  EXPECT_EQ(options->session_timeout.count(), 20'000);
  EXPECT_EQ(options->rebalance_timeout.count(), 90'000);
  EXPECT_EQ(options->heartbeat_interval.count(), 5'000);
  EXPECT_EQ(options->reconnect_backoff_max.count(), 2'000);
  EXPECT_THAT(refusal({{"session.timeout.ms", "3000"}}), HasSubstr("heartbeat.interval.ms"));
}

TEST(GroupOptions, ScramOverTls) {
  const auto options =
      options_of({{"security.protocol", "SASL_SSL"},
                  {"sasl.mechanism", "SCRAM-SHA-512"},
                  {"sasl.jaas.config",
                   R"(org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="p";)"},
                  {"ssl.truststore.certificates", "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----"},
                  {"ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}});
  ASSERT_TRUE(options) << options.error().to_string();
  ASSERT_TRUE(options->tls);
  EXPECT_TRUE(options->tls->verify_host_name);
  EXPECT_THAT(options->tls->ca_pem, HasSubstr("MIIB"));
  EXPECT_EQ(options->tls->ciphers, "ECDHE-RSA-AES256-GCM-SHA384");
  ASSERT_TRUE(options->sasl);
  EXPECT_EQ(options->sasl->mechanism, Mechanism::kScramSha512);
  EXPECT_EQ(options->sasl->username, "u");
  EXPECT_EQ(options->sasl->password, "p");
}

TEST(GroupOptions, HostNameCheckIsSwitchedOffOnlyByName) {
  const auto options = options_of({{"security.protocol", "SSL"}, {"ssl.endpoint.identification.algorithm", ""}});
  ASSERT_TRUE(options) << options.error().to_string();
  EXPECT_FALSE(options->tls->verify_host_name);
}

TEST(GroupOptions, UnsecuredTokensForTests) {
  const auto options = options_of({{"security.protocol", "SASL_PLAINTEXT"},
                                   {"sasl.mechanism", "OAUTHBEARER"},
                                   {"sasl.jaas.config",
                                    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
                                    R"(unsecuredLoginStringClaim_sub="alice";)"}});
  ASSERT_TRUE(options) << options.error().to_string();
  const auto token = options->sasl->token();
  ASSERT_TRUE(token);
  EXPECT_THAT(token->value, HasSubstr("eyJhbGciOiJub25lIn0."));  // {"alg":"none"}
  EXPECT_GT(token->expires_at_ms, 0);
}

TEST(GroupOptions, WhatWouldWeakenSecurityIsAnError) {
  EXPECT_THAT(refusal({{"security.protocol", "SASL_PLAINTEXT"},
                       {"sasl.mechanism", "GSSAPI"},
                       {"sasl.kerberos.service.name", "kafka"}}),
              HasSubstr("write PLAIN, SCRAM-SHA-256"));
  EXPECT_THAT(refusal({{"security.protocol", "SSL"}, {"librdkafka.ssl.sigalgs.list", "RSA+SHA256"}}),
              HasSubstr("openssl.cnf"));
  EXPECT_THAT(refusal({{"security.protocol", "SSL"}, {"ssl.truststore.location", "/nowhere/trust.p12"}}),
              HasSubstr("ssl.truststore.location"));
  const std::string problem = refusal({{"security.protocol", "SASL_PLAINTEXT"},
                                       {"sasl.mechanism", "PLAIN"},
                                       {"sasl.jaas.config", "org.x.Unknown required password=\"secret-word\";"}});
  EXPECT_THAT(problem, HasSubstr("sasl.jaas.config"));
  EXPECT_THAT(problem, Not(HasSubstr("secret-word")));
}

TEST(GroupOptions, KeyStores) {
  const auto folder = std::filesystem::temp_directory_path() / ("sluice-group-tls-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string make =
      "cd '" + folder.string() + "' && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=me -keyout key.pem " +
      "-out cert.pem -days 2 2>/dev/null && cat key.pem cert.pem > both.pem && " +
      "openssl pkcs12 -export -inkey key.pem -in cert.pem -passout pass:changeit -out keystore.p12";
  ASSERT_EQ(std::system(make.c_str()), 0);
  for (const std::string name : {"keystore.p12", "both.pem"}) {
    SCOPED_TRACE(name);
    auto options = options_of({{"security.protocol", "SSL"},
                               {"ssl.keystore.location", (folder / name).string()},
                               {"ssl.keystore.password", "changeit"},
                               {"ssl.truststore.location", (folder / "cert.pem").string()}});
    ASSERT_TRUE(options) << options.error().to_string();
    EXPECT_THAT(options->tls->ca_pem, HasSubstr("BEGIN CERTIFICATE"));
    EXPECT_THAT(options->tls->certificate_pem, HasSubstr("BEGIN CERTIFICATE"));
    EXPECT_THAT(options->tls->key_pem, HasSubstr("PRIVATE KEY"));
    // OpenSSL takes them, and finds that they belong together.
    struct Listener final : group::MembershipListener {
      void on_join_prepare() override {}
      void on_protocol(std::string) override {}
      void on_elected(group::Election) override {}
      void on_joined(group::Joined) override {}
      void on_lost(base::Error) override {}
      void on_refused(base::Error) override {}
    } listener;
    options->bootstrap_servers = {"127.0.0.1:1"};
    const auto membership = group::make_broker_membership(*options);
    const auto started = membership->start(listener);
    EXPECT_TRUE(started) << started.error().to_string();
    membership->stop(std::chrono::steady_clock::now());
  }
  EXPECT_THAT(refusal({{"security.protocol", "SSL"},
                       {"ssl.keystore.location", (folder / "keystore.p12").string()},
                       {"ssl.keystore.password", "wrong-word"}}),
              ::testing::AllOf(HasSubstr("ssl.keystore.location"), Not(HasSubstr("wrong-word"))));
  std::filesystem::remove_all(folder);
}

TEST(GroupOptions, EmbeddedBroker) {
  EXPECT_FALSE(options_of({}, "embedded"));
  const auto broker = kafka::EmbeddedBroker::start();
  ASSERT_TRUE(broker);
  const auto options = options_of({}, "embedded");
  ASSERT_TRUE(options) << options.error().to_string();
  EXPECT_THAT(options->bootstrap_servers, ElementsAre((*broker)->bootstrap_servers()));
}

}  // namespace
}  // namespace sluice::herder
