#include <thread>

#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

TEST_F(RestTest, PathsThatNoResourceHasAreNotFound) {
  for (const char* path : {"/nope", "/Connectors", "/connectors/a/nope", "/connectors/a/tasks/0", "/./connectors",
                           "/admin", "/favicon.ico"}) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, R"({"error_code":404,"message":"HTTP 404 Not Found"})");
    EXPECT_EQ(header(response, "Content-Type"), "(none)") << path;
  }
}

TEST_F(RestTest, TrailingSlashesAndMatrixParametersDoNotCount) {
  for (const char* path : {"/connectors/", "/connectors;a=b", "/connectors?", "/connectors/;x"}) {
    const auto response = get(path);
    EXPECT_EQ(response.status, path == std::string("/connectors/;x") ? 404 : 200) << path;
  }
  EXPECT_EQ(get("/connectors/none/").body, R"({"error_code":404,"message":"Connector none not found"})");
}

TEST_F(RestTest, AmbiguousPathsAreRefusedAsHtml) {
  for (const char* path : {"/connectors/a%2Fb", "/connectors/a%25b", "/connectors/a%5Cb", "//connectors",
                           "/connectors//a", "/%2e/x", "/connectors/a%00b", "/connectors/%zz", "/../x"}) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 400) << path;
    EXPECT_EQ(header(response, "Content-Type"), "text/html;charset=iso-8859-1") << path;
  }
  EXPECT_EQ(get("/connectors/a%2eb").status, 404);  // a dot inside a name is just a dot
}

TEST_F(RestTest, NamesArriveDecoded) {
  EXPECT_EQ(get("/connectors/%C3%BCn%C3%AF%20x+y%3Bz").body,
            "{\"error_code\":404,\"message\":\"Connector \xC3\xBCn\xC3\xAF x+y;z not found\"}");
}

TEST_F(RestTest, OtherMethodsAreNotAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"}) {
    const auto response = exchange(port_, method, "/");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.body, R"({"error_code":405,"message":"HTTP 405 Method Not Allowed"})");
    EXPECT_EQ(header(response, "Content-Type"), "(none)");
    EXPECT_EQ(header(response, "Allow"), "(none)");
  }
}

TEST_F(RestTest, HeadAnswersLikeGetWithoutTheBody) {
  const auto response = exchange(port_, "HEAD", "/connectors");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(header(response, "Content-Length"), "2");
}

TEST_F(RestTest, OptionsListsTheMethods) {
  const auto response = exchange(port_, "OPTIONS", "/connectors");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Allow"), "HEAD,GET,POST,OPTIONS");
  EXPECT_EQ(header(response, "Content-Type"), "text/plain");
}

TEST_F(RestTest, AcceptAndContentTypeAreNegotiated) {
  EXPECT_EQ(get("/", "Accept: text/html\r\n").status, 406);
  EXPECT_EQ(header(get("/", "Accept: text/html\r\n"), "Content-Type"), "(none)");
  EXPECT_EQ(get("/", "Accept: text/html, application/*;q=0.5\r\n").status, 200);
  EXPECT_EQ(get("/", "Accept: application/json;q=0\r\n").status, 200);
  EXPECT_EQ(get("/", "Accept: rubbish\r\n").status, 400);
  EXPECT_EQ(exchange(port_, "PUT", "/connectors/a/pause", "Content-Type: text/plain\r\n", "x").status, 415);
  EXPECT_EQ(exchange(port_, "POST", "/connectors", "Content-Type: bogus\r\n", "{}").status, 400);
  EXPECT_EQ(exchange(port_, "POST", "/connectors", "Content-Type: multipart/form-data; boundary=x\r\n", "{}").status,
            415);
  const std::string form(20000, 'x');
  EXPECT_EQ(exchange(port_, "POST", "/connectors", "Content-Type: application/x-www-form-urlencoded\r\n", form).status,
            415);
}

TEST_F(RestTest, AnswersWithoutBodyHaveNoLength) {
  create("a");
  const auto response = exchange(port_, "DELETE", "/connectors/a");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(header(response, "Content-Length"), "(none)");
  EXPECT_EQ(header(response, "Content-Type"), "(none)");
}

TEST_F(RestTest, CompressionAndRangesAreNotOffered) {
  const auto response = get("/", "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Content-Encoding"), "(none)");
  EXPECT_EQ(response.body.front(), '{');
  EXPECT_EQ(response.body.back(), '}');
}

TEST_F(RestTest, ConnectionsStayOpenForMoreRequests) {
  HttpClient client(port_);
  for (int i = 0; i < 20; ++i) {
    client.send("GET /connectors HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.receive().body, "[]");
  }
  // Two at once, the first with a body that nobody asked for.
  client.send("GET /connectors HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive().body, "[]");
  EXPECT_EQ(client.receive().status, 200);
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto last = client.receive();
  EXPECT_EQ(header(last, "Connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(RestTest, OldClientsAreAnsweredAndClosed) {
  HttpClient client(port_);
  client.send("GET /connectors HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "[]");
  EXPECT_TRUE(client.closed());
}

TEST_F(RestTest, ChunkedBodiesAreRead) {
  HttpClient client(port_);
  client.send(
      "PUT /connectors/a/config HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n"
      "4\r\n{\"k\"\r\n5\r\n:\"v\"}\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 201);
  EXPECT_EQ(get("/connectors/a/config").body, R"({"k":"v","name":"a"})");
}

TEST_F(RestTest, ClientsThatWaitAreToldToContinue) {
  HttpClient client(port_);
  client.send(
      "PUT /connectors/a/config HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(client.receive(true).status, 100);
  client.send("{}");
  EXPECT_EQ(client.receive().status, 201);
}

TEST_F(RestTest, MalformedRequestsAreRefused) {
  for (const char* request :
       {"rubbish\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"}) {
    HttpClient client(port_);
    client.send(request);
    EXPECT_EQ(client.receive().status, 400) << request;
    EXPECT_TRUE(client.closed());
  }
  HttpClient future(port_);
  future.send("GET / HTTP/3.0\r\nHost: x\r\n\r\n");
  EXPECT_EQ(future.receive().status, 505);
}

TEST_F(RestTest, HeadsAreBounded) {
  EXPECT_EQ(get("/connectors/" + std::string(5000, 'a')).status, 404);
  EXPECT_EQ(get("/connectors/" + std::string(20000, 'a')).status, 414);
  EXPECT_EQ(get("/", "X-Long: " + std::string(4000, 'a') + "\r\n").status, 200);
  EXPECT_EQ(get("/", "X-Long: " + std::string(40000, 'a') + "\r\n").status, 431);
}

TEST_F(RestTest, HangingRequestsDoNotHoldUpOthers) {
  create("a");
  herder_.cork();
  std::vector<std::thread> hanging;
  for (int i = 0; i < 20; ++i) {
    hanging.emplace_back([this] { EXPECT_EQ(exchange(port_, "PUT", "/connectors/a/pause").status, 202); });
  }
  herder_.wait_for_hanging(20);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(get("/connectors/a/status").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  herder_.release();
  for (std::thread& thread : hanging) thread.join();
}

TEST_F(RestTest, StopLetsRequestsUnderWayFinish) {
  create("a");
  herder_.cork();
  HttpClient idle(port_);
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(idle.receive().status, 200);
  std::thread hanging([this] {
    const auto response = exchange(port_, "PUT", "/connectors/a/pause");
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(header(response, "Connection"), "close");
  });
  herder_.wait_for_hanging(1);
  server_->request_stop();
  EXPECT_TRUE(idle.closed());
  herder_.release();
  hanging.join();
  server_->stop();
  EXPECT_FALSE(HttpClient(port_).connected());
}

class HttpLimitsTest : public ::testing::Test {
 protected:
  RestOptions options() {
    RestOptions options;
    options.limits.body_bytes = 1000;
    options.limits.threads = 2;
    options.limits.waiting_connections = 1;
    options.limits.idle = std::chrono::milliseconds(300);
    options.limits.read = std::chrono::milliseconds(300);
    options.limits.graceful_stop = std::chrono::milliseconds(300);
    return options;
  }
  FakeHerder herder_;
};

TEST_F(HttpLimitsTest, LargeBodiesAreRefused) {
  const auto server = start_server(herder_, options());
  const int port = server->listeners().front().port;
  const auto response = send_json(port, "POST", "/connectors", std::string(2000, ' '));
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(header(response, "Connection"), "close");
  HttpClient client(port);
  client.send(
      "POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20; ++i) client.send("64\r\n" + std::string(100, ' ') + "\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(HttpLimitsTest, SlowClientsAreCutOff) {
  const auto server = start_server(herder_, options());
  const int port = server->listeners().front().port;
  HttpClient idle(port);
  EXPECT_TRUE(idle.closed());
  HttpClient slow(port);
  slow.send("GET / HT");
  EXPECT_TRUE(slow.closed());
  HttpClient short_body(port);
  short_body.send(
      "POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(short_body.receive().status, 400);
}

TEST_F(HttpLimitsTest, ConnectionsBeyondTheLimitsAreRefused) {
  const auto server = start_server(herder_, options());
  const int port = server->listeners().front().port;
  ASSERT_EQ(send_json(port, "PUT", "/connectors/a/config", "{}").status, 201);
  herder_.cork();
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<HttpClient>(port));
    clients.back()->send("PUT /connectors/a/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    herder_.wait_for_hanging(i + 1);
  }
  int refused = 0;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<HttpClient>(port));
    if (i > 0 && clients.back()->receive().status == 503) ++refused;  // the first one waits for a thread
  }
  EXPECT_EQ(refused, 2);
  herder_.release();
  EXPECT_EQ(clients[0]->receive().status, 202);
}

TEST_F(HttpLimitsTest, StopCutsOffWhatDoesNotFinish) {
  auto server = start_server(herder_, options());
  const int port = server->listeners().front().port;
  HttpClient client(port);
  client.send("POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  server->stop();
  SUCCEED();
}

TEST(HttpListeners, PortsAreOursAlone) {
  FakeHerder herder;
  const auto first = start_server(herder);
  RestOptions options;
  options.listeners.push_back({false, "127.0.0.1", first->listeners().front().port});
  RestServer second(options);
  const base::Status bound = second.bind();
  ASSERT_FALSE(bound.has_value());
  EXPECT_NE(bound.error().message().find("Unable to start REST server"), std::string::npos);
  EXPECT_NE(bound.error().message().find("Address already in use"), std::string::npos);
}

TEST(HttpListeners, SeveralListenersAndIpv6) {
  FakeHerder herder;
  RestOptions options;
  options.listeners = {{false, "127.0.0.1", 0}, {false, "::1", 0}, {false, "", 0}};
  const auto server = start_server(herder, options);
  const auto listeners = server->listeners();
  ASSERT_EQ(listeners.size(), 3U);
  for (const auto& listener : listeners) EXPECT_GT(listener.port, 0);
  HttpClient client(listeners[1].port, "::1");
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(exchange(listeners[2].port, "GET", "/").status, 200);
}

TEST(HttpListeners, AdminCanHaveItsOwnOrNone) {
  FakeHerder herder;
  RestOptions options;
  options.admin_listeners = std::vector<config::Listener>{{false, "127.0.0.1", 0}};
  const auto server = start_server(herder, options);
  const int port = server->listeners().front().port;
  const int admin = server->admin_listeners().front().port;
  EXPECT_EQ(exchange(port, "GET", "/admin/loggers").status, 404);
  EXPECT_EQ(exchange(port, "GET", "/").status, 200);
  EXPECT_EQ(exchange(admin, "GET", "/admin/loggers").status, 200);
  EXPECT_EQ(exchange(admin, "GET", "/").status, 404);
  EXPECT_EQ(exchange(admin, "DELETE", "/admin/loggers/root").status, 405);

  RestOptions none;
  none.admin_listeners = std::vector<config::Listener>{};
  const auto without = start_server(herder, none);
  EXPECT_EQ(exchange(without->listeners().front().port, "GET", "/admin/loggers").status, 404);
}

}  // namespace
}  // namespace sluice::rest
