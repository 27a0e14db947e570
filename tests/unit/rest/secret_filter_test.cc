// Passwords in configurations that are shown, and what a client that was shown the mask sends back.

#include "runtime/base/secrets.h"
#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

constexpr std::string_view kConfig =
    R"({"connector.class":"org.test.FileSource","producer.override.sasl.jaas.config":"jaas-canary","file":"f"})";

class SecretFilterTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    EXPECT_EQ(json("PUT", "/connectors/a/config", kConfig).status, 201);
  }
  std::string stored(std::string_view key) {
    return herder_.connector_config("a", std::chrono::steady_clock::now() + std::chrono::seconds(9))->get_or(key, "-");
  }
  static constexpr std::string_view kKey = "producer.override.sasl.jaas.config";
};

TEST_F(SecretFilterTest, NoAnswerShowsAPassword) {
  EXPECT_EQ(stored(kKey), "jaas-canary");
  const std::string shown = R"("producer.override.sasl.jaas.config":"****")";
  for (const char* path : {"/connectors/a", "/connectors/a/config", "/connectors?expand=info"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find(shown), std::string::npos) << path << answer.body;
    EXPECT_EQ(answer.body.find("canary"), std::string::npos) << path;
  }
  EXPECT_EQ(get("/connectors/a/tasks").body.find("canary"), std::string::npos);
  const auto put = json("PUT", "/connectors/a/config", kConfig);
  EXPECT_NE(put.body.find(shown), std::string::npos) << put.body;
  const auto post = json("POST", "/connectors", fmt::format(R"({{"name":"b","config":{}}})", kConfig));
  EXPECT_EQ(post.status, 201);
  EXPECT_NE(post.body.find(shown), std::string::npos) << post.body;
  const auto patch = json("PATCH", "/connectors/a/config", R"({"file":"g"})");
  EXPECT_NE(patch.body.find(shown), std::string::npos) << patch.body;
}

TEST_F(SecretFilterTest, TheMaskThatIsSentBackKeepsThePassword) {
  std::string sent = get("/connectors/a/config").body;
  sent.replace(sent.find("\"f\""), 3, "\"changed\"");
  EXPECT_EQ(json("PUT", "/connectors/a/config", sent).status, 200);
  EXPECT_EQ(stored(kKey), "jaas-canary");
  EXPECT_EQ(stored("file"), "changed");
  EXPECT_EQ(
      json("PATCH", "/connectors/a/config", R"({"producer.override.sasl.jaas.config":"****","file":"again"})").status,
      200);
  EXPECT_EQ(stored(kKey), "jaas-canary");
  EXPECT_EQ(stored("file"), "again");
  EXPECT_EQ(json("PUT", "/connectors/a/config",
                 R"({"connector.class":"org.test.FileSink","producer.override.sasl.jaas.config":"new","file":"****"})")
                .status,
            200);
  EXPECT_EQ(stored(kKey), "new");
  EXPECT_EQ(stored("file"), "****");  // no secret: a text like any other
}

TEST_F(SecretFilterTest, MaskThatStandsForNothingIsRefused) {
  const std::string_view body = R"({"connector.class":"org.test.FileSource","admin.override.ssl.key.password":"****"})";
  for (const auto& answer : {json("PUT", "/connectors/a/config", body), json("PUT", "/connectors/new/config", body),
                             json("PATCH", "/connectors/a/config", body),
                             json("POST", "/connectors", fmt::format(R"({{"name":"new","config":{}}})", body))}) {
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_NE(answer.body.find("Invalid value **** for configuration admin.override.ssl.key.password"),
              std::string::npos);
  }
  EXPECT_EQ(json("PATCH", "/connectors/none/config", body).status, 404);
}

TEST_F(SecretFilterTest, ErrorsAndTracesAreClean) {
  base::keep_secret("canary-in-an-error");
  herder_.fail_next(base::Error(base::Code::kFatal, base::exceptions::kConnect, "login canary-in-an-error refused"));
  const auto answer = get("/connectors/a");
  EXPECT_EQ(answer.body, R"({"error_code":500,"message":"login **** refused"})");
  herder_.set_trace("a", "java.lang.RuntimeException: canary-in-an-error\n");
  EXPECT_EQ(get("/connectors/a/status").body.find("canary"), std::string::npos);
}

TEST(SecretsShown, AreConnectsAnswers) {
  static const FakeCatalog catalog;
  FakeHerder herder;
  RestOptions options;
  options.listeners.push_back({false, "127.0.0.1", 0});
  RestServer server(std::move(options));
  ASSERT_TRUE(server.bind());
  Services services;
  services.herder = &herder;
  services.catalog = &catalog;
  services.show_secrets = true;
  server.start(services);
  const int port = server.listeners().front().port;
  EXPECT_NE(send_json(port, "PUT", "/connectors/a/config", kConfig).body.find("jaas-canary"), std::string::npos);
  EXPECT_NE(exchange(port, "GET", "/connectors/a").body.find("jaas-canary"), std::string::npos);
  const auto literal = send_json(port, "PUT", "/connectors/a/config",
                                 R"({"connector.class":"X","producer.override.sasl.jaas.config":"****"})");
  EXPECT_EQ(literal.status, 200);
}

}  // namespace
}  // namespace sluice::rest
