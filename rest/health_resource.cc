// /sluice/v1/connectors/{connector}/health and history: how a connector is and why, and what led there. Answered
// without the herder thread, whatever it waits for.

#include "rest/errors.h"
#include "rest/health_entities.h"
#include "rest/resources.h"

namespace sluice::rest {

std::vector<Route> health_routes(const Services& services) {
  herder::Herder* const herder = services.herder;
  return {{"GET", "/sluice/v1/connectors/{connector}/health",
           [herder](const RequestContext& context) {
             SLUICE_REST_TRY(const auto health, herder->connector_health(context.path[0]));
             return json_response(200, to_json(health));
           },
           Consumes::kAnything},
          {"GET", "/sluice/v1/connectors/{connector}/history",
           [herder](const RequestContext& context) {
             SLUICE_REST_TRY(const auto history, herder->connector_history(context.path[0]));
             return json_response(200, to_json(history));
           },
           Consumes::kAnything}};
}

}  // namespace sluice::rest
