#include "tests/unit/rest/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

namespace sluice::rest {
namespace {

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

HttpClient::HttpClient(int port, const char* host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host, std::to_string(port).c_str(), &hints, &found) != 0) return;
  socket_ = ::socket(found->ai_family, SOCK_STREAM, 0);
  timeval limit{20, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(socket_, found->ai_addr, found->ai_addrlen) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
  ::freeaddrinfo(found);
}

HttpClient::~HttpClient() {
  if (socket_ >= 0) ::close(socket_);
}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpClient::fill() {
  char block[4096];
  const ssize_t got = ::recv(socket_, block, sizeof block, 0);
  if (got <= 0) return false;
  buffer_.append(block, static_cast<std::size_t>(got));
  return true;
}

HttpResponse HttpClient::receive(bool head) {
  HttpResponse response;
  response.status = 0;
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return response;
  }
  std::string_view lines = std::string_view(buffer_).substr(0, end + 2);
  response.status = static_cast<int>(number(lines.substr(9, 3)));
  lines.remove_prefix(lines.find("\r\n") + 2);
  std::size_t length = 0;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(": ");
    response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    if (response.headers.back().first == "Content-Length") {
      length = number(response.headers.back().second);
    }
  }
  if (head) length = 0;
  while (buffer_.size() < end + 4 + length && fill()) {
  }
  response.body = buffer_.substr(end + 4, length);
  buffer_.erase(0, end + 4 + length);
  return response;
}

bool HttpClient::closed() {
  char byte;
  return buffer_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
}

HttpResponse exchange(int port, std::string_view method, std::string_view target, std::string_view headers,
                      std::string_view body) {
  HttpClient client(port);
  const bool sized = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  client.send(fmt::format("{} {} HTTP/1.1\r\nHost: test:{}\r\n{}{}\r\n{}", method, target, port, headers,
                          sized ? fmt::format("Content-Length: {}\r\n", body.size()) : "", body));
  return client.receive(method == "HEAD");
}

HttpResponse send_json(int port, std::string_view method, std::string_view target, std::string_view body) {
  return exchange(port, method, target, "Content-Type: application/json\r\n", body);
}

}  // namespace sluice::rest
