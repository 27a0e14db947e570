// What distributed workers ask each other (spec connect-runtime.md section 1.5). The herder checks signatures; a
// request that is sent on to another worker goes without one, as Connect's does, and is refused there where one is
// wanted.

#include "rest/errors.h"
#include "rest/json_body.h"
#include "rest/resources.h"

namespace sluice::rest {
namespace {

std::optional<std::string> header_of(const HttpRequest& request, std::string_view name) {
  const auto value = request.header(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

herder::InternalRequest internal_request(const HttpRequest& request) {
  return {header_of(request, "X-Connect-Authorization"), header_of(request, "X-Connect-Request-Signature-Algorithm"),
          request.body};
}

constexpr bool kSigned = false;  // not guarded: workers have signatures instead of credentials

// 204, or the error.
HttpResponse done(const base::Status& status) {
  return status ? empty_response(204) : error_response(status.error());
}

HttpResponse put_task_configs(herder::Herder& herder, Forwarder& forwarder, const RequestContext& context) {
  const std::string& body = context.request.body;
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return error_response(500,
                          "No content to map due to end-of-input\n at [Source: REDACTED "
                          "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1]");
  }
  SLUICE_REST_TRY(const JsonValue value, parse_json(body));
  SLUICE_REST_TRY(const auto configs, bind_task_configs(value, body));
  std::string sent;
  append_json(value, sent);
  const std::string& connector = context.path[0];
  return done(forwarder.run(context, {"POST", "/connectors/" + connector + "/tasks", std::move(sent)}, [&] {
    return herder.put_task_configs(connector, configs, internal_request(context.request), context.deadline);
  }));
}

HttpResponse fence_zombies(herder::Herder& herder, Forwarder& forwarder, const RequestContext& context) {
  const std::string& connector = context.path[0];
  return done(forwarder.run(context, {"PUT", "/connectors/" + connector + "/fence"}, [&] {
    return herder.fence_zombies(connector, internal_request(context.request), context.deadline);
  }));
}

}  // namespace

std::vector<Route> internal_routes(const Services& services, Forwarder& forwarder) {
  herder::Herder* const herder = services.herder;
  return {
      {"POST", "/connectors/{connector}/tasks",
       [herder, &forwarder](const RequestContext& c) { return put_task_configs(*herder, forwarder, c); },
       Consumes::kAnything, kJsonType, kSigned},
      {"PUT", "/connectors/{connector}/fence",
       [herder, &forwarder](const RequestContext& c) { return fence_zombies(*herder, forwarder, c); },
       Consumes::kAnything, kJsonType, kSigned},
  };
}

}  // namespace sluice::rest
