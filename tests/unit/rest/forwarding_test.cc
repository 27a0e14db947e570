// Workers that ask each other: real servers on loopback ports, herders in memory.

#include "rest/forwarding.h"

#include "tests/unit/rest/raw_server.h"
#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

using std::chrono::milliseconds;

base::Error elsewhere(std::string url, const char* exception = base::exceptions::kNotLeader) {
  return base::Error(base::Code::kRetry, exception, "Only the leader can do this.").with_redirect(std::move(url));
}
base::Error rebalance_needed() {
  return {base::Code::kRetry, base::exceptions::kRebalanceNeeded,
          "Request cannot be completed because a rebalance is expected"};
}

const char* const kConflict =
    R"j({"error_code":409,"message":"Cannot complete request because of a conflicting operation (e.g. worker rebalance)"})j";
const char* const kNoLeader =
    R"j({"error_code":409,"message":"Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway."})j";
const char* const kStale =
    R"j({"error_code":409,"message":"Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)"})j";

struct Worker {
  explicit Worker(RestOptions options = {}) { server = start_server(herder, std::move(options)); }
  int port() const { return server->listeners().front().port; }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port()); }

  FakeHerder herder;
  std::unique_ptr<RestServer> server;
};

// Long enough for a slow machine, short enough for a test.
RestOptions impatient(milliseconds wait_max = milliseconds(300)) {
  RestOptions options;
  options.forwarding.wait_max = wait_max;
  options.forwarding.retry_every = milliseconds(10);
  options.request_timeout = milliseconds(2000);
  return options;
}

class ForwardingTest : public ::testing::Test {
 protected:
  void SetUp() override { follower_.herder.fail_with(elsewhere(leader_.url())); }
  HttpResponse ask(std::string_view method, std::string_view target, std::string_view body = "") {
    return body.empty() ? exchange(follower_.port(), method, target)
                        : send_json(follower_.port(), method, target, body);
  }

  Worker leader_;
  Worker follower_{impatient()};
};

TEST_F(ForwardingTest, CreationAnswersWithTheFollowersLocation) {
  const auto response =
      ask("POST", "/connectors", R"({"name":" a ","config":{"k":1,"n":null},"initial_state":"paused"})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(header(response, "Location"), fmt::format("http://test:{}/connectors/a", follower_.port()));
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(
      response.body,
      R"({"name":"a","config":{"k":"1","n":null,"name":"a"},"tasks":[{"connector":"a","task":0}],"type":"source"})");
  EXPECT_EQ(leader_.herder.last_initial_state, herder::TargetState::kPaused);
  EXPECT_EQ(ask("POST", "/connectors", R"({"name":"a","config":{}})").body,
            R"({"error_code":409,"message":"Connector a already exists"})");
}

TEST_F(ForwardingTest, EveryForwardableRequestReachesTheLeader) {
  const auto created = ask("PUT", "/connectors/a%20b/config", R"({"k":"v"})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(header(created, "Location"), fmt::format("http://test:{}/connectors/a%20b", follower_.port()));
  EXPECT_EQ(ask("PUT", "/connectors/a%20b/config", R"({"k":"v"})").status, 200);
  const auto patched = ask("PATCH", "/connectors/a%20b/config", R"({"k":null,"l":"w"})");
  EXPECT_EQ(patched.status, 200);
  EXPECT_EQ(patched.body,
            R"({"name":"a b","config":{"name":"a b","l":"w"},"tasks":[{"connector":"a b","task":0}],"type":"source"})");
  EXPECT_EQ(ask("POST", "/connectors/a%20b/restart").status, 204);
  EXPECT_EQ(ask("POST", "/connectors/a%20b/tasks/0/restart").status, 204);
  EXPECT_EQ(ask("PUT", "/connectors/a%20b/stop").status, 204);
  EXPECT_EQ(ask("PATCH", "/connectors/a%20b/offsets", R"({"offsets":[{"partition":{"f":"x"},"offset":{"p":7}}]})").body,
            R"({"message":"The offsets for this connector have been altered successfully"})");
  ASSERT_EQ(leader_.herder.offsets.size(), 1U);
  EXPECT_EQ(leader_.herder.offsets[0].offset_json, R"({"p":7})");
  EXPECT_EQ(ask("DELETE", "/connectors/a%20b/offsets").body,
            R"({"message":"The offsets for this connector have been reset successfully"})");
  EXPECT_EQ(ask("PUT", "/connectors/a%20b/fence").status, 204);
  EXPECT_EQ(ask("POST", "/connectors/a%20b/tasks", R"([{"x":"y"}])").status, 204);
  EXPECT_EQ(leader_.herder.last_internal.body, R"([{"x":"y"}])");
  EXPECT_EQ(ask("DELETE", "/connectors/a%20b").status, 204);
  EXPECT_EQ(ask("DELETE", "/connectors/a%20b").body, R"({"error_code":404,"message":"Connector a b not found"})");
}

TEST_F(ForwardingTest, RestartFlagsGoWithTheRequest) {
  ask("PUT", "/connectors/a/config", "{}");
  const auto response = ask("POST", "/connectors/a/restart?includeTasks=true&onlyFailed=no");
  EXPECT_EQ(response.status, 202);
  EXPECT_TRUE(leader_.herder.last_restart.include_tasks);
  EXPECT_FALSE(leader_.herder.last_restart.only_failed);
  EXPECT_EQ(
      response.body,
      R"({"name":"a","connector":{"state":"RUNNING","worker_id":"127.0.0.1:8083","version":"1.0"},"tasks":[{"id":0,"state":"RUNNING","worker_id":"127.0.0.1:8083","version":"1.0"}],"type":"source"})");
}

TEST_F(ForwardingTest, OwnersAreAskedLikeLeaders) {
  ask("PUT", "/connectors/a/config", "{}");
  follower_.herder.fail_with(elsewhere(leader_.url(), base::exceptions::kNotAssigned));
  EXPECT_EQ(ask("POST", "/connectors/a/tasks/0/restart").status, 204);
}

TEST_F(ForwardingTest, TwoHopsAreTheMost) {
  Worker owner;
  leader_.herder.fail_with(elsewhere(owner.url()));
  EXPECT_EQ(ask("PUT", "/connectors/a/config", "{}").status, 201);
  EXPECT_EQ(ask("PUT", "/connectors/a/config?forward=true", "{}").status, 409);  // one hop of the two is used up
  EXPECT_EQ(ask("PUT", "/connectors/a/config?forward=false", "{}").body, kConflict);
  owner.herder.fail_with(elsewhere(follower_.url()));
  EXPECT_EQ(ask("PUT", "/connectors/a/config", "{}").body, kConflict);
}

TEST_F(ForwardingTest, RequestsCarryWhatConnectsDo) {
  RawServer target("HTTP/1.1 204 No Content\r\n\r\n");
  follower_.herder.fail_with(elsewhere(target.url()));
  const auto response = exchange(follower_.port(), "PUT", "/connectors/a%20b/stop?x=1",
                                 "Authorization: Basic dTpw\r\nCookie: c=d\r\nX-Connect-Authorization: AAAA\r\n");
  EXPECT_EQ(response.status, 204);
  const std::string host = target.url().substr(7, target.url().size() - 8);
  EXPECT_EQ(target.request(), "PUT /connectors/a%20b/stop?forward=true HTTP/1.1\r\nHost: " + host +
                                  "\r\nAccept: application/json\r\nUser-Agent: kafka-connect\r\nAuthorization: Basic "
                                  "dTpw\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_F(ForwardingTest, ReadsAndPauseStayHere) {
  follower_.herder.fail_with(elsewhere(leader_.url()), 0);
  EXPECT_EQ(ask("PUT", "/connectors/a/config", "{}").status, 201);
  EXPECT_EQ(ask("GET", "/connectors/a").status, 200);
  EXPECT_EQ(ask("PUT", "/connectors/a/pause").status, 202);
  EXPECT_EQ(leader_.herder.calls(), 0);
}

// ---- targets that are no good

class BadTargetTest : public ForwardingTest {
 protected:
  std::string message(const std::string& url) {
    follower_.herder.fail_with(elsewhere(url));
    const auto response = ask("PUT", "/connectors/a/config", "{}");
    EXPECT_EQ(response.status, 500) << response.body;
    EXPECT_EQ(header(response, "Content-Type"), "application/json");
    return response.body;
  }
  std::string answered(const std::string& bytes, int repeat = 1) {
    RawServer target(bytes, repeat);
    return message(target.url());
  }
  static std::string io_error(std::string_view text) {
    return fmt::format(R"({{"error_code":500,"message":"IO Error trying to forward REST request: {}"}})", text);
  }
};

TEST_F(BadTargetTest, DeadOnes) {
  EXPECT_EQ(message(fmt::format("http://127.0.0.1:{}/", closed_port())),
            io_error("java.net.ConnectException: Connection refused"));
  EXPECT_NE(message("http://no-such-host.invalid:8083/").find("java.net.UnknownHostException: no-such-host.invalid"),
            std::string::npos);
}

TEST_F(BadTargetTest, SlowOnes) {
  RawServer target(std::nullopt);
  EXPECT_EQ(message(target.url()),
            io_error("java.util.concurrent.TimeoutException: no answer within the time of the request"));
}

TEST_F(BadTargetTest, OnesThatSpeakNoHttp) {
  EXPECT_EQ(answered("SSH-2.0-OpenSSH_9.2\r\n"), io_error("java.io.IOException: the answer is not HTTP"));
  EXPECT_EQ(answered(""), io_error("java.io.EOFException: the connection ended before the answer was complete"));
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"),
            io_error("java.io.EOFException: the connection ended before the answer was complete"));
  EXPECT_EQ(answered("HTTP/1.1 200 " + std::string(70000, 'x')),
            io_error("java.io.IOException: the answer's head is too large"));
}

TEST_F(BadTargetTest, OnesThatAnswerWithoutEnd) {
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 20, ' '), 20),
            io_error("java.io.IOException: the answer's body is too large"));
}

TEST_F(BadTargetTest, OnesThatAnswerSomethingElse) {
  EXPECT_NE(answered("HTTP/1.1 404 Not Found\r\n\r\n<html>")
                .find("IO Error trying to forward REST request: Unexpected "
                      "character ('<' (code 60))"),
            std::string::npos);
  EXPECT_EQ(answered("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"),
            R"({"error_code":500,"message":"Unexpected status code when handling forwarded request: 302"})");
  EXPECT_NE(answered("HTTP/1.1 200 OK\r\n\r\n[]").find("Cannot deserialize the answer"), std::string::npos);
  EXPECT_NE(answered(R"(HTTP/1.1 200 OK)"
                     "\r\n\r\n"
                     R"({"name":"a","tasks":[{"connector":"a","task":"x"}]})")
                .find("'task' is not a number"),
            std::string::npos);
  EXPECT_EQ(answered("HTTP/1.1 500 x\r\n\r\n{\"error_code\":500,\"message\":null}"),
            R"({"error_code":500,"message":"null"})");
}

TEST_F(BadTargetTest, AddressesThatAreNone) {
  for (const char* url : {"ftp://h:1/", "http://", "http://h:0/", "http://h:99999/", "http://a b/",
                          "http://h:1/\r\nX: y", "http://u@h:1/", "http://[::1/"}) {
    const std::string body = message(url);
    EXPECT_TRUE(body.starts_with(R"({"error_code":500,"message":"Error trying to forward REST request: ')")) << body;
    EXPECT_TRUE(body.ends_with(R"(' is no URL of a worker"})")) << body;
  }
}

// ---- waiting for a rebalance

TEST_F(ForwardingTest, RequestsWaitForALeader) {
  follower_.herder.fail_with(elsewhere(""), 5);
  EXPECT_EQ(ask("PUT", "/connectors/a/config", "{}").status, 201);
  EXPECT_EQ(follower_.herder.calls(), 6);
  follower_.herder.fail_with(rebalance_needed(), 5);
  EXPECT_EQ(ask("GET", "/connectors/a").status, 200);
  follower_.herder.fail_with(rebalance_needed(), 3);
  EXPECT_EQ(ask("POST", "/connectors/a/restart").status, 204);
}

TEST_F(ForwardingTest, RequestsGiveUpWithConnectsAnswer) {
  follower_.herder.fail_with(elsewhere(""));
  EXPECT_EQ(ask("PUT", "/connectors/a/config", "{}").body, kNoLeader);
  follower_.herder.fail_with(rebalance_needed());
  EXPECT_EQ(ask("POST", "/connectors/a/restart").body, kStale);
  EXPECT_EQ(ask("PATCH", "/connectors/a/offsets", R"({"offsets":[{"partition":{},"offset":null}]})").body, kStale);
  for (const char* path : {"/connectors/a", "/connectors/a/config", "/connectors/a/tasks"}) {
    EXPECT_EQ(ask("GET", path).body,
              R"({"error_code":500,"message":"Request cannot be completed because a rebalance is expected"})");
  }
}

TEST_F(ForwardingTest, TheLastHopDoesNotWaitForALeader) {
  follower_.herder.fail_with(elsewhere(""));
  EXPECT_EQ(ask("PUT", "/connectors/a/config?forward=false", "{}").body, kConflict);
  EXPECT_EQ(follower_.herder.calls(), 1);
}

TEST(Waiting, IsBoundedAndDelaysNobodyElse) {
  RestOptions options = impatient(milliseconds(10000));
  options.request_timeout = milliseconds(20000);
  options.limits.threads = 8;
  options.forwarding.waiting_max = 2;
  Worker worker(options);
  worker.herder.fail_with(elsewhere(""));
  std::vector<std::unique_ptr<HttpClient>> waiting;
  for (int i = 0; i < 2; ++i) {
    const int before = worker.herder.calls();
    waiting.push_back(std::make_unique<HttpClient>(worker.port()));
    waiting.back()->send("DELETE /connectors/a HTTP/1.1\r\nHost: x\r\n\r\n");
    while (worker.herder.calls() < before + 20) std::this_thread::yield();
  }
  EXPECT_EQ(exchange(worker.port(), "DELETE", "/connectors/a").body, kNoLeader);  // the third is told at once
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(exchange(worker.port(), "GET", "/connectors").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(1000));
  worker.server->request_stop();  // and a worker that stops does not wait
  for (const auto& client : waiting) EXPECT_EQ(client->receive().body, kNoLeader);
}

TEST(Commands, LeaveThreadsForReads) {
  RestOptions options;
  options.limits.threads = 4;
  options.limits.graceful_stop = milliseconds(100);
  Worker worker(options);
  worker.herder.cork();
  std::vector<std::unique_ptr<HttpClient>> hanging;
  for (int i = 0; i < 3; ++i) {
    hanging.push_back(std::make_unique<HttpClient>(worker.port()));
    hanging.back()->send("PUT /connectors/a/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    worker.herder.wait_for_hanging(i + 1);
  }
  EXPECT_EQ(exchange(worker.port(), "PUT", "/connectors/a/pause").status, 503);
  EXPECT_EQ(exchange(worker.port(), "GET", "/connectors/a/offsets").status, 503);
  EXPECT_EQ(exchange(worker.port(), "GET", "/connectors").status, 200);
  worker.herder.release();
  for (const auto& client : hanging) EXPECT_EQ(client->receive().status, 404);
}

TEST(Stopping, EndsCallsToOtherWorkers) {
  RawServer target(std::nullopt);
  RestOptions options;
  options.limits.graceful_stop = milliseconds(50);
  Worker worker(options);
  worker.herder.fail_with(elsewhere(target.url()));
  HttpClient client(worker.port());
  client.send("DELETE /connectors/a HTTP/1.1\r\nHost: x\r\n\r\n");
  while (worker.herder.calls() == 0) std::this_thread::yield();
  const auto begun = std::chrono::steady_clock::now();
  worker.server->request_stop();
  worker.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(Starting, BeforeTheResourcesEveryPathIsUnknown) {
  RestOptions options;
  options.listeners.push_back({false, "127.0.0.1", 0});
  RestServer server(options);
  ASSERT_TRUE(server.bind());
  const int port = server.listeners().front().port;
  for (const char* path : {"/", "/connectors", "/admin/loggers"}) {
    const auto response = exchange(port, "GET", path);
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(header(response, "Content-Type"), "text/html;charset=iso-8859-1");
    EXPECT_NE(response.body.find("HTTP ERROR 404 Not Found"), std::string::npos);
  }
  FakeHerder herder;
  Services services;
  services.herder = &herder;
  server.start(services);
  EXPECT_EQ(exchange(port, "GET", "/").status, 200);
}

}  // namespace
}  // namespace sluice::rest
