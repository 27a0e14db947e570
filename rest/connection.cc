#include "rest/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rest/tls_context.h"

namespace sluice::rest {
namespace {

using Clock = std::chrono::steady_clock;

Connection::Wait wait_for(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Connection::Wait::kTimeout;
    pollfd entry{socket, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left < 60000 ? left : 60000));
    if (ready > 0) return (entry.revents & POLLNVAL) ? Connection::Wait::kFailed : Connection::Wait::kReady;
    if (ready < 0 && errno != EINTR) return Connection::Wait::kFailed;
  }
}

std::string host_of(const sockaddr_storage& address, socklen_t size, bool with_port) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  std::string text = host;
  if (text.starts_with("::ffff:")) text.erase(0, 7);  // IPv4 through a dual-stack socket
  if (!with_port) return text;
  if (text.find(':') != std::string::npos) text = "[" + text + "]";
  return text + ":" + port;
}

class PlainConnection : public Connection {
 public:
  explicit PlainConnection(int socket) : socket_(socket) {}
  ~PlainConnection() override { ::close(socket_); }
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;

  long read(char* buffer, std::size_t size, Deadline deadline) override {
    for (;;) {
      const ssize_t got = ::recv(socket_, buffer, size, 0);
      if (got >= 0) return got;
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
      if (wait_for(socket_, POLLIN, deadline) != Wait::kReady) return -1;
    }
  }

  bool write(std::string_view bytes, Deadline deadline) override {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EINTR) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
        if (wait_for(socket_, POLLOUT, deadline) != Wait::kReady) return false;
      }
    }
    return true;
  }

  Wait wait_readable(Deadline deadline) override { return wait_for(socket_, POLLIN, deadline); }

  // Reads away what the peer still sends for a moment: closing over unread bytes would reset the connection and take
  // our last answer with it.
  void close() override {
    ::shutdown(socket_, SHUT_WR);
    const Deadline deadline = Clock::now() + std::chrono::milliseconds(500);
    char discarded[4096];
    while (Clock::now() < deadline && read(discarded, sizeof discarded, deadline) > 0) {
    }
  }

  std::string remote_ip() const override {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
    return host_of(address, size, false);
  }

  std::string local_address() const override {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
    return host_of(address, size, true);
  }

  void abort() override { abort_socket(socket_); }

 protected:
  const int socket_;
};

class TlsConnection final : public PlainConnection {
 public:
  TlsConnection(int socket, SSL* ssl) : PlainConnection(socket), ssl_(ssl) {}
  ~TlsConnection() override { SSL_free(ssl_); }

  bool accept(Deadline deadline) {
    return drive(deadline, [&] { return SSL_accept(ssl_); }) == 1;
  }
  bool connect(Deadline deadline) {
    return drive(deadline, [&] { return SSL_connect(ssl_); }) == 1;
  }

  long read(char* buffer, std::size_t size, Deadline deadline) override {
    const int limit = size > 65536 ? 65536 : static_cast<int>(size);
    return drive(deadline, [&] { return SSL_read(ssl_, buffer, limit); });
  }

  bool write(std::string_view bytes, Deadline deadline) override {
    while (!bytes.empty()) {
      const int part = bytes.size() > 65536 ? 65536 : static_cast<int>(bytes.size());
      const long sent = drive(deadline, [&] { return SSL_write(ssl_, bytes.data(), part); });
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  Wait wait_readable(Deadline deadline) override {
    return SSL_pending(ssl_) > 0 ? Wait::kReady : PlainConnection::wait_readable(deadline);
  }

  void close() override {
    drive(Clock::now() + std::chrono::milliseconds(200), [&] { return SSL_shutdown(ssl_) < 0 ? -1 : 1; });
    ::shutdown(socket_, SHUT_WR);
  }

 private:
  // Runs an OpenSSL operation to its end over the non-blocking socket: its positive result, 0 at the peer's end, or -1.
  template <typename Operation>
  long drive(Deadline deadline, Operation operation) {
    for (;;) {
      ERR_clear_error();
      const int result = operation();
      if (result > 0) return result;
      Wait wait = Wait::kFailed;
      switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
          wait = wait_for(socket_, POLLIN, deadline);
          break;
        case SSL_ERROR_WANT_WRITE:
          wait = wait_for(socket_, POLLOUT, deadline);
          break;
        case SSL_ERROR_ZERO_RETURN:
          return 0;
        default:
          break;
      }
      if (wait != Wait::kReady) return -1;
    }
  }

  SSL* const ssl_;
};

// A failed operation's reason in the queue of this thread, for people.
std::string tls_reason(SSL* ssl) {
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK)
    return X509_verify_cert_error_string(verified);
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "Remote host terminated the handshake" : reason;
}

void prepare_socket(int socket) {
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL, 0) | O_NONBLOCK);
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

base::Error io_error(const char* exception, std::string text) {
  return {base::Code::kRetry, exception, std::move(text)};
}
constexpr const char* kConnectException = "java.net.ConnectException";
constexpr const char* kSocketTimeout = "java.net.SocketTimeoutException";

// A connected socket, or the error of the last try.
base::Result<int> connect_socket(const addrinfo& address, Deadline deadline) {
  const int socket = ::socket(address.ai_family, address.ai_socktype, address.ai_protocol);
  if (socket < 0) return base::fail(io_error("java.net.SocketException", std::strerror(errno)));
  prepare_socket(socket);
  int error = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    if (wait_for(socket, POLLOUT, deadline) != Connection::Wait::kReady) {
      ::close(socket);
      return base::fail(io_error(kSocketTimeout, "Connect Timeout"));
    }
    socklen_t size = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0) return socket;
  ::close(socket);
  return base::fail(io_error(kConnectException, std::strerror(error)));
}

base::Result<int> connect_to(const std::string& host, int port, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) {
    return base::fail(io_error("java.net.UnknownHostException", host + ": " + ::gai_strerror(failure)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  base::Result<int> socket = base::fail(io_error(kConnectException, "no address"));
  for (const addrinfo* address = found; address != nullptr && !socket; address = address->ai_next) {
    socket = connect_socket(*address, deadline);
  }
  return socket;
}

// Before the handshake: the name that the peer's certificate must bear, and the name that it may choose one by.
bool expect_host(SSL* ssl, const std::string& host, bool verify) {
  in6_addr address{};
  const bool numeric =
      ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
  if (!numeric && SSL_set_tlsext_host_name(ssl, host.c_str()) != 1) return false;
  if (!verify) return true;
  if (numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1;
}

}  // namespace

std::unique_ptr<Connection> make_connection(int socket, const TlsContext* tls, Deadline handshake_deadline) {
  prepare_socket(socket);
  if (tls == nullptr) return std::make_unique<PlainConnection>(socket);
  SSL* ssl = SSL_new(tls->native());
  if (ssl == nullptr || SSL_set_fd(ssl, socket) != 1) {
    SSL_free(ssl);
    ::close(socket);
    return nullptr;
  }
  auto connection = std::make_unique<TlsConnection>(socket, ssl);
  if (!connection->accept(handshake_deadline)) return nullptr;
  return connection;
}

base::Result<std::unique_ptr<Connection>> open_connection(const std::string& host, int port, const TlsContext* tls,
                                                          Deadline deadline) {
  SLUICE_TRY_ASSIGN(const int socket, connect_to(host, port, deadline));
  if (tls == nullptr) return std::unique_ptr<Connection>(std::make_unique<PlainConnection>(socket));
  SSL* ssl = SSL_new(tls->native());
  if (ssl == nullptr || SSL_set_fd(ssl, socket) != 1 || !expect_host(ssl, host, tls->identifies_endpoint())) {
    SSL_free(ssl);
    ::close(socket);
    return base::fail(io_error("javax.net.ssl.SSLException", "TLS to " + host + " cannot be set up"));
  }
  auto connection = std::make_unique<TlsConnection>(socket, ssl);
  if (!connection->connect(deadline)) {
    if (Clock::now() >= deadline) return base::fail(io_error(kSocketTimeout, "TLS handshake timed out"));
    return base::fail(io_error("javax.net.ssl.SSLHandshakeException", tls_reason(ssl)));
  }
  return std::unique_ptr<Connection>(std::move(connection));
}

void abort_socket(int socket) {
  ::shutdown(socket, SHUT_RDWR);
}

}  // namespace sluice::rest
