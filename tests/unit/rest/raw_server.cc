#include "tests/unit/rest/raw_server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::rest {
namespace {

int listen_somewhere(int& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
  ::listen(socket, 16);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

RawServer::RawServer(std::optional<std::string> answer, int repeat) : answer_(std::move(answer)), repeat_(repeat) {
  listening_ = listen_somewhere(port_);
  thread_ = std::thread([this] { run(); });
}

RawServer::~RawServer() {
  ::shutdown(listening_, SHUT_RDWR);
  thread_.join();
  ::close(listening_);
}

std::string RawServer::url() const {
  return fmt::format("http://127.0.0.1:{}/", port_);
}

std::string RawServer::request() {
  std::lock_guard lock(mutex_);
  return request_;
}

void RawServer::run() {
  std::vector<int> silent;
  for (;;) {
    const int socket = ::accept(listening_, nullptr, nullptr);
    if (socket < 0) break;
    if (!answer_) {
      silent.push_back(socket);
      continue;
    }
    char block[65536];
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      const ssize_t size = ::recv(socket, block, sizeof block, 0);
      if (size <= 0) break;
      got.append(block, static_cast<std::size_t>(size));
    }
    {
      std::lock_guard lock(mutex_);
      if (request_.empty()) request_ = got;
    }
    for (int i = 0; i < repeat_; ++i) {
      if (::send(socket, answer_->data(), answer_->size(), MSG_NOSIGNAL) < 0) break;
    }
    ::shutdown(socket, SHUT_WR);
    while (::recv(socket, block, sizeof block, MSG_DONTWAIT) > 0) {
    }
    ::close(socket);
  }
  for (const int socket : silent) ::close(socket);
}

int closed_port() {
  int port = 0;
  ::close(listen_somewhere(port));
  return port;
}

}  // namespace sluice::rest
