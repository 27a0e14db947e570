#include "runtime/cmd/doctor_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>

namespace sluice::cmd {
namespace {

using base::Code;

std::string system_text(int error) {
  return std::generic_category().message(error);
}

class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

const sockaddr* raw(const Address& address) {
  return reinterpret_cast<const sockaddr*>(address.bytes.data());
}

Address to_address(const addrinfo& info) {
  Address address;
  address.family = info.ai_family;
  address.bytes.assign(reinterpret_cast<const char*>(info.ai_addr), info.ai_addrlen);
  char text[INET6_ADDRSTRLEN] = {};
  if (info.ai_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    address.loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  } else if (info.ai_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    address.loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
  }
  address.text = text;
  return address;
}

base::Status connect(const Socket& socket, const Address& address, std::chrono::milliseconds timeout) {
  const auto failed = [](int error) {
    return base::fail(Code::kRetry, base::exceptions::kKafka, "{}", system_text(error));
  };
  if (socket.get() < 0) return failed(errno);
  if (::connect(socket.get(), raw(address), static_cast<socklen_t>(address.bytes.size())) == 0) return {};
  if (errno != EINPROGRESS) return failed(errno);
  pollfd wait{socket.get(), POLLOUT, 0};
  const int ready = ::poll(&wait, 1, static_cast<int>(timeout.count()));
  if (ready == 0)
    return base::fail(Code::kTimeout, base::exceptions::kTimeout, "no answer within {} ms", timeout.count());
  if (ready < 0) return failed(errno);
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return failed(errno);
  if (error != 0) return failed(error);
  return {};
}

// A question to the resolver, with everything that it points at.
struct Question {
  std::string host;
  std::string service;
  addrinfo hints{};
  gaicb request{};
};

}  // namespace

base::Result<HostPort> parse_host_port(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return base::config_error("'{}' has no port: write host:port", text);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535)
    return base::config_error("'{}' is no port: 1 to 65535 is expected", digits);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return base::config_error("'{}' has no host: write host:port", text);
  return HostPort{std::string(host), port};
}

base::Result<std::vector<Address>> resolve(const std::string& host, int port, std::chrono::milliseconds timeout) {
  auto question = std::make_unique<Question>();
  question->host = host;
  question->service = std::to_string(port);
  question->hints.ai_socktype = SOCK_STREAM;
  question->hints.ai_flags = AI_NUMERICSERV | (host.empty() ? AI_PASSIVE : 0);
  question->request.ar_name = host.empty() ? nullptr : question->host.c_str();
  question->request.ar_service = question->service.c_str();
  question->request.ar_request = &question->hints;
  gaicb* list[] = {&question->request};
  if (const int code = ::getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr); code != 0)
    return base::fail(Code::kNotFound, base::exceptions::kKafka, "{}", ::gai_strerror(code));
  const timespec limit{static_cast<time_t>(timeout.count() / 1000),
                       static_cast<long>(timeout.count() % 1000) * 1'000'000};
  const auto end = std::chrono::steady_clock::now() + timeout;
  int code = EAI_INPROGRESS;
  while ((code = ::gai_error(&question->request)) == EAI_INPROGRESS && std::chrono::steady_clock::now() < end) {
    const gaicb* wait[] = {&question->request};
    if (::gai_suspend(wait, 1, &limit) == EAI_AGAIN) break;
  }
  if (code == EAI_INPROGRESS && (code = ::gai_error(&question->request)) == EAI_INPROGRESS) {
    // A question that the resolver has taken up cannot be taken back: it keeps its memory until the process ends.
    if (::gai_cancel(&question->request) != EAI_CANCELED) std::ignore = question.release();
    return base::fail(Code::kTimeout, base::exceptions::kTimeout, "no answer within {} ms", timeout.count());
  }
  if (code != 0) return base::fail(Code::kNotFound, base::exceptions::kKafka, "{}", ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> answer(question->request.ar_result, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* info = answer.get(); info != nullptr; info = info->ai_next)
    addresses.push_back(to_address(*info));
  return addresses;
}

base::Status try_connect(const Address& address, std::chrono::milliseconds timeout) {
  const Socket socket(address.family);
  return connect(socket, address, timeout);
}

FirstAnswer first_answer(const Address& address, std::chrono::milliseconds timeout) {
  const Socket socket(address.family);
  if (!connect(socket, address, timeout)) return FirstAnswer::kSilence;
  // Length 10; ApiVersions (18), version 0; correlation id 1; no client id.
  static constexpr unsigned char kRequest[] = {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF};
  if (::send(socket.get(), kRequest, sizeof kRequest, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof kRequest))
    return FirstAnswer::kClosed;
  pollfd wait{socket.get(), POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(timeout.count())) <= 0) return FirstAnswer::kSilence;
  unsigned char answer[8] = {};
  const ssize_t count = ::recv(socket.get(), answer, sizeof answer, 0);
  if (count <= 0) return FirstAnswer::kClosed;
  if (answer[0] == 0x15 || answer[0] == 0x16) return FirstAnswer::kTls;  // an alert or a handshake record
  if (count >= 4 && std::memcmp(answer, "HTTP", 4) == 0) return FirstAnswer::kHttp;
  const bool ours = count == 8 && answer[4] == 0 && answer[5] == 0 && answer[6] == 0 && answer[7] == 1;
  return ours ? FirstAnswer::kKafka : FirstAnswer::kOther;
}

BindOutcome try_bind(const Address& address) {
  const Socket socket(address.family);
  if (socket.get() < 0) return BindOutcome::kFailed;
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(socket.get(), raw(address), static_cast<socklen_t>(address.bytes.size())) == 0 &&
      ::listen(socket.get(), 1) == 0)
    return BindOutcome::kFree;
  switch (errno) {
    case EADDRINUSE:
      return BindOutcome::kInUse;
    case EACCES:
    case EPERM:
      return BindOutcome::kForbidden;
    case EADDRNOTAVAIL:
      return BindOutcome::kNotOurs;
    default:
      return BindOutcome::kFailed;
  }
}

}  // namespace sluice::cmd
