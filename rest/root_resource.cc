// GET /, GET /health (Connect's) and GET /metrics (ours: Prometheus text).

#include "rest/entities.h"
#include "rest/resources.h"

namespace sluice::rest {
namespace {

int health_status(herder::Health::Status status) {
  switch (status) {
    case herder::Health::Status::kHealthy:
      return 200;
    case herder::Health::Status::kStarting:
      return 503;
    case herder::Health::Status::kUnhealthy:
      break;
  }
  return 500;
}

constexpr const char* kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

std::vector<Route> root_routes(const Services& services) {
  herder::Herder* const herder = services.herder;
  std::vector<Route> routes;
  routes.push_back({"GET", "/",
                    [herder](const RequestContext&) { return json_response(200, to_json(herder->server_info())); },
                    Consumes::kAnything});
  routes.push_back({"GET", "/health",
                    [herder](const RequestContext&) {
                      const herder::Health health = herder->health(std::chrono::steady_clock::now() + kHealthTimeout);
                      return json_response(health_status(health.status), to_json(health));
                    },
                    Consumes::kAnything});
  if (const metrics::Registry* const registry = services.metrics) {
    routes.push_back({"GET", "/metrics",
                      [registry](const RequestContext&) {
                        HttpResponse response;
                        response.add_header("Content-Type", kPrometheusText);
                        response.body = registry->prometheus_text();
                        return response;
                      },
                      Consumes::kAnything, "text/plain"});
  }
  return routes;
}

}  // namespace sluice::rest
