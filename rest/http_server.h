#pragma once
// tidy: allow(size): the one adapter to the HTTP library, which leaves sockets, limits and TLS to its user
// The HTTP server of the worker: listeners, TLS, limits, deadlines and a graceful stop around one handler function.
// This is the only file pair that knows the HTTP library (cpp-httplib). Its part is accepting, body decoding and
// writing answers; the head is ours to read, so that limits, refusals and headers come out as Connect's server gives
// them.
//
//   HttpServer server(options, handler);
//   SLUICE_TRY(server.bind(listeners));   // sockets are open, connections queue
//   server.start();                       // requests are answered
//   server.request_stop(); server.stop();
//
// The handler runs on pool threads, many at a time.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rest/http_types.h"
#include "rest/tls_context.h"
#include "runtime/base/status.h"
#include "runtime/config/listener.h"

namespace sluice::rest {

struct HttpLimits {
  std::size_t head_bytes = 8192;                   // request line and headers together, as Connect's server
  std::size_t body_bytes = 32UL << 20;             // one body
  std::size_t bodies_bytes = 128UL << 20;          // all bodies in memory at once
  std::size_t threads = 200;                       // requests at work at once, as Connect's server; made as needed
  std::size_t waiting_connections = 256;           // beyond: refused with 503
  std::chrono::milliseconds idle{30000};           // a connection between requests
  std::chrono::milliseconds read{60000};           // from a request's first byte to its last
  std::chrono::milliseconds write{60000};          // an answer
  std::chrono::milliseconds graceful_stop{60000};  // for requests under way; then their sockets are cut
};

struct BoundListener {
  config::Listener listener;              // port: the one bound
  std::shared_ptr<const TlsContext> tls;  // for https
  bool admin = false;
};

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  // Called after each answer, for the request log.
  using Logger = std::function<void(const HttpRequest&, const HttpResponse&, std::chrono::microseconds)>;

  HttpServer(HttpLimits limits, Handler handler, Logger logger);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Opens the sockets. Error: which address could not be bound, and why.
  base::Status bind(std::vector<BoundListener> listeners);
  const std::vector<BoundListener>& listeners() const;

  void start();
  // [any] No new connections, idle ones end, requests under way finish.
  void request_stop();
  // Waits for them, at most `graceful_stop`, then cuts them off and joins all threads. `cut_off`: called in between, to
  // end what handlers may still wait for.
  void stop(const std::function<void()>& cut_off = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::rest
