// What must not reach the log, whatever happens to a request.

#include <filesystem>
#include <fstream>
#include <iterator>

#include "rest/leader_http_client.h"
#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "tests/unit/rest/raw_server.h"
#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

class SecretsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("rest-secrets-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    base::init_logging({false, (folder_ / "log").string(), base::LogLevel::kTrace});
  }
  void TearDown() override {
    base::init_logging({});
    std::filesystem::remove_all(folder_);
  }
  std::string log() const {
    base::flush_logging();
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
};

TEST_F(SecretsTest, CredentialsConfigurationsAndKeysStayOutOfTheLog) {
  std::ofstream(folder_ / "users") << "alice=pw-of-alice\nmalformed=\\u00xx pw-malformed\n";
  std::ofstream(folder_ / "jaas") << fmt::format(
      "KafkaConnect {{ org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required "
      "file=\"{}\" password=\"pw-of-jaas\"; }};",
      (folder_ / "users").string());
  RestOptions options;
  auto auth = BasicAuth::make((folder_ / "jaas").string());
  ASSERT_TRUE(auth);
  options.basic_auth = *auth;
  FakeHerder herder;
  const auto server = start_server(herder, std::move(options));
  const int port = server->listeners().front().port;
  std::string credentials = "alice:pw-of-alice";
  std::string encoded;
  base::append_base64(credentials, encoded);
  const std::string line = "Authorization: Basic " + encoded + "\r\nContent-Type: application/json\r\n";

  RawServer target("HTTP/1.1 500 x\r\n\r\n{\"answer\":\"pw-in-answer\"");
  for (const std::string& url : {target.url(), fmt::format("http://127.0.0.1:{}/", closed_port())}) {
    herder.fail_with(base::Error(base::Code::kRetry, base::exceptions::kNotLeader, "x").with_redirect(url));
    exchange(port, "PUT", "/connectors/a/config", line, R"({"password":"pw-in-config"})");
    LeaderHttpClient leader({}, "HmacSHA256");
    const store::SessionKey key{"key-of-the-session", "HmacSHA256", 1};
    (void)leader.put_task_configs(url, "a", {{{"password", std::string("pw-in-task")}}}, key,
                                  std::chrono::steady_clock::now() + std::chrono::seconds(5));
  }
  exchange(port, "GET", "/connectors", "Authorization: Basic wrong-credentials\r\n");

  const std::string text = log();
  EXPECT_NE(text.find("PUT /connectors/a/config"), std::string::npos);  // the log is the one looked at
  for (const char* secret : {"pw-of-alice", "pw-malformed", "pw-of-jaas", "pw-in-config", "pw-in-task", "pw-in-answer",
                             "key-of-the-session", "wrong-credentials"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(text.find(encoded), std::string::npos);
}

}  // namespace
}  // namespace sluice::rest
