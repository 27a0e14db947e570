#pragma once
// The worker's REST API: listeners, the filters around every answer (CORS, fixed response headers, the request log) and
// the resources behind them.
//
//   RestServer server(options);
//   SLUICE_TRY(server.bind());     // ports are known: the worker's id and advertised URL follow; every path is a 404
//   page server.start(services);        // resources answer; what needs the herder waits for it server.request_stop();
//   server.stop();
//
// bind, start and stop belong to the thread of main; request_stop to any.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rest/basic_auth.h"
#include "rest/cors.h"
#include "rest/forwarding.h"
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
  std::shared_ptr<BasicAuth> basic_auth;  // null: everyone may do everything
  HttpLimits limits;
  ForwardingOptions forwarding;
  std::chrono::milliseconds request_timeout = kRequestTimeout;
};

// Error: a key of the configuration that cannot be honoured.
base::Result<RestOptions> rest_options(const config::WorkerConfig& worker);

class RestServer {
 public:
  explicit RestServer(RestOptions options);
  ~RestServer();
  RestServer(const RestServer&) = delete;
  RestServer& operator=(const RestServer&) = delete;

  // Opens the listeners and answers each request with the page that Connect's server has for unknown paths. Error: TLS
  // material that cannot be used, or an address that cannot be bound.
  base::Status bind();
  // The main listeners with their bound ports, in the order given; then valid for the server's life.
  std::vector<config::Listener> listeners() const;
  std::vector<config::Listener> admin_listeners() const;
  // Once: registers the resources. What `services` point to lives until stop() has returned.
  void start(Services services);
  void request_stop();
  void stop();

  // An answer without a network: what tests and fuzzers use.
  HttpResponse handle(const HttpRequest& request) const;

 private:
  struct Resources {
    Router main;
    Router admin;
  };
  HttpResponse route(const Resources& resources, const HttpRequest& request) const;

  const RestOptions options_;
  Forwarder forwarder_;
  mutable Slots commands_;
  std::unique_ptr<const Resources> resources_;
  std::atomic<const Resources*> registered_{nullptr};
  std::unique_ptr<HttpServer> http_;
};

}  // namespace sluice::rest
