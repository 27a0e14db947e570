// /connectors/{connector}/offsets (KIP-875).

#include "rest/answer_entities.h"
#include "rest/body.h"
#include "rest/entities.h"
#include "rest/errors.h"
#include "rest/resources.h"

namespace sluice::rest {
namespace {

base::Result<std::string> message_of(const RemoteAnswer& answer) {
  return read_message(answer.value);
}

std::string offsets_path(const RequestContext& context) {
  return "/connectors/" + context.path[0] + "/offsets";
}

HttpResponse alter(herder::Herder& herder, Forwarder& forwarder, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(const auto offsets, bind_offsets(body, context.request.body));
  if (!offsets || offsets->empty()) {
    return error_response(400, "Partitions / offsets need to be provided for an alter offsets request");
  }
  SLUICE_REST_TRY(
      const std::string message,
      forwarder.run<std::string>(
          context, {"PATCH", offsets_path(context), offsets_json(*offsets)},
          [&] { return herder.alter_connector_offsets(context.path[0], *offsets, context.deadline); }, message_of));
  return json_response(200, message_json(message));
}

HttpResponse reset(herder::Herder& herder, Forwarder& forwarder, const RequestContext& context) {
  SLUICE_REST_TRY(const std::string message,
                  forwarder.run<std::string>(
                      context, {"DELETE", offsets_path(context)},
                      [&] { return herder.reset_connector_offsets(context.path[0], context.deadline); }, message_of));
  return json_response(200, message_json(message));
}

}  // namespace

std::vector<Route> connector_offsets_routes(const Services& services, Forwarder& forwarder) {
  herder::Herder* const herder = services.herder;
  return {
      {"GET", "/connectors/{connector}/offsets",
       [herder](const RequestContext& c) {
         SLUICE_REST_TRY(const std::vector<herder::OffsetInfo> offsets,
                         herder->connector_offsets(c.path[0], c.deadline));
         return json_response(200, offsets_json(offsets));
       }},
      {"PATCH", "/connectors/{connector}/offsets",
       [herder, &forwarder](const RequestContext& c) { return alter(*herder, forwarder, c); }},
      {"DELETE", "/connectors/{connector}/offsets",
       [herder, &forwarder](const RequestContext& c) { return reset(*herder, forwarder, c); }},
  };
}

}  // namespace sluice::rest
