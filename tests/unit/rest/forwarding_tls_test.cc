// Workers that ask each other over https.

#include <filesystem>
#include <fstream>

#include "rest/leader_http_client.h"
#include "runtime/base/log.h"
#include "tests/unit/rest/rest_fixture.h"
#include "tests/unit/rest/test_identity.h"

namespace sluice::rest {
namespace {

class ForwardingTlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("rest-forwarding-tls-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    Identity().write_pem(file("one.pem"));
    Identity().write_pem(file("two.pem"));
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }
  static std::string file(const char* name) { return (folder_ / name).string(); }

  // The keys of a worker that is `own` and trusts `trusted`.
  static config::ConfigMap keys(const char* own, const char* trusted) {
    return {{"ssl.keystore.type", std::string("PEM")},
            {"ssl.keystore.location", file(own)},
            {"ssl.truststore.type", std::string("PEM")},
            {"ssl.truststore.location", file(trusted)}};
  }
  static config::ConfigMap with(config::ConfigMap map, std::string_view key, std::string value) {
    map.set(key, std::move(value));
    return map;
  }
  void start_leader(config::ConfigMap tls) {
    RestOptions options;
    options.listeners.push_back({true, "127.0.0.1", 0});
    options.tls = std::move(tls);
    leader_ = start_server(leader_herder_, std::move(options));
  }
  std::string leader_url(std::string_view host = "localhost") const {
    return fmt::format("https://{}:{}/", host, leader_->listeners().front().port);
  }
  // The answer of a follower with these keys, which listens over http, to a request that the leader must do.
  HttpResponse ask(config::ConfigMap tls, const std::string& url) {
    RestOptions options;
    options.tls = std::move(tls);
    FakeHerder herder;
    herder.fail_with(
        base::Error(base::Code::kRetry, base::exceptions::kNotLeader, "not the leader").with_redirect(url));
    const auto follower = start_server(herder, std::move(options));
    return send_json(follower->listeners().front().port, "PUT", "/connectors/a/config", "{}");
  }
  static std::string handshake_error(std::string_view reason) {
    return fmt::format(
        R"({{"error_code":500,"message":"IO Error trying to forward REST request: javax.net.ssl.SSLHandshakeException: {}"}})",
        reason);
  }

  static inline std::filesystem::path folder_;
  FakeHerder leader_herder_;
  std::unique_ptr<RestServer> leader_;
};

TEST_F(ForwardingTlsTest, TrustedLeadersAreAsked) {
  start_leader(keys("one.pem", "two.pem"));
  EXPECT_EQ(ask(keys("two.pem", "one.pem"), leader_url()).status, 201);
}

TEST_F(ForwardingTlsTest, WithoutATrustStoreTheOwnCertificateIsTrusted) {
  start_leader(keys("one.pem", "one.pem"));
  const config::ConfigMap own{{"ssl.keystore.type", std::string("PEM")}, {"ssl.keystore.location", file("one.pem")}};
  EXPECT_EQ(ask(own, leader_url()).status, 201);
  const config::ConfigMap other{{"ssl.keystore.type", std::string("PEM")}, {"ssl.keystore.location", file("two.pem")}};
  EXPECT_EQ(ask(other, leader_url()).status, 500);
}

TEST_F(ForwardingTlsTest, StrangersAreRefused) {
  start_leader(keys("one.pem", "two.pem"));
  EXPECT_EQ(ask(keys("two.pem", "two.pem"), leader_url()).body, handshake_error("self-signed certificate"));
  EXPECT_EQ(ask({}, leader_url()).body, handshake_error("self-signed certificate"));
}

TEST_F(ForwardingTlsTest, TheHostNameMustBeTheCertificates) {
  start_leader(keys("one.pem", "two.pem"));
  EXPECT_EQ(ask(keys("two.pem", "one.pem"), leader_url("127.0.0.1")).body, handshake_error("IP address mismatch"));
  EXPECT_EQ(ask(with(keys("two.pem", "one.pem"), "ssl.endpoint.identification.algorithm", ""), leader_url("127.0.0.1"))
                .status,
            201);
}

TEST_F(ForwardingTlsTest, FollowersProveWhoTheyAre) {
  start_leader(with(keys("one.pem", "two.pem"), "ssl.client.auth", "required"));
  EXPECT_EQ(ask(keys("two.pem", "one.pem"), leader_url()).status, 201);
  EXPECT_EQ(ask(keys("one.pem", "one.pem"), leader_url()).status, 500);
}

TEST_F(ForwardingTlsTest, InternalRequestsGoOverTlsToo) {
  start_leader(keys("one.pem", "two.pem"));
  leader_herder_.fail_next(
      base::Error(base::Code::kInvalidConfig, base::exceptions::kBadRequest, "Connector a is not a source connector"));
  LeaderHttpClient client(keys("two.pem", "one.pem"), "HmacSHA256");
  const auto answer =
      client.fence_zombies(leader_url(), "a", std::nullopt, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  EXPECT_EQ(answer.error().rest_status(), 400);
  EXPECT_EQ(answer.error().message(), "Connector a is not a source connector");
}

TEST_F(ForwardingTlsTest, UnusableKeysAreExplainedWithoutSecrets) {
  start_leader(keys("one.pem", "two.pem"));
  config::ConfigMap tls = with(keys("none.pem", "one.pem"), "ssl.key.password", "s3cret-key");
  const auto response = ask(tls, leader_url());
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body.find("Failed to start RestClient: ssl.keystore.location"), std::string::npos)
      << response.body;
  EXPECT_EQ(response.body.find("s3cret-key"), std::string::npos);
}

}  // namespace
}  // namespace sluice::rest
