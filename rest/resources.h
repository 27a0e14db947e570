#pragma once
// The resources: each gives its routes, routes.cc lists them all. Endpoints run on REST threads: they parse, ask the
// herder with the request's deadline, and print the answer. They never run plugin code.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

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
};

inline constexpr std::chrono::seconds kRequestTimeout{90};  // spec section 6.11: not configurable in Connect
inline constexpr std::chrono::seconds kHealthTimeout{10};

std::vector<Route> root_routes(const Services& services);               // /, /health, /metrics
std::vector<Route> connectors_routes(const Services& services);         // /connectors/...
std::vector<Route> connector_offsets_routes(const Services& services);  // /connectors/{connector}/offsets
std::vector<Route> internal_routes(const Services& services);           // worker to worker: task configs, fencing
std::vector<Route> connector_plugins_routes(const Services& services);  // /connector-plugins/...
std::vector<Route> loggers_routes(const base::Clock& clock);            // /admin/loggers
std::vector<Route> sluice_routes(const Services& services);             // /sluice/v1/...: ours, not Connect's

// routes.cc: what a main and an admin listener serve.
std::vector<Route> public_routes(const Services& services);
std::vector<Route> admin_routes();

}  // namespace sluice::rest
