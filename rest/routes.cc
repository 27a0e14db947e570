// The list of everything that the REST API serves.

#include <iterator>

#include "rest/resources.h"

namespace sluice::rest {
namespace {

void append(std::vector<Route>& all, std::vector<Route> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::vector<Route> public_routes(const Services& services, Forwarder& forwarder) {
  std::vector<Route> all;
  append(all, root_routes(services));
  append(all, connectors_routes(services, forwarder));
  append(all, connector_offsets_routes(services, forwarder));
  append(all, internal_routes(services, forwarder));
  append(all, connector_plugins_routes(services));
  append(all, sluice_routes(services));
  append(all, health_routes(services));
  append(all, transforms_routes(services));
  return all;
}

std::vector<Route> admin_routes(const Services& services) {
  return loggers_routes(services, base::system_clock());
}

}  // namespace sluice::rest
