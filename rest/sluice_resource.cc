// /sluice/v1: what Connect has no words for. Bodies here are ours; they may gain members.

#include "rest/json_writer.h"
#include "rest/resources.h"

namespace sluice::rest {

std::vector<Route> sluice_routes(const Services& services) {
  const auto quarantined = services.quarantined;
  return {
      {"GET", "/sluice/v1/plugins",
       [quarantined](const RequestContext&) {
         JsonWriter json;
         json.begin_object().key("quarantined").begin_array();
         if (quarantined) {
           for (const QuarantinedPlugin& plugin : quarantined()) {
             json.begin_object().key("path").text(plugin.path).key("reason").text(plugin.reason).end_object();
           }
         }
         json.end_array().end_object();
         return json_response(200, std::move(json).take());
       }},
  };
}

}  // namespace sluice::rest
