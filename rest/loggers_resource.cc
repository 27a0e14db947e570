// /admin/loggers: levels of the worker's loggers (KIP-495, KIP-976).

#include "rest/body.h"
#include "rest/entities.h"
#include "rest/errors.h"
#include "rest/resources.h"
#include "runtime/base/log.h"
#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.rest.resources.LoggingResource"};

void write_level(JsonWriter& json, const base::LoggerLevel& level) {
  json.begin_object().key("level").text(base::log_level_name(level.level)).key("last_modified");
  if (level.last_modified_ms) {
    json.number(*level.last_modified_ms);
  } else {
    json.null();
  }
  json.end_object();
}

HttpResponse list() {
  JsonWriter json;
  json.begin_object();
  for (const base::LoggerLevel& level : base::logger_levels()) {
    json.key(level.name);
    write_level(json, level);
  }
  json.end_object();
  return json_response(200, std::move(json).take());
}

HttpResponse show(const RequestContext& context) {
  const auto level = base::logger_level(context.path[0]);
  if (!level) return error_response(404, fmt::format("Logger {} not found.", context.path[0]));
  JsonWriter json;
  write_level(json, *level);
  return json_response(200, std::move(json).take());
}

HttpResponse change(herder::Herder& herder, const RequestContext& context, const base::Clock& clock) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(const auto map, bind_string_map(body, context.request.body));
  if (!map) return error_response(500, "Cannot invoke \"java.util.Map.get(Object)\" because \"levelMap\" is null");
  const auto given = map->get("level");
  if (!given) return error_response(400, "Desired 'level' parameter was not specified in request.");
  if (given->empty()) return error_response(500, "Illegal null or empty Level name.");
  const auto level = base::parse_log_level(*given);
  if (!level) return error_response(404, fmt::format("invalid log level '{}'.", *given));

  const std::string scope = context.request.query_value("scope").value_or("worker");
  const bool cluster = base::equals_ignore_case_ascii(scope, "cluster");
  if (!cluster && !scope.empty() && !base::equals_ignore_case_ascii(scope, "worker")) {
    kLog.warn("Received request with unrecognized scope '{}'; only the worker's own loggers are changed", scope);
  }
  if (cluster) {
    const base::Status done = herder.set_cluster_logger_level(context.path[0], *given);
    return done ? empty_response(204) : error_response(done.error());
  }
  return json_response(200, names_json(base::set_logger_level(context.path[0], *level, clock.now_ms())));
}

}  // namespace

std::vector<Route> loggers_routes(const Services& services, const base::Clock& clock) {
  herder::Herder* const herder = services.herder;
  return {
      {"GET", "/admin/loggers", [](const RequestContext&) { return list(); }},
      {"GET", "/admin/loggers/{logger}", show},
      {"PUT", "/admin/loggers/{logger}",
       [herder, &clock](const RequestContext& context) { return change(*herder, context, clock); }},
  };
}

}  // namespace sluice::rest
