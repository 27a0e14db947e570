#pragma once
// The worker's REST API: listeners, the filters around every answer (CORS, fixed response headers, the request log) and
// the resources behind them.
//
//   RestServer server(options);
//   SLUICE_TRY(server.bind());                       // ports are known now: the worker's id and advertised URL follow
//   server.start(services);                          // resources answer
//   server.request_stop(); server.stop();            // before the herder stops
//
// bind, start and stop belong to the thread of main; request_stop to any.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rest/cors.h"
#include "rest/http_server.h"
#include "rest/resources.h"
#include "runtime/base/status.h"
#include "runtime/config/listener.h"
#include "runtime/config/worker_config.h"

namespace sluice::rest {

struct RestOptions {
  std::vector<config::Listener> listeners;
  // Nothing: /admin on the main listeners; empty: nowhere.
  std::optional<std::vector<config::Listener>> admin_listeners;
  config::ConfigMap tls;        // ssl.* keys for https listeners
  config::ConfigMap admin_tls;  // and for https admin listeners
  std::optional<CorsPolicy> cors;
  std::vector<config::HeaderRule> response_headers;
  HttpLimits limits;
};

// Error: a key of the configuration that cannot be honoured.
base::Result<RestOptions> rest_options(const config::WorkerConfig& worker);

class RestServer {
 public:
  explicit RestServer(RestOptions options);
  ~RestServer();
  RestServer(const RestServer&) = delete;
  RestServer& operator=(const RestServer&) = delete;

  // Opens the listeners. Error: TLS material that cannot be used, or an address that cannot be bound.
  base::Status bind();
  // The main listeners with their bound ports, in the order given; then valid for the server's life.
  std::vector<config::Listener> listeners() const;
  std::vector<config::Listener> admin_listeners() const;
  void start(Services services);
  void request_stop();
  void stop();

  // An answer without a network: what tests and fuzzers use. Only after start().
  HttpResponse handle(const HttpRequest& request) const;

 private:
  HttpResponse route(const HttpRequest& request) const;

  const RestOptions options_;
  std::unique_ptr<Router> main_;
  std::unique_ptr<Router> admin_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace sluice::rest
