#pragma once
// The resources: each gives its routes, routes.cc lists them all. Endpoints run on REST threads: they parse, ask the
// herder with the request's deadline, and print the answer. They never run plugin code.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "rest/forwarding.h"
#include "rest/router.h"
#include "runtime/base/clock.h"
#include "runtime/config/component_catalog.h"
#include "runtime/herder/herder.h"
#include "runtime/metrics/registry.h"

namespace sluice::rest {

struct QuarantinedPlugin {
  std::string path;
  std::string reason;
};

// What endpoints work with. Everything pointed to must outlive the server; null members mean "not there".
struct Services {
  herder::Herder* herder = nullptr;
  const config::ComponentCatalog* catalog = nullptr;
  const metrics::Registry* metrics = nullptr;
  std::function<std::vector<QuarantinedPlugin>()> quarantined;
  bool topic_tracking = true;
  bool topic_tracking_reset = true;
  bool show_secrets = false;  // sluice.rest.show.secrets
};

inline constexpr std::chrono::seconds kRequestTimeout{90};  // spec section 6.11: not configurable in Connect
inline constexpr std::chrono::seconds kHealthTimeout{10};

// `forwarder` outlives the routes.
std::vector<Route> root_routes(const Services& services);  // /, /health, /metrics
// /connectors/...
std::vector<Route> connectors_routes(const Services& services, Forwarder& forwarder);
// /connectors/{connector}/offsets
std::vector<Route> connector_offsets_routes(const Services& services, Forwarder& forwarder);
// Worker to worker: task configs, fencing.
std::vector<Route> internal_routes(const Services& services, Forwarder& forwarder);
std::vector<Route> connector_plugins_routes(const Services& services);                  // /connector-plugins/...
std::vector<Route> loggers_routes(const Services& services, const base::Clock& clock);  // /admin/loggers
std::vector<Route> sluice_routes(const Services& services);      // /sluice/v1/...: ours, not Connect's
std::vector<Route> health_routes(const Services& services);      // /sluice/v1/connectors/{connector}/health, history
std::vector<Route> transforms_routes(const Services& services);  // /sluice/v1/transforms/preview

// routes.cc: what a main and an admin listener serve.
std::vector<Route> public_routes(const Services& services, Forwarder& forwarder);
std::vector<Route> admin_routes(const Services& services);

}  // namespace sluice::rest
