#include "runtime/kafka/oauth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "runtime/base/strings.h"
#include "runtime/kafka/client_config.h"

namespace sluice::kafka {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kNow = 1'700'000'000'000;

std::string jwt(std::string_view claims) {
  std::string encoded;
  base::append_base64(claims, encoded);
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  encoded.erase(encoded.find_last_not_of('=') + 1);
  return "e30." + encoded + ".c2ln";
}

// Answers one HTTP request with `answer` and keeps what it was asked.
class OneAnswer {
 public:
  explicit OneAnswer(std::string status, std::string body) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, status = std::move(status), body = std::move(body)] {
      const int connection = ::accept(listener_, nullptr, nullptr);
      char part[4096];
      while (request.find("grant_type=") == std::string::npos) {
        const ssize_t got = ::read(connection, part, sizeof part);
        if (got <= 0) break;
        request.append(part, static_cast<std::size_t>(got));
      }
      const std::string answer =
          "HTTP/1.1 " + status +
          "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n\r\n" + body;
      EXPECT_EQ(::write(connection, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
      ::close(connection);
    });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  void finish() { thread_.join(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/oauth/token"; }
  std::string request;

 private:
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

OauthSettings settings(const std::string& url) {
  OauthSettings result;
  result.token_endpoint_url = url;
  result.client_id = "me";
  result.client_secret = "hush";
  result.scope = "kafka read";
  return result;
}

TEST(Oauth, FetchesATokenWithClientCredentials) {
  const std::string token = jwt(R"({"sub":"alice","exp":1700000600})");
  OneAnswer server("200 OK", R"({"access_token":")" + token + R"(","token_type":"Bearer"})");
  const auto got = fetch_oauth_token(settings(server.url()), kNow);
  server.finish();
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(got->value, token);
  EXPECT_EQ(got->principal, "alice");
  EXPECT_EQ(got->expires_ms, 1'700'000'600'000);
  EXPECT_THAT(server.request, HasSubstr("POST /oauth/token HTTP/1.1"));
  EXPECT_THAT(server.request, HasSubstr("Authorization: Basic bWU6aHVzaA=="));
  EXPECT_THAT(server.request, HasSubstr("grant_type=client_credentials&scope=kafka+read"));
}

TEST(Oauth, ErrorsNameTheEndpointAndNoSecret) {
  {
    OneAnswer server("401 Unauthorized", R"({"error":"hush"})");
    const auto got = fetch_oauth_token(settings(server.url()), kNow);
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error().message(), HasSubstr("answered with status 401"));
    EXPECT_THAT(got.error().message(), Not(HasSubstr("hush")));
  }
  {
    OneAnswer server("200 OK", "not json");
    EXPECT_THAT(fetch_oauth_token(settings(server.url()), kNow).error().message(), HasSubstr("no access_token"));
  }
  EXPECT_THAT(fetch_oauth_token(settings("http://127.0.0.1:1/t"), kNow).error().message(),
              HasSubstr("does not answer"));
}

TEST(Oauth, ReadsATokenFromAFileAtEachRefresh) {
  const auto path = std::filesystem::temp_directory_path() / ("sluice-token-" + std::to_string(::getpid()));
  OauthSettings from_file;
  from_file.token_file = path.string();
  EXPECT_FALSE(fetch_oauth_token(from_file, kNow));
  std::ofstream(path) << jwt(R"({"sub":"bob","exp":1700000600})") << "\n";
  EXPECT_EQ(fetch_oauth_token(from_file, kNow)->principal, "bob");
  std::ofstream(path) << jwt(R"({"sub":"bob","exp":1600000000})");
  EXPECT_THAT(fetch_oauth_token(from_file, kNow).error().message(), HasSubstr("expired"));
  std::filesystem::remove(path);
}

TEST(Oauth, RefusesWhatIsNoToken) {
  for (const std::string& bad :
       {std::string(), std::string("a.b"), std::string("a.!!.c"), std::string("..."), jwt("[]"), jwt("{}"),
        jwt(R"({"exp":1})"), jwt(R"({"sub":"x"})"), jwt(R"({"sub":7,"exp":1700000600})"),
        jwt(R"({"sub":"x","exp":-1})"), jwt(R"({"sub":"x","exp":1e300})")})
    EXPECT_FALSE(read_jwt(bad, "sub")) << bad;
  EXPECT_EQ(read_jwt(jwt(R"({"client":"x","exp":1700000600.5})"), "client")->expires_ms, 1'700'000'600'500);
}

}  // namespace
}  // namespace sluice::kafka
