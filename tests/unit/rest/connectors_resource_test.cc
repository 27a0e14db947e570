#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

TEST_F(RestTest, RootAnswersWithTheServerInfo) {
  const auto response = get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(response.body, R"({"version":"4.3.1","commit":"abc","kafka_cluster_id":"cluster-1"})");
}

TEST_F(RestTest, HealthHasItsOwnStatusAndDeadline) {
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_LE(herder_.last_budget, std::chrono::seconds(10));
  herder_.health_answer = {herder::Health::Status::kStarting, "Worker is still starting up."};
  const auto starting = get("/health");
  EXPECT_EQ(starting.status, 503);
  EXPECT_EQ(starting.body, R"({"status":"starting","message":"Worker is still starting up."})");
  herder_.health_answer = {herder::Health::Status::kUnhealthy, "no"};
  EXPECT_EQ(get("/health").status, 500);
}

TEST_F(RestTest, CreatedConnectorIsAnsweredWithItsLocation) {
  const auto response =
      json("POST", "/connectors", R"({"name":"  a b ","config":{"connector.class":"X","n":1.50,"b":true}})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(header(response, "Location"), fmt::format("http://test:{}/connectors/a%20b", port_));
  EXPECT_EQ(response.body, R"({"name":"a b","config":{"connector.class":"X","n":"1.50","b":"true","name":"a b"},)"
                           R"("tasks":[{"connector":"a b","task":0}],"type":"source"})");
  EXPECT_GT(herder_.last_budget, std::chrono::seconds(85));
}

TEST_F(RestTest, InitialStateIsReadInAnyCase) {
  EXPECT_EQ(json("POST", "/connectors", R"({"name":"a","config":{},"initial_state":"paused"})").status, 201);
  EXPECT_EQ(herder_.last_initial_state, herder::TargetState::kPaused);
  const auto wrong = json("POST", "/connectors", R"({"name":"b","config":{},"initial_state":"BROKEN"})");
  EXPECT_EQ(wrong.status, 500);
  EXPECT_NE(wrong.body.find("No enum constant"), std::string::npos);
}

TEST_F(RestTest, NameInTheConfigurationMustBeTheConnectors) {
  const auto response = json("POST", "/connectors", R"({"name":"a","config":{"name":"b"}})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(
      response.body,
      R"json({"error_code":400,"message":"Connector name configuration (b) doesn't match connector name in the URL (a)"})json");
}

TEST_F(RestTest, ExistingConnectorIsAConflict) {
  create("a");
  const auto response = json("POST", "/connectors", R"({"name":"a","config":{}})");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.body, R"({"error_code":409,"message":"Connector a already exists"})");
}

TEST_F(RestTest, BodiesThatAreNotWhatIsWantedAreServerErrors) {
  for (const char* body : {"{\"name\":", "hello", "[]", "\"x\"", "7", "null", "{}", "", R"({"name":"x"})",
                           R"({"name":"x","config":"y"})", R"({"name":"x","config":{"a":{"b":1}}})",
                           R"({"name":"x","config":{"a":["b"]}})", R"({"name":"x","config":{},"extra":1})"}) {
    const auto response = json("POST", "/connectors", body);
    EXPECT_EQ(response.status, 500) << body;
    EXPECT_EQ(header(response, "Content-Type"), "application/json") << body;
    EXPECT_EQ(response.body.find(R"({"error_code":500,"message":")"), 0U) << response.body;
  }
}

TEST_F(RestTest, BodyWithoutContentTypeIsRefusedByTheResource) {
  const auto response = exchange(port_, "POST", "/connectors", "", "{}");
  EXPECT_EQ(response.status, 415);
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(exchange(port_, "POST", "/connectors").status, 500);  // and no body at all is null
}

TEST_F(RestTest, PutConfigCreatesThenUpdates) {
  const auto first = json("PUT", "/connectors/a/config", R"({"connector.class":"X"})");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(header(first, "Location"), fmt::format("http://test:{}/connectors/a", port_));
  const auto second = json("PUT", "/connectors/a/config", R"({"connector.class":"Y","name":"a"})");
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(header(second, "Location"), "(none)");
  EXPECT_EQ(get("/connectors/a/config").body, R"({"connector.class":"Y","name":"a"})");
}

TEST_F(RestTest, PatchPassesNullsOn) {
  create("a");
  const auto response = json("PATCH", "/connectors/a/config", R"({"x":1,"connector.class":null})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(get("/connectors/a/config").body, R"({"name":"a","x":"1"})");
  EXPECT_EQ(json("PATCH", "/connectors/no/config", "{}").status, 404);
}

TEST_F(RestTest, ListExpandsWhatIsAskedFor) {
  create("a");
  EXPECT_EQ(get("/connectors").body, R"(["a"])");
  const std::string status = get("/connectors/a/status").body;
  const std::string info = get("/connectors/a").body;
  EXPECT_EQ(get("/connectors?expand=status&expand=info").body,
            fmt::format(R"({{"a":{{"status":{},"info":{}}}}})", status, info));
  EXPECT_EQ(get("/connectors?expand=status,info").body, R"({"a":{}})");
  EXPECT_EQ(status,
            R"({"name":"a","connector":{"state":"RUNNING","worker_id":"127.0.0.1:8083","version":"1.0"},)"
            R"("tasks":[{"id":0,"state":"RUNNING","worker_id":"127.0.0.1:8083","version":"1.0"}],"type":"source"})");
}

TEST_F(RestTest, StatusShowsTheTraceAfterTheVersion) {
  create("a");
  herder_.set_trace("a", "boom\n\tat \"x\" \xF0\x9F\x98\x80");
  EXPECT_NE(
      get("/connectors/a/status")
          .body.find(
              R"("state":"FAILED","worker_id":"127.0.0.1:8083","version":null,"trace":"boom\n\tat \"x\" \uD83D\uDE00")"),
      std::string::npos);
}

TEST_F(RestTest, ConnectorCommandsHaveTheirStatuses) {
  create("a");
  const auto put = [&](std::string_view target) { return exchange(port_, "PUT", target).status; };
  const auto post = [&](std::string_view target) { return exchange(port_, "POST", target).status; };
  EXPECT_EQ(put("/connectors/a/pause"), 202);
  EXPECT_EQ(put("/connectors/a/resume"), 202);
  EXPECT_EQ(put("/connectors/a/stop"), 204);
  EXPECT_EQ(put("/connectors/no/pause"), 404);
  EXPECT_EQ(post("/connectors/a/tasks/0/restart"), 204);
  EXPECT_EQ(post("/connectors/no/tasks/0/restart"), 404);
  EXPECT_EQ(exchange(port_, "DELETE", "/connectors/a").status, 204);
  EXPECT_EQ(exchange(port_, "DELETE", "/connectors/a").body, R"({"error_code":404,"message":"Connector a not found"})");
}

TEST_F(RestTest, RestartFlagsChooseTheForm) {
  create("a");
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/restart").status, 204);
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/restart?includeTasks=1").status, 204);
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/restart?includeTasks=TRUE").status, 202);
  EXPECT_TRUE(herder_.last_restart.include_tasks);
  EXPECT_FALSE(herder_.last_restart.only_failed);
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/restart?onlyFailed=true").status, 202);
  EXPECT_TRUE(herder_.last_restart.only_failed);
}

TEST_F(RestTest, TaskNumbersThatAreNoIntegersAreNotFound) {
  for (const char* task : {"abc", "99999999999", "0x1"}) {
    const auto response = get(fmt::format("/connectors/a/tasks/{}/status", task));
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, R"({"error_code":404,"message":"HTTP 404 Not Found"})");
    EXPECT_EQ(header(response, "Content-Type"), "application/json");
  }
  EXPECT_EQ(get("/connectors/a/tasks/-1/status").body,
            R"({"error_code":404,"message":"No status found for task a--1"})");
}

TEST_F(RestTest, TopicsCanBeSwitchedOff) {
  EXPECT_EQ(get("/connectors/a/topics").body, R"({"a":{"topics":["topic-1","topic-2"]}})");
  EXPECT_EQ(exchange(port_, "PUT", "/connectors/a/topics/reset").status, 202);

  RestServer server({});
  Services services;
  services.herder = &herder_;
  services.topic_tracking_reset = false;
  server.start(services);
  HttpRequest request;
  request.method = "PUT";
  request.path = "/connectors/a/topics/reset";
  EXPECT_EQ(server.handle(request).body, R"({"error_code":403,"message":"Topic tracking reset is disabled."})");
  services.topic_tracking = false;
  server.start(services);
  EXPECT_EQ(server.handle(request).body, R"({"error_code":403,"message":"Topic tracking is disabled."})");
}

TEST_F(RestTest, OffsetsKeepTheirNumbersAsWritten) {
  create("a");
  const auto altered = json(
      "PATCH", "/connectors/a/offsets",
      R"({"offsets":[{"partition":{"f":"x"},"offset":{"p":12345678901234567890, "q":1.50}},{"partition":{"f":"y"},"offset":null}]})");
  EXPECT_EQ(altered.body, R"({"message":"The offsets for this connector have been altered successfully"})");
  EXPECT_EQ(
      get("/connectors/a/offsets").body,
      R"({"offsets":[{"partition":{"f":"x"},"offset":{"p":12345678901234567890,"q":1.50}},{"partition":{"f":"y"},"offset":null}]})");
  for (const char* body : {R"({"offsets":[]})", R"({"offsets":null})", "{}"}) {
    EXPECT_EQ(json("PATCH", "/connectors/a/offsets", body).status, 400) << body;
  }
  for (const char* body : {R"({"offsets":{}})", R"({"offsets":[1]})", R"({"offsets":[null]})", R"({"offset":[]})",
                           R"({"offsets":[{"x":1}]})", R"({"offsets":[{"partition":1}]})"}) {
    EXPECT_EQ(json("PATCH", "/connectors/a/offsets", body).status, 500) << body;
  }
  EXPECT_EQ(exchange(port_, "DELETE", "/connectors/a/offsets").status, 200);
}

TEST_F(RestTest, InternalEndpointsPassOnSignaturesAndTheExactBody) {
  create("a");
  const std::string signature =
      "X-Connect-Authorization: c2ln\r\nX-Connect-Request-Signature-Algorithm: HmacSHA256\r\n";
  const auto posted = exchange(port_, "POST", "/connectors/a/tasks", signature, R"( [{"k": 1, "n":null}] )");
  EXPECT_EQ(posted.status, 204);
  EXPECT_EQ(herder_.last_internal.authorization, "c2ln");
  EXPECT_EQ(herder_.last_internal.signature_algorithm, "HmacSHA256");
  EXPECT_EQ(herder_.last_internal.body, R"( [{"k": 1, "n":null}] )");
  EXPECT_EQ(herder_.last_task_configs,
            (std::vector<config::ConfigMap>{{{"k", std::string("1")}, {"n", std::nullopt}}}));
  EXPECT_EQ(exchange(port_, "PUT", "/connectors/a/fence", "Content-Type: text/plain\r\n").status, 204);
  EXPECT_EQ(herder_.last_internal.authorization, std::nullopt);
  EXPECT_EQ(herder_.last_internal.body, "");
  EXPECT_EQ(json("POST", "/connectors/none/tasks", "[]").body,
            R"({"error_code":404,"message":"Connector none not found"})");
}

TEST_F(RestTest, InternalEndpointsReadTheBodyBeforeTheSignature) {
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/tasks").status, 500);
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/tasks", "", "x").status, 500);
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/tasks", "", "{}").status, 500);
  EXPECT_EQ(herder_.calls(), 0);
}

TEST_F(RestTest, RestErrorsKeepTheirStatus) {
  herder_.fail_next(base::Error(base::Code::kInvalidConfig, base::exceptions::kConnectRest,
                                "Internal request contained invalid signature.")
                        .with_rest_status(403));
  const auto response = json("POST", "/connectors/a/tasks", "[]");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.body, R"({"error_code":403,"message":"Internal request contained invalid signature."})");
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
}

TEST_F(RestTest, HerderErrorsKeepTheirMessages) {
  herder_.fail_next(base::Error(base::Code::kInvalidConfig, base::exceptions::kBadRequest, "bad \"thing\""));
  EXPECT_EQ(json("POST", "/connectors", R"({"name":"a","config":{}})").body,
            R"({"error_code":400,"message":"bad \"thing\""})");
  herder_.fail_next(base::Error(base::Code::kTimeout, base::exceptions::kTimeout, "Request timed out"));
  EXPECT_EQ(get("/connectors/a").body, R"({"error_code":500,"message":"Request timed out"})");
}

TEST_F(RestTest, PluginsAreListedByKind) {
  EXPECT_EQ(
      get("/connector-plugins").body,
      R"([{"class":"org.test.FileSink","type":"sink"},{"class":"org.test.FileSource","type":"source","version":"1.0"}])");
  EXPECT_EQ(
      get("/connector-plugins?connectorsOnly=no").body,
      R"([{"class":"org.test.FileSink","type":"sink"},{"class":"org.test.FileSource","type":"source","version":"1.0"},)"
      R"({"class":"org.test.Cast$Key","type":"transformation","version":"1.0"}])");
  EXPECT_EQ(get("/connector-plugins/NoSuch/config").body, R"({"error_code":404,"message":"Unknown plugin NoSuch."})");
  EXPECT_EQ(get("/connector-plugins/org.test.Cast%24Key/config").body, "[]");
}

TEST_F(RestTest, ValidationShowsTheExceptionBehindAnError) {
  const auto validate = [&](std::string_view body) {
    return json("PUT", "/connector-plugins/FileSource/config/validate", body);
  };
  EXPECT_EQ(validate(R"({"connector.class":"org.test.FileSourceConnector"})").status, 200);
  EXPECT_EQ(
      validate(R"({"connector.class":"org.test.Other"})").body,
      R"({"error_code":400,"message":"Included connector type org.test.Other does not match request type FileSource"})");
  herder_.fail_next(base::Error(base::Code::kInvalidConfig, base::exceptions::kBadRequest, "no type"));
  EXPECT_EQ(
      validate("{}").body,
      R"({"error_code":500,"message":"org.apache.kafka.connect.runtime.rest.errors.BadRequestException: no type"})");
  herder_.fail_next(
      base::Error(base::Code::kTimeout, base::exceptions::kTimeout, "Request timed out. The worker is currently x."));
  EXPECT_EQ(validate("{}").body, R"({"error_code":500,"message":"Request timed out. The worker is currently x"})");
}

}  // namespace
}  // namespace sluice::rest
