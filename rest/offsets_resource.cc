// /connectors/{connector}/offsets (KIP-875).

#include "rest/body.h"
#include "rest/entities.h"
#include "rest/errors.h"
#include "rest/resources.h"

namespace sluice::rest {
namespace {

HttpResponse alter(herder::Herder& herder, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(const auto offsets, bind_offsets(body, context.request.body));
  if (!offsets || offsets->empty()) {
    return error_response(400, "Partitions / offsets need to be provided for an alter offsets request");
  }
  SLUICE_REST_TRY(const std::string message,
                  herder.alter_connector_offsets(context.path[0], *offsets, context.deadline));
  return json_response(200, message_json(message));
}

}  // namespace

std::vector<Route> connector_offsets_routes(const Services& services) {
  herder::Herder* const herder = services.herder;
  return {
      {"GET", "/connectors/{connector}/offsets",
       [herder](const RequestContext& c) {
         SLUICE_REST_TRY(const std::vector<herder::OffsetInfo> offsets,
                         herder->connector_offsets(c.path[0], c.deadline));
         return json_response(200, offsets_json(offsets));
       }},
      {"PATCH", "/connectors/{connector}/offsets", [herder](const RequestContext& c) { return alter(*herder, c); }},
      {"DELETE", "/connectors/{connector}/offsets",
       [herder](const RequestContext& c) {
         SLUICE_REST_TRY(const std::string message, herder->reset_connector_offsets(c.path[0], c.deadline));
         return json_response(200, message_json(message));
       }},
  };
}

}  // namespace sluice::rest
