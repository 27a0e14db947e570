// What surrounds the resources: CORS, fixed response headers, loggers.

#include "rest/location.h"
#include "runtime/base/log.h"
#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

class CorsTest : public ::testing::Test {
 protected:
  HttpResponse answer(std::string_view origins, std::string_view methods, const HttpRequest& request) {
    HttpResponse response;
    CorsPolicy(origins, methods).apply(request, response);
    return response;
  }
  HttpRequest from(std::string_view origin) {
    HttpRequest request;
    request.method = "GET";
    request.headers.emplace_back("Origin", origin);
    return request;
  }
};

TEST_F(CorsTest, OnlyAllowedOriginsAreNamed) {
  const auto allowed = answer("http://example.com", "", from("http://example.com"));
  EXPECT_EQ(header(allowed, "Vary"), "Origin");
  EXPECT_EQ(header(allowed, "Access-Control-Allow-Origin"), "http://example.com");
  EXPECT_EQ(header(allowed, "Access-Control-Allow-Credentials"), "(none)");
  const auto refused = answer("http://example.com", "", from("https://example.com"));
  EXPECT_EQ(header(refused, "Vary"), "Origin");
  EXPECT_EQ(header(refused, "Access-Control-Allow-Origin"), "(none)");
  EXPECT_EQ(header(answer("http://example.com", "", HttpRequest()), "Vary"), "Origin");
}

TEST_F(CorsTest, OriginsMayHaveWildcards) {
  EXPECT_EQ(header(answer("*", "", from("http://example.org")), "Access-Control-Allow-Origin"), "http://example.org");
  const auto pattern = [&](std::string_view origin) {
    return header(answer(" http://a.example , https://*.example.com:*", "", from(origin)),
                  "Access-Control-Allow-Origin") != "(none)";
  };
  EXPECT_TRUE(pattern("https://x.example.com:8443"));
  EXPECT_TRUE(pattern("http://a.example"));
  EXPECT_FALSE(pattern("https://example.com:8443"));
}

TEST_F(CorsTest, PreflightsAreToldWhatIsAllowed) {
  HttpRequest request = from("http://example.com");
  request.method = "OPTIONS";
  EXPECT_EQ(header(answer("*", "", request), "Access-Control-Allow-Methods"), "(none)");
  request.headers.emplace_back("Access-Control-Request-Method", "PUT");
  const auto response = answer("*", "", request);
  EXPECT_EQ(header(response, "Access-Control-Allow-Methods"), "GET,POST,HEAD");
  EXPECT_EQ(header(response, "Access-Control-Allow-Headers"), "Content-Type");
  EXPECT_EQ(header(response, "Access-Control-Max-Age"), "60");
  EXPECT_EQ(header(answer("*", "PUT, DELETE", request), "Access-Control-Allow-Methods"), "PUT,DELETE");
}

TEST(ResponseHeaders, RulesApplyToEveryAnswer) {
  using Action = config::HeaderRule::Action;
  FakeHerder herder;
  RestOptions options;
  options.response_headers = {{Action::kAdd, "X-XSS-Protection", "1; mode=block"},
                              {Action::kSet, "X-Frame-Options", "DENY"},
                              {Action::kSetDate, "Expires", "31540000000"}};
  const auto server = start_server(herder, options);
  const int port = server->listeners().front().port;
  for (const char* path : {"/", "/nope", "/connectors/none"}) {
    const auto response = exchange(port, "GET", path);
    EXPECT_EQ(header(response, "X-XSS-Protection"), "1; mode=block") << path;
    EXPECT_EQ(header(response, "X-Frame-Options"), "DENY") << path;
    EXPECT_TRUE(header(response, "Expires").ends_with(" GMT")) << path;
  }
}

TEST_F(RestTest, LoggersAreListedAndChanged) {
  const auto put = [&](std::string_view target, std::string_view body) { return json("PUT", target, body); };
  EXPECT_EQ(put("/admin/loggers/rt.a.b", R"({"level":"DEBUG"})").body, R"(["rt.a.b"])");
  EXPECT_EQ(put("/admin/loggers/rt.a.b.c", R"({"level":"trace"})").body, R"(["rt.a.b.c"])");
  EXPECT_EQ(put("/admin/loggers/rt.a.b", R"({"level":"WARN","x":"y"})").body, R"(["rt.a.b","rt.a.b.c"])");
  EXPECT_NE(get("/admin/loggers").body.find(R"("rt.a.b":{"level":"WARN","last_modified":)"), std::string::npos);
  EXPECT_EQ(get("/admin/loggers/no.such").body, R"({"error_code":404,"message":"Logger no.such not found."})");
  EXPECT_EQ(put("/admin/loggers/rt.a.b", R"({"level":"LOUD"})").body,
            R"json({"error_code":404,"message":"invalid log level 'LOUD'."})json");
  for (const char* body : {R"({"level":null})", "{}"}) {
    EXPECT_EQ(put("/admin/loggers/rt.a.b", body).body,
              R"json({"error_code":400,"message":"Desired 'level' parameter was not specified in request."})json");
  }
  EXPECT_EQ(put("/admin/loggers/rt.a.b", "[]").status, 500);
  EXPECT_EQ(put("/admin/loggers/rt.a.b?scope=CLUSTER", R"({"level":"info"})").status, 204);
  EXPECT_EQ(herder_.last_cluster_logger, "rt.a.b=info");
  EXPECT_EQ(put("/admin/loggers/rt.a.b?scope=cluster", R"({"level":"NOPE"})").status, 404);
  EXPECT_EQ(put("/admin/loggers/rt.a.b?scope=galaxy", R"({"level":"ERROR"})").body, R"(["rt.a.b","rt.a.b.c"])");
}

TEST_F(RestTest, HealthHasAStatusOfItsOwn) {
  using Status = herder::Health::Status;
  herder_.health_answer = {Status::kStarting, "Worker is still starting up."};
  EXPECT_EQ(get("/health").status, 503);
  EXPECT_EQ(get("/health").body, R"({"status":"starting","message":"Worker is still starting up."})");
  herder_.health_answer = {Status::kUnhealthy, "x"};
  EXPECT_EQ(get("/health").status, 500);
  EXPECT_EQ(get("/health").body, R"({"status":"unhealthy","message":"x"})");
  EXPECT_LE(herder_.last_budget, std::chrono::seconds(10));
  EXPECT_GT(herder_.last_budget, std::chrono::seconds(9));
}

TEST(Location, PathsAreEncodedAsUriBuilderDoes) {
  EXPECT_EQ(encode_path("with space"), "with%20space");
  EXPECT_EQ(encode_path("\xC3\xBC"), "%C3%BC");
  EXPECT_EQ(encode_path("q?x=1&y#z"), "q%3Fx=1&y%23z");
  EXPECT_EQ(encode_path("plus+a;b/c.."), "plus+a;b/c..");
  EXPECT_EQ(encode_path("p%q"), "p%25q");
  EXPECT_EQ(encode_path("p%41"), "p%41");
  EXPECT_EQ(encode_path("back\\slash"), "back%5Cslash");
}

}  // namespace
}  // namespace sluice::rest
