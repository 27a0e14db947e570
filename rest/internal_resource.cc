// What distributed workers ask each other (spec connect-runtime.md section 1.5). A standalone worker refuses both,
// after reading the body, as Connect's does.

#include "rest/errors.h"
#include "rest/json_body.h"
#include "rest/resources.h"

namespace sluice::rest {
namespace {

HttpResponse put_task_configs(const RequestContext& context) {
  const std::string& body = context.request.body;
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return error_response(500,
                          "No content to map due to end-of-input\n at [Source: REDACTED "
                          "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1]");
  }
  SLUICE_REST_TRY(const JsonValue value, parse_json(body));
  SLUICE_REST_TRY(const auto configs, bind_task_configs(value, body));
  return error_response(500,
                        "Kafka Connect in standalone mode does not support externally setting task configurations.");
}

}  // namespace

std::vector<Route> internal_routes(const Services&) {
  return {
      {"POST", "/connectors/{connector}/tasks", put_task_configs, Consumes::kAnything},
      {"PUT", "/connectors/{connector}/fence",
       [](const RequestContext&) {
         return error_response(500,
                               "Kafka Connect in standalone mode does not support exactly-once source connectors.");
       },
       Consumes::kAnything},
  };
}

}  // namespace sluice::rest
