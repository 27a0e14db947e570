#include "rest/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

#include "rest/connection.h"
#include "rest/connection_pool.h"
#include "rest/http_head.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace sluice::rest {
namespace {

using Clock = std::chrono::steady_clock;

const base::Logger kLog{"org.apache.kafka.connect.runtime.rest.RestServer"};

constexpr std::size_t kFramingBytes = 64UL << 10;  // chunk heads and trailers beyond a body's own bytes
constexpr std::chrono::seconds kHandshake{10};
constexpr std::chrono::milliseconds kIdleSlice{200};
constexpr int kBacklog = 256;

// The library's view of one request: the head that we wrote for it, then the body from the connection. Counts what it
// hands out, because the library puts no bound on chunk heads.
class RequestStream final : public httplib::Stream {
 public:
  RequestStream(Connection& connection, std::string head, std::string& buffered, std::size_t bytes_max,
                Deadline read_by, std::chrono::milliseconds write_time)
      : connection_(connection),
        head_(std::move(head)),
        buffered_(buffered),
        bytes_left_(bytes_max),
        read_by_(read_by),
        write_time_(write_time) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }

  ssize_t read(char* out, size_t size) override {
    if (head_read_ < head_.size()) {
      const std::size_t part = std::min(size, head_.size() - head_read_);
      std::memcpy(out, head_.data() + head_read_, part);
      head_read_ += part;
      return static_cast<ssize_t>(part);
    }
    size = std::min(size, bytes_left_);
    if (size == 0) return -1;
    if (buffered_.empty()) {
      char block[16384];
      const long got = connection_.read(block, sizeof block, read_by_);
      if (got <= 0) return got;
      buffered_.assign(block, static_cast<std::size_t>(got));
      buffered_read_ = 0;
    }
    const std::size_t part = std::min(size, buffered_.size() - buffered_read_);
    std::memcpy(out, buffered_.data() + buffered_read_, part);
    buffered_read_ += part;
    bytes_left_ -= part;
    if (buffered_read_ == buffered_.size()) {
      buffered_.clear();
      buffered_read_ = 0;
    }
    return static_cast<ssize_t>(part);
  }

  ssize_t write(const char* data, size_t size) override {
    const bool written = connection_.write({data, size}, Clock::now() + write_time_);
    return written ? static_cast<ssize_t>(size) : -1;
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  // The library refuses sockets that select() could not watch; ours are watched with poll().
  socket_t socket() const override { return -1; }

  // Leaves in the buffer only what belongs to the next request.
  void drop_consumed() {
    buffered_.erase(0, buffered_read_);
    buffered_read_ = 0;
  }

 private:
  Connection& connection_;
  const std::string head_;
  std::size_t head_read_ = 0;
  std::string& buffered_;
  std::size_t buffered_read_ = 0;
  std::size_t bytes_left_;
  const Deadline read_by_;
  const std::chrono::milliseconds write_time_;
};

// What the library's callbacks of this thread are about.
struct Exchange {
  HttpRequest request;
  HttpResponse response;
  Clock::time_point begun;
  bool answered = false;  // `response` is set
  bool failed = false;    // the body could not be read: the connection has no further use
};
thread_local Exchange* current_exchange = nullptr;
// The accepting thread runs a connection's job with this set when no thread is to be had.
thread_local bool refusing = false;

// What all listeners share.
struct Shared {
  Shared(HttpLimits l, HttpServer::Handler h, HttpServer::Logger g)
      : limits(l), handler(std::move(h)), logger(std::move(g)), pool(l.threads, l.waiting_connections) {}

  const HttpLimits limits;
  const HttpServer::Handler handler;
  const HttpServer::Logger logger;
  ConnectionPool pool;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> body_bytes{0};

  std::mutex mutex;
  std::condition_variable none_open;
  std::set<int> open_sockets;

  void opened(int socket) {
    std::lock_guard lock(mutex);
    open_sockets.insert(socket);
  }
  // Before the socket's number can be used again.
  void closing(int socket) {
    std::lock_guard lock(mutex);
    open_sockets.erase(socket);
    if (open_sockets.empty()) none_open.notify_all();
  }
  // Wakes threads that wait on idle connections and makes reading fail everywhere.
  template <typename Function>
  void for_each_socket(Function function) {
    std::lock_guard lock(mutex);
    for (const int socket : open_sockets) function(socket);
  }
};

// Counts a body's bytes against the budget of all bodies.
class BodyBudget {
 public:
  explicit BodyBudget(Shared& shared) : shared_(shared) {}
  ~BodyBudget() { shared_.body_bytes -= taken_; }
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;
  bool take(std::size_t bytes) {
    taken_ += bytes;
    return shared_.body_bytes.fetch_add(bytes) + bytes <= shared_.limits.bodies_bytes;
  }

 private:
  Shared& shared_;
  std::size_t taken_ = 0;
};

class PoolQueue final : public httplib::TaskQueue {
 public:
  explicit PoolQueue(ConnectionPool& pool) : pool_(pool) {}
  void enqueue(std::function<void()> job) override {
    if (pool_.submit(job)) return;
    refusing = true;
    job();
    refusing = false;
  }
  void shutdown() override {}

 private:
  ConnectionPool& pool_;
};

class ListenerServer final : public httplib::Server {
 public:
  ListenerServer(Shared& shared, const BoundListener& listener) : shared_(shared), listener_(listener) {
    new_task_queue = [this] { return new PoolQueue(shared_.pool); };  // tidy: allow(new): the library deletes it
    set_socket_options([](socket_t socket) {
      const int on = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // and not SO_REUSEPORT: a port is ours alone
    });
    set_payload_max_length(std::numeric_limits<size_t>::max());  // the stream and the budget bound it
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      if (request.method == "POST") return HandlerResponse::Unhandled;  // has a body: see below
      answer(response);
      return HandlerResponse::Handled;
    });
    Post("/", [this](const httplib::Request&, httplib::Response& response, const httplib::ContentReader& read) {
      read_body(read);
      answer(response);
    });
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& response) { finish_headers(response); });
  }

  // [any] Accepting ends. The library's own stop() is for callers who know that it has begun.
  void request_stop() {
    const socket_t socket = svr_sock_.exchange(INVALID_SOCKET);
    if (socket == INVALID_SOCKET) return;
    ::shutdown(socket, SHUT_RDWR);
    retired_ = socket;  // closed when nobody can be waiting on its number any more
  }
  void close_retired() {
    if (const socket_t socket = retired_.exchange(INVALID_SOCKET); socket != INVALID_SOCKET) ::close(socket);
  }

  // The port, or 0 with errno set.
  int open() {
    std::string host = listener_.listener.host;
    const std::vector<std::string> hosts = host.empty() ? std::vector<std::string>{"::", "0.0.0.0"} : std::vector{host};
    for (const std::string& candidate : hosts) {
      const int wanted = listener_.listener.port;
      errno = 0;
      const int port = wanted == 0 ? bind_to_any_port(candidate) : bind_to_port(candidate, wanted) ? wanted : -1;
      if (port > 0) {
        ::listen(svr_sock_, kBacklog);
        ::fcntl(svr_sock_, F_SETFD, FD_CLOEXEC);
        return port;
      }
    }
    return 0;
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    if (refusing || shared_.stopping) {
      refuse(socket);
      return false;
    }
    const auto connection = make_connection(socket, listener_.tls.get(), Clock::now() + kHandshake);
    if (!connection) return false;
    shared_.opened(socket);
    std::string buffered;
    while (serve_one(*connection, buffered)) {
    }
    connection->close();
    shared_.closing(socket);  // before the connection goes: its number may be given out again at once
    return true;
  }

  void refuse(socket_t socket) {
    if (listener_.tls == nullptr) {
      auto response = error_response(503, "Too many connections");
      const std::string text = serialize_head(response, true) + response.body;
      (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::shutdown(socket, SHUT_RDWR);
    }
    ::close(socket);
  }

  // Waits for a request and answers it. False: the connection is to be closed.
  bool serve_one(Connection& connection, std::string& buffered) {
    if (buffered.empty() && !wait_for_request(connection)) return false;
    const Deadline read_by = Clock::now() + shared_.limits.read;
    std::size_t head_size = 0;
    if (!read_head(connection, buffered, read_by, head_size)) return false;
    HeadResult parsed = parse_head(std::string_view(buffered).substr(0, head_size));
    buffered.erase(0, head_size);
    if (!parsed.head) return refuse_head(connection, parsed.error.status, parsed.error.reason);
    HttpHead& head = *parsed.head;
    if (head.method == "HEAD" && head.has_body()) head.close = true;  // nobody reads that body

    Exchange exchange;
    exchange.begun = Clock::now();
    exchange.request.method = std::move(head.method);
    split_target(head.target, exchange.request.path, exchange.request.query);
    exchange.request.headers = std::move(head.headers);
    exchange.request.remote_ip = connection.remote_ip();
    exchange.request.base_url = base_url(connection, exchange.request);
    exchange.request.admin = listener_.admin;

    RequestStream stream(connection, library_head(exchange.request.method, head), buffered,
                         shared_.limits.body_bytes + kFramingBytes, read_by, shared_.limits.write);
    bool closed = false;
    current_exchange = &exchange;
    const bool written = process_request(stream, head.close || shared_.stopping, closed, nullptr);
    current_exchange = nullptr;
    stream.drop_consumed();
    if (shared_.logger) {
      shared_.logger(exchange.request, exchange.response,
                     std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - exchange.begun));
    }
    return written && !closed && !head.close && !exchange.failed && !shared_.stopping;
  }

  bool wait_for_request(Connection& connection) {
    const Deadline deadline = Clock::now() + shared_.limits.idle;
    for (;;) {
      const Deadline slice = std::min<Deadline>(deadline, Clock::now() + kIdleSlice);
      const Connection::Wait wait = connection.wait_readable(slice);
      if (wait != Connection::Wait::kTimeout) return wait == Connection::Wait::kReady;
      if (Clock::now() >= deadline || shared_.stopping || shared_.pool.crowded()) return false;
    }
  }

  // Reads until `buffered` holds a whole head; answers itself if there is none within the limits.
  bool read_head(Connection& connection, std::string& buffered, Deadline read_by, std::size_t& head_size) {
    std::size_t searched = 0;
    for (;;) {
      while (searched == 0 && !buffered.empty() && (buffered.front() == '\r' || buffered.front() == '\n')) {
        buffered.erase(0, 1);  // line ends between requests (RFC 9112 section 2.2)
      }
      const std::size_t end = buffered.find("\r\n\r\n", searched > 3 ? searched - 3 : 0);
      if (end != std::string::npos && end + 4 <= shared_.limits.head_bytes) {
        head_size = end + 4;
        return true;
      }
      if (buffered.size() > shared_.limits.head_bytes) {
        const bool long_target = buffered.find('\n') >= shared_.limits.head_bytes - 64;
        return refuse_head(connection, long_target ? 414 : 431, status_reason(long_target ? 414 : 431));
      }
      searched = buffered.size();
      char block[4096];
      const long got = connection.read(block, sizeof block, read_by);
      if (got <= 0) return false;
      buffered.append(block, static_cast<std::size_t>(got));
    }
  }

  bool refuse_head(Connection& connection, int status, std::string_view reason) {
    const HttpResponse response = html_error(status, reason, "");
    connection.write(serialize_head(response, true) + response.body, Clock::now() + shared_.limits.write);
    return false;
  }

  std::string base_url(const Connection& connection, const HttpRequest& request) const {
    const auto host = request.header("Host");
    return fmt::format("{}://{}", listener_.tls ? "https" : "http",
                       host && !host->empty() ? std::string(*host) : connection.local_address());
  }

  // A head that lets the library do just what is wanted of it: read a body if there is one, and write an answer, with
  // or without its body. Everything else of the real head would only get in the way (ranges, codings, forms, unknown
  // methods).
  static std::string library_head(const std::string& method, const HttpHead& head) {
    std::string text = method == "HEAD" ? "HEAD" : head.has_body() ? "POST" : "GET";
    text += " / HTTP/1.1\r\n";
    if (head.chunked) {
      text += "Transfer-Encoding: chunked\r\n";
    } else if (head.has_body()) {
      text += fmt::format("Content-Length: {}\r\n", *head.content_length);
    }
    if (head.expect_continue && text.starts_with("POST")) text += "Expect: 100-continue\r\n";
    if (head.close) text += "Connection: close\r\n";
    return text + "\r\n";
  }

  void read_body(const httplib::ContentReader& read) {
    Exchange& exchange = *current_exchange;
    BodyBudget budget(shared_);
    std::string& body = exchange.request.body;
    int refusal = 0;
    const bool complete = read([&](const char* data, size_t size) {
      if (body.size() + size > shared_.limits.body_bytes) {
        refusal = 413;
      } else if (!budget.take(size)) {
        refusal = 503;
      } else {
        body.append(data, size);
        return true;
      }
      return false;
    });
    exchange.answered = true;
    if (complete) {
      exchange.response = shared_.handler(exchange.request);
      return;
    }
    exchange.failed = true;
    std::string().swap(body);
    exchange.response = http_layer_error(refusal == 0 ? 400 : refusal);
  }

  // Runs the handler, unless the body's reader did, and gives the library what it needs to know.
  void answer(httplib::Response& response) {
    Exchange& exchange = *current_exchange;
    if (!exchange.answered) exchange.response = shared_.handler(exchange.request);
    response.status = exchange.response.status;
    response.body = exchange.response.body;
  }

  // The headers are exactly the handler's; of the library's own, only those that frame the message stay.
  void finish_headers(httplib::Response& response) const {
    const bool no_content = response.status == 204 || response.status == 304;
    const bool close =
        current_exchange->failed || shared_.stopping || response.get_header_value("Connection") == "close";
    httplib::Headers headers;
    headers.emplace("Date", http_date(base::system_clock().now_ms()));
    if (close) headers.emplace("Connection", "close");
    if (!no_content && response.has_header("Content-Length")) {
      headers.emplace("Content-Length", response.get_header_value("Content-Length"));
    }
    for (const auto& [name, value] : current_exchange->response.headers) headers.emplace(name, value);
    response.headers = std::move(headers);
  }

  Shared& shared_;
  const BoundListener& listener_;
  std::atomic<socket_t> retired_{INVALID_SOCKET};
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpLimits limits, Handler handler, Logger logger) : shared_(limits, std::move(handler), std::move(logger)) {}
  ~Impl() { SLUICE_ASSERT(threads_.empty()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  base::Status bind(std::vector<BoundListener> listeners) {
    listeners_ = std::move(listeners);
    for (BoundListener& listener : listeners_) {
      auto server = std::make_unique<ListenerServer>(shared_, listener);
      const int port = server->open();
      if (port == 0) {
        return base::connect_error("Unable to start REST server: cannot listen at {}: {}",
                                   listener.listener.to_string(),
                                   errno == 0 ? "the address is not one of this machine" : std::strerror(errno));
      }
      listener.listener.port = port;
      servers_.push_back(std::move(server));
    }
    return {};
  }

  const std::vector<BoundListener>& listeners() const { return listeners_; }

  void start() {
    for (const auto& server : servers_)
      threads_.emplace_back([this, &listener = *server] { accept_connections(listener); });
  }

  void request_stop() {
    shared_.stopping = true;
    for (const auto& server : servers_) server->request_stop();
  }

  void stop(const std::function<void()>& cut_off) {
    request_stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    for (const auto& server : servers_) server->close_retired();
    {
      std::unique_lock lock(shared_.mutex);
      shared_.none_open.wait_for(lock, shared_.limits.graceful_stop, [&] { return shared_.open_sockets.empty(); });
    }
    shared_.for_each_socket(abort_socket);
    if (cut_off) cut_off();
    shared_.pool.stop();
  }

 private:
  // The library gives up on any error of accept() but one; a listener must not disappear for a moment's lack of memory.
  void accept_connections(ListenerServer& server) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    for (;;) {
      server.listen_after_bind();
      if (shared_.stopping) return;
      kLog.error("A REST listener stopped accepting connections ({}); opening it again", std::strerror(errno));
      while (!shared_.stopping && server.open() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(200));
      if (shared_.stopping) server.request_stop();
    }
  }

  Shared shared_;
  std::vector<BoundListener> listeners_;
  std::vector<std::unique_ptr<ListenerServer>> servers_;
  std::vector<std::thread> threads_;
};

HttpServer::HttpServer(HttpLimits limits, Handler handler, Logger logger)
    : impl_(std::make_unique<Impl>(limits, std::move(handler), std::move(logger))) {}
HttpServer::~HttpServer() = default;
base::Status HttpServer::bind(std::vector<BoundListener> listeners) {
  return impl_->bind(std::move(listeners));
}
const std::vector<BoundListener>& HttpServer::listeners() const {
  return impl_->listeners();
}
void HttpServer::start() {
  impl_->start();
}
void HttpServer::request_stop() {
  impl_->request_stop();
}
void HttpServer::stop(const std::function<void()>& cut_off) {
  impl_->stop(cut_off);
}

}  // namespace sluice::rest
