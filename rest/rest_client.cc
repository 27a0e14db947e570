#include "rest/rest_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rest/tls_context.h"

namespace sluice::rest {
namespace {

using base::Code;
using base::fail;
using base::Result;

// A dead host must not hold a request as long as a slow one may: Connect's client gives a connection as much.
constexpr std::chrono::seconds kConnect{15};

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '%';
}

bool parse_port(std::string_view text, int& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

// "host", "host:port", "[IPv6]:port".
bool parse_authority(std::string_view authority, WorkerUrl& url) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (!std::all_of(url.host.begin(), url.host.end(), [](char c) { return c == ':' || is_host_character(c); }))
      return false;
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    if (!std::all_of(url.host.begin(), url.host.end(), is_host_character)) return false;
  }
  if (url.host.empty() || url.host.size() > 255) return false;
  url.port = url.https ? 443 : 80;
  return port.empty() || (port.starts_with(':') && parse_port(port.substr(1), url.port));
}

std::string request_bytes(const WorkerUrl& url, const ClientRequest& request) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  std::string text =
      fmt::format("{} {}{} HTTP/1.1\r\nHost: {}{}{}:{}\r\nAccept: application/json\r\nUser-Agent: kafka-connect\r\n",
                  request.method, url.path, request.target, ipv6 ? "[" : "", url.host, ipv6 ? "]" : "", url.port);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (request.body) text += "Content-Type: application/json\r\n";
  if (request.body || request.method != "GET")
    text += fmt::format("Content-Length: {}\r\n", request.body ? request.body->size() : 0);
  text += "Connection: close\r\n\r\n";
  if (request.body) text += *request.body;
  return text;
}

base::Error timed_out() {
  return {Code::kTimeout, "java.util.concurrent.TimeoutException", "no answer within the time of the request"};
}
base::Error stopping() {
  return {Code::kStopping, base::exceptions::kConnect, "Worker is shutting down"};
}

}  // namespace

Result<WorkerUrl> parse_worker_url(std::string_view text) {
  const auto refuse = [&] {
    std::string shown(text.substr(0, 512));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
    return fail(Code::kInvalidConfig, base::exceptions::kIllegalArgument, "'{}' is no URL of a worker", shown);
  };
  WorkerUrl url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.https = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return refuse();
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  std::string_view path = rest.substr(authority.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  const bool clean = path.size() <= 1024 && std::all_of(path.begin(), path.end(), [](char c) {
                       return is_host_character(c) || c == '/' || c == '~';
                     });
  if (!clean || !parse_authority(authority, url)) return refuse();
  url.path = path;
  return url;
}

RestClient::RestClient(config::ConfigMap tls, AnswerLimits limits) : tls_(std::move(tls)), limits_(limits) {}

RestClient::~RestClient() {
  SLUICE_ASSERT(open_.empty());
}

Result<HttpResponse> RestClient::exchange(const std::string& worker_url, const ClientRequest& request,
                                          Deadline deadline) {
  SLUICE_TRY_ASSIGN(const WorkerUrl url, parse_worker_url(worker_url));
  std::shared_ptr<const TlsContext> tls;
  if (url.https) {
    SLUICE_TRY_ASSIGN(tls, TlsContext::make_client(tls_));
  }
  const Deadline connect_by = std::min<Deadline>(deadline, std::chrono::steady_clock::now() + kConnect);
  SLUICE_TRY_ASSIGN(const auto connection, open_connection(url.host, url.port, tls.get(), connect_by));
  if (!enter(*connection)) return fail(stopping());
  auto answer = converse(*connection, request_bytes(url, request), deadline);
  leave(*connection);
  return answer;
}

Result<HttpResponse> RestClient::converse(Connection& connection, const std::string& bytes, Deadline deadline) {
  const auto broken = [&](std::string_view what) -> Result<HttpResponse> {
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return fail(stopping());
    }
    if (std::chrono::steady_clock::now() >= deadline) return fail(timed_out());
    return fail(Code::kRetry, "java.io.EOFException", "{}", what);
  };
  // A worker may answer and close before it has read all; then its answer counts.
  const bool sent = connection.write(bytes, deadline);
  AnswerParser parser(limits_);
  char block[16384];
  for (;;) {
    const long got = connection.read(block, sizeof block, deadline);
    if (got < 0) return broken(sent ? "the connection broke before the answer" : "the request could not be sent");
    const auto state = got == 0 ? parser.end() : parser.feed({block, static_cast<std::size_t>(got)});
    if (state == AnswerParser::State::kBad && got == 0) return broken(parser.problem());
    if (state == AnswerParser::State::kBad) return fail(Code::kRetry, "java.io.IOException", "{}", parser.problem());
    if (state == AnswerParser::State::kDone) return parser.take();
  }
}

bool RestClient::enter(Connection& connection) {
  std::lock_guard lock(mutex_);
  if (!stopped_) open_.insert(&connection);
  return !stopped_;
}

void RestClient::leave(Connection& connection) {
  std::lock_guard lock(mutex_);
  open_.erase(&connection);
}

void RestClient::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Connection* const connection : open_) connection->abort();
}

}  // namespace sluice::rest
