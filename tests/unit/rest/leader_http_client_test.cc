#include "rest/leader_http_client.h"

#include "runtime/herder/request_signature.h"
#include "tests/unit/rest/raw_server.h"
#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

class LeaderHttpClientTest : public RestTest {
 protected:
  static herder::LeaderClient::Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }
  bool signature_holds() { return herder::verify(herder_.last_internal, {"HmacSHA256"}, key_, true).has_value(); }

  const store::SessionKey key_{"0123456789abcdef0123456789abcdef", "HmacSHA256", 1};
  LeaderHttpClient client_{{}, "HmacSHA256"};
};

TEST_F(LeaderHttpClientTest, TaskConfigsArriveSigned) {
  create("a b");
  const std::vector<config::ConfigMap> configs = {{{"k", std::string("v")}, {"n", std::nullopt}}, {}};
  ASSERT_TRUE(client_.put_task_configs(url(), "a b", configs, key_, soon()));
  EXPECT_EQ(herder_.last_task_configs, configs);
  EXPECT_EQ(herder_.last_internal.body, R"([{"k":"v","n":null},{}])");
  EXPECT_TRUE(signature_holds());
  ASSERT_TRUE(client_.fence_zombies(url(), "a b", key_, soon()));
  EXPECT_EQ(herder_.last_internal.body, "");
  EXPECT_TRUE(signature_holds());
}

TEST_F(LeaderHttpClientTest, WithoutAKeyNothingIsSigned) {
  create("a");
  ASSERT_TRUE(client_.put_task_configs(url(), "a", {}, std::nullopt, soon()));
  EXPECT_EQ(herder_.last_internal.authorization, std::nullopt);
  EXPECT_EQ(herder_.last_internal.body, "[]");
}

TEST_F(LeaderHttpClientTest, TheLeadersErrorsComeBack) {
  herder_.fail_next(base::Error(base::Code::kInvalidConfig, base::exceptions::kConnectRest,
                                "Internal request contained invalid signature.")
                        .with_rest_status(403));
  const auto refused = client_.fence_zombies(url(), "a", key_, soon());
  ASSERT_FALSE(refused);
  EXPECT_STREQ(refused.error().exception(), base::exceptions::kConnectRest);
  EXPECT_EQ(refused.error().rest_status(), 403);
  EXPECT_EQ(refused.error().message(), "Internal request contained invalid signature.");
  const auto unknown = client_.put_task_configs(url(), "none", {}, key_, soon());
  EXPECT_EQ(unknown.error().rest_status(), 404);
}

TEST_F(LeaderHttpClientTest, LeadersThatCannotBeReached) {
  const auto dead = client_.fence_zombies(fmt::format("http://127.0.0.1:{}/", closed_port()), "a", key_, soon());
  EXPECT_EQ(dead.error().rest_status(), 500);
  EXPECT_EQ(dead.error().message(),
            "IO Error trying to forward REST request: java.net.ConnectException: Connection refused");
  EXPECT_EQ(client_.put_task_configs("", "a", {}, key_, soon()).error().message(),
            "Request to leader to reconfigure connector tasks failed because the URL of the leader's REST interface is "
            "empty!");
  RawServer slow(std::nullopt);
  const auto late =
      client_.fence_zombies(slow.url(), "a", key_, std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(late.error().code(), base::Code::kTimeout);
  client_.stop();
  EXPECT_EQ(client_.fence_zombies(url(), "a", key_, soon()).error().code(), base::Code::kStopping);
}

}  // namespace
}  // namespace sluice::rest
