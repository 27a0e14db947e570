// Members against a real broker with TLS and SASL listeners, and one that fails.
// tests/integration/group_membership_test.py starts it and names its folder; without that the cases are skipped.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "runtime/base/clock.h"
#include "runtime/base/strings.h"
#include "tests/unit/group/test_owner.h"

namespace sluice::group {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

MembershipOptions common_options(const std::string& server) {
  static int count = 0;
  MembershipOptions options;
  options.group_id = "real-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  options.client_id = "test";
  options.bootstrap_servers = {server};
  options.session_timeout = 6s;
  options.rebalance_timeout = 10s;
  options.heartbeat_interval = 300ms;
  return options;
}

class SecuredBroker : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = environment("SLUICE_TEST_SECURED");
    if (folder_.empty()) GTEST_SKIP() << "SLUICE_TEST_SECURED names no broker's folder";
    std::ifstream listeners(folder_ + "/listeners");
    for (std::string name, address; listeners >> name >> address;) addresses_[name] = address;
  }

  MembershipOptions options(const std::string& listener) const {
    MembershipOptions options = common_options(addresses_.at(listener));
    if (listener.ends_with("SSL")) {
      options.tls.emplace();
      options.tls->ca_pem = read(folder_ + "/tls/ca.pem");
    }
    if (listener == "SSL") {
      options.tls->certificate_pem = read(folder_ + "/tls/client.pem");
      options.tls->key_pem = read(folder_ + "/tls/client.key");
    }
    return options;
  }
  MembershipOptions with_sasl(const std::string& listener, SaslOptions::Mechanism mechanism) const {
    MembershipOptions made = options(listener);
    made.sasl.emplace();
    made.sasl->mechanism = mechanism;
    made.sasl->username = environment("SLUICE_TEST_USER");
    made.sasl->password = environment("SLUICE_TEST_PASSWORD");
    return made;
  }
  // Joins, and stays one over two of the broker's re-authentication times.
  void expect_member(MembershipOptions options) {
    TestOwner one("one", std::move(options));
    ASSERT_TRUE(one.start());
    ASSERT_TRUE(one.until_joined());
    EXPECT_FALSE(one.until([](const auto& seen) { return seen.losses > 0 || seen.refusals > 0; }, 7s));
    const int joins = one.seen().joins;
    one.membership().request_rejoin("again");
    EXPECT_TRUE(one.until_joined(joins + 1));
  }
  void expect_refused(MembershipOptions options, const std::string& why) {
    TestOwner one("one", std::move(options));
    ASSERT_TRUE(one.start());
    ASSERT_TRUE(one.until([](const auto& seen) { return seen.refusals > 0; }));
    EXPECT_THAT(one.seen().refused_why, ::testing::HasSubstr(why));
    EXPECT_EQ(one.seen().prepares, 0);
    EXPECT_FALSE(one.until([](const auto& seen) { return seen.refusals > 1; }, 6s));  // told once
  }

  std::string folder_;
  std::map<std::string, std::string> addresses_;
};

using Mechanism = SaslOptions::Mechanism;

TEST_F(SecuredBroker, TlsWithClientCertificate) {
  expect_member(options("SSL"));
}
TEST_F(SecuredBroker, PlainOverTls) {
  expect_member(with_sasl("SASL_SSL", Mechanism::kPlain));
}
TEST_F(SecuredBroker, ScramSha256OverTls) {
  expect_member(with_sasl("SASL_SSL", Mechanism::kScramSha256));
}
TEST_F(SecuredBroker, ScramSha512WithoutTls) {
  expect_member(with_sasl("SASL_PLAINTEXT", Mechanism::kScramSha512));
}

TEST_F(SecuredBroker, OauthBearer) {
  MembershipOptions made = with_sasl("SASL_SSL", Mechanism::kOauthBearer);
  std::atomic<int> fetched{0};
  made.sasl->token = [&]() -> base::Result<SaslOptions::Token> {
    ++fetched;
    const std::int64_t now = base::system_clock().now_ms();
    SaslOptions::Token token;
    std::string claims;
    base::append_base64(fmt::format(R"({{"sub":"alice","iat":{},"exp":{}}})", now / 1000, now / 1000 + 60), claims);
    while (claims.ends_with('=')) claims.pop_back();
    token.value = "eyJhbGciOiJub25lIn0." + claims + ".";
    token.expires_at_ms = now + 60'000;
    return token;
  };
  expect_member(std::move(made));
  EXPECT_EQ(fetched, 1);  // used again as long as it is young
}

TEST_F(SecuredBroker, NoTokenIsRefused) {
  MembershipOptions made = with_sasl("SASL_SSL", Mechanism::kOauthBearer);
  made.sasl->token = []() -> base::Result<SaslOptions::Token> { return base::config_error("the endpoint says no"); };
  expect_refused(std::move(made), "OAUTHBEARER token");
}
TEST_F(SecuredBroker, BadTokenIsRefused) {
  MembershipOptions made = with_sasl("SASL_SSL", Mechanism::kOauthBearer);
  made.sasl->token = []() -> base::Result<SaslOptions::Token> { return SaslOptions::Token{"not.a.token", {}, 0}; };
  expect_refused(std::move(made), "SASL_AUTHENTICATION_FAILED");
}
TEST_F(SecuredBroker, WrongPasswordIsRefused) {
  for (const Mechanism mechanism : {Mechanism::kPlain, Mechanism::kScramSha256}) {
    MembershipOptions made = with_sasl("SASL_PLAINTEXT", mechanism);
    made.sasl->password = "guessed";
    expect_refused(std::move(made), "SASL_AUTHENTICATION_FAILED");
  }
}
TEST_F(SecuredBroker, ForeignAuthorityIsRefused) {
  MembershipOptions made = with_sasl("SASL_SSL", Mechanism::kPlain);
  made.tls->ca_pem = read(folder_ + "/tls/other-ca.pem");
  expect_refused(std::move(made), "certificate is not accepted");
}
TEST_F(SecuredBroker, OtherNameInTheCertificateIsRefused) {
  MembershipOptions made = with_sasl("SASL_SSL", Mechanism::kPlain);
  std::string& server = made.bootstrap_servers.front();
  server = "127.0.0.1" + server.substr(server.rfind(':'));
  MembershipOptions unchecked = made;
  expect_refused(std::move(made), "mismatch");
  unchecked.tls->verify_host_name = false;
  expect_member(std::move(unchecked));
}
TEST_F(SecuredBroker, MissingClientCertificateIsRefused) {
  MembershipOptions made = options("SSL");
  made.tls->certificate_pem.clear();
  expect_refused(std::move(made), "TLS failed");
}
TEST_F(SecuredBroker, PlaintextOnATlsPortSaysSo) {
  TestOwner one("one", common_options(addresses_.at("SSL")));
  ASSERT_TRUE(one.start());
  EXPECT_FALSE(one.until([](const auto& seen) { return seen.prepares > 0; }, 1s));
}

TEST(MembershipStart, UnreadableKeysAreErrors) {
  MembershipOptions options = common_options("127.0.0.1:9092");
  options.tls.emplace();
  options.tls->ca_pem = "not a certificate";
  TestOwner one("one", options);
  EXPECT_FALSE(one.start());
  options.tls->ca_pem.clear();
  options.tls->certificate_pem = "nor this";
  TestOwner two("two", options);
  EXPECT_FALSE(two.start());
  TestOwner three("three", common_options("no-port"));
  EXPECT_FALSE(three.start());
}

class FaultyBroker : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = environment("SLUICE_TEST_FAULTY");
    if (folder_.empty()) GTEST_SKIP() << "SLUICE_TEST_FAULTY names no broker's folder";
    server_ = std::string(base::java_trim(read(folder_ + "/bootstrap")));
  }
  void service(const std::string& verb) {
    const std::string command =
        "python3 " SLUICE_SOURCE_DIR "/tests/services/kafka.py " + verb + " " + folder_ + " >&2";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  std::string folder_, server_;
};

// A restart that is shorter than the session timeout disturbs nobody; a longer one costs the membership, not the
// member.
TEST_F(FaultyBroker, Restart) {
  MembershipOptions options = common_options(server_);
  options.session_timeout = 60s;
  TestOwner one("one", options), two("two", options);
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(two.start());
  ASSERT_TRUE(one.until_joined());
  ASSERT_TRUE(two.until_joined());
  ASSERT_TRUE(one.until_generation_of(two));
  ASSERT_TRUE(two.until_generation_of(one));
  service("restart");
  EXPECT_FALSE(one.until([](const auto& seen) { return seen.losses > 0; }, 3s));
  const int joins = one.seen().joins;
  two.membership().request_rejoin("still there");
  EXPECT_TRUE(one.until([&](const auto& seen) { return seen.joins > joins; }));
  EXPECT_EQ(one.seen().losses + two.seen().losses, 0);
}

// Connections stay open and nobody answers.
TEST_F(FaultyBroker, Freeze) {
  TestOwner one("one", common_options(server_));
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(one.until_joined());
  const auto begun = std::chrono::steady_clock::now();
  service("pause");
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.losses == 1; }));
  const auto lost_after = std::chrono::steady_clock::now() - begun;
  EXPECT_GT(lost_after, 5s);
  EXPECT_LT(lost_after, 8s);  // the session timeout, whatever the requests in flight wait for
  service("resume");
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.member; }));
}

// The other process of MemberDies.
TEST(DyingMember, JoinsUntilItIsKilled) {
  std::istringstream given(environment("SLUICE_TEST_DYING_MEMBER"));
  std::string group, server;
  if (!(given >> group >> server)) GTEST_SKIP() << "part of FaultyBroker.MemberDies";
  MembershipOptions options = common_options(server);
  options.group_id = group;
  TestOwner two("two", options);
  ASSERT_TRUE(two.start());
  ASSERT_FALSE(two.until([](const auto&) { return false; }, 60s));
}

// A member dies without a word: the others have its place after its session timeout.
TEST_F(FaultyBroker, MemberDies) {
  const MembershipOptions options = common_options(server_);
  ::setenv("SLUICE_TEST_DYING_MEMBER", (options.group_id + " " + server_).c_str(), 1);
  const ::pid_t child = ::fork();
  if (child == 0) {
    ::execl("/proc/self/exe", "unit_group", "--gtest_filter=DyingMember.*", nullptr);
    ::_exit(1);
  }
  ::unsetenv("SLUICE_TEST_DYING_MEMBER");
  TestOwner one("one", options);
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.members == 2 || (seen.member && !seen.leader); }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(one.until([](const auto& seen) { return seen.member && seen.leader && seen.members == 1; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 12s);
  EXPECT_EQ(one.seen().losses, 0);
}

}  // namespace
}  // namespace sluice::group
