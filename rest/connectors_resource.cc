// /connectors: Connect's ConnectorsResource (spec connect-runtime.md section 1.4), but for offsets and internal
// endpoints.

#include <algorithm>

#include "rest/body.h"
#include "rest/entities.h"
#include "rest/errors.h"
#include "rest/location.h"
#include "rest/resources.h"
#include "runtime/base/log.h"
#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

using herder::Herder;

const base::Logger kLog{"org.apache.kafka.connect.runtime.rest.resources.ConnectorsResource"};

base::Error null_config() {
  return base::Error(base::Code::kBug, base::exceptions::kNullPointer,
                     "Cannot invoke \"java.util.Map.get(Object)\" because \"connectorConfig\" is null");
}

// The name in the configuration must be the connector's; a missing one is put there.
base::Status check_name(const std::string& name, config::ConfigMap& config) {
  const auto included = config.get("name");
  if (!included) {
    config.set("name", name);
    return {};
  }
  if (*included == name) return {};
  return base::fail(base::Code::kInvalidConfig, base::exceptions::kBadRequest,
                    "Connector name configuration ({}) doesn't match connector name in the URL ({})", *included, name);
}

HttpResponse status_answer(const base::Status& status, int success) {
  return status ? empty_response(success) : error_response(status.error());
}

HttpResponse created(const HttpRequest& request, const herder::ConnectorInfo& info) {
  HttpResponse response = json_response(201, to_json(info));
  response.add_header("Location", connector_location(request.base_url, info.name));
  return response;
}

// One connector of GET /connectors?expand=...: false if it has vanished meanwhile.
bool write_expanded(Herder& herder, const RequestContext& context, const std::vector<std::string>& expansions,
                    const std::string& connector, JsonWriter& json) {
  JsonWriter members;
  members.begin_object();
  std::vector<std::string_view> seen;
  for (const std::string& expansion : expansions) {
    if (std::find(seen.begin(), seen.end(), expansion) != seen.end()) continue;
    seen.push_back(expansion);
    if (expansion == "status") {
      const auto status = herder.connector_status(connector);
      if (!status) return false;
      members.key("status").raw(to_json(*status));
    } else if (expansion == "info") {
      const auto info = herder.connector_info(connector, context.deadline);
      if (!info && status_of(info.error()) != 404) return false;
      members.key("info").raw(info ? to_json(*info) : "null");
    } else {
      kLog.info("Ignoring unknown expansion type {}", expansion);
    }
  }
  members.end_object();
  json.key(connector).raw(std::move(members).take());
  return true;
}

HttpResponse list(Herder& herder, const RequestContext& context) {
  SLUICE_REST_TRY(const std::vector<std::string> names, herder.connectors(context.deadline));
  const std::vector<std::string> expansions = context.request.query_values("expand");
  if (expansions.empty()) return json_response(200, names_json(names));
  JsonWriter json;
  json.begin_object();
  for (const std::string& name : names) {
    if (!write_expanded(herder, context, expansions, name, json)) {
      kLog.debug("Unable to get connector info for {} on this worker", name);
    }
  }
  json.end_object();
  return json_response(200, std::move(json).take());
}

HttpResponse create(Herder& herder, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(auto request, bind_create_request(body, context.request.body));
  if (!request) {
    return error_response(
        500,
        "Cannot invoke \"org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest.name()\" because "
        "\"createRequest\" is null");
  }
  herder::CreateRequest create;
  create.name = base::java_trim(request->name.value_or(""));
  if (!request->config) return error_response(null_config());
  create.config = std::move(*request->config);
  create.initial_state = request->initial_state;
  if (const base::Status named = check_name(create.name, create.config); !named) return error_response(named.error());
  SLUICE_REST_TRY(const herder::ConnectorInfo info, herder.create_connector(create, context.deadline));
  return created(context.request, info);
}

HttpResponse put_config(Herder& herder, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(auto config, bind_string_map(body, context.request.body));
  if (!config) return error_response(null_config());
  const std::string& connector = context.path[0];
  if (const base::Status named = check_name(connector, *config); !named) return error_response(named.error());
  SLUICE_REST_TRY(const herder::Created result, herder.put_connector_config(connector, *config, context.deadline));
  return result.created ? created(context.request, result.info) : json_response(200, to_json(result.info));
}

HttpResponse patch_config(Herder& herder, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(auto patch, bind_string_map(body, context.request.body));
  if (!patch) {
    return error_response(
        500, "Cannot invoke \"java.util.Map.forEach(java.util.function.BiConsumer)\" because \"patch\" is null");
  }
  SLUICE_REST_TRY(const herder::ConnectorInfo info,
                  herder.patch_connector_config(context.path[0], *patch, context.deadline));
  return json_response(200, to_json(info));
}

base::TaskId task_of(const RequestContext& context) {
  base::TaskId id{context.path[0], 0};
  parse_java_int(context.path[1], id.task);  // the router has checked it
  return id;
}

HttpResponse restart(Herder& herder, const RequestContext& context) {
  herder::RestartRequest request{context.path[0], context.request.query_flag("includeTasks").value_or(false),
                                 context.request.query_flag("onlyFailed").value_or(false)};
  if (!request.include_tasks && !request.only_failed) {
    return status_answer(herder.restart_connector(request.connector, context.deadline), 204);
  }
  SLUICE_REST_TRY(const herder::ConnectorStateInfo plan, herder.restart_connector_and_tasks(request, context.deadline));
  return json_response(202, to_json(plan));
}

HttpResponse topics(Herder& herder, const RequestContext& context) {
  SLUICE_REST_TRY(const std::vector<std::string> topics, herder.active_topics(context.path[0]));
  JsonWriter json;
  json.begin_object()
      .key(context.path[0])
      .begin_object()
      .key("topics")
      .raw(names_json(topics))
      .end_object()
      .end_object();
  return json_response(200, std::move(json).take());
}

}  // namespace

std::vector<Route> connectors_routes(const Services& services) {
  Herder* const herder = services.herder;
  const bool tracking = services.topic_tracking;
  const bool reset_allowed = services.topic_tracking_reset;
  const auto with_herder = [herder](HttpResponse (*endpoint)(Herder&, const RequestContext&)) -> Endpoint {
    return [herder, endpoint](const RequestContext& context) { return endpoint(*herder, context); };
  };
  return {
      {"GET", "/connectors", with_herder(list)},
      {"POST", "/connectors", with_herder(create)},
      {"GET", "/connectors/{connector}", with_herder([](Herder& h, const RequestContext& c) {
         SLUICE_REST_TRY(const herder::ConnectorInfo info, h.connector_info(c.path[0], c.deadline));
         return json_response(200, to_json(info));
       })},
      {"DELETE", "/connectors/{connector}", with_herder([](Herder& h, const RequestContext& c) {
         return status_answer(h.delete_connector(c.path[0], c.deadline), 204);
       })},
      {"GET", "/connectors/{connector}/config", with_herder([](Herder& h, const RequestContext& c) {
         SLUICE_REST_TRY(const config::ConfigMap config, h.connector_config(c.path[0], c.deadline));
         return json_response(200, to_json(config));
       })},
      {"PUT", "/connectors/{connector}/config", with_herder(put_config)},
      {"PATCH", "/connectors/{connector}/config", with_herder(patch_config)},
      {"GET", "/connectors/{connector}/status", with_herder([](Herder& h, const RequestContext& c) {
         SLUICE_REST_TRY(const herder::ConnectorStateInfo status, h.connector_status(c.path[0]));
         return json_response(200, to_json(status));
       })},
      {"GET", "/connectors/{connector}/tasks", with_herder([](Herder& h, const RequestContext& c) {
         SLUICE_REST_TRY(const std::vector<herder::TaskInfo> tasks, h.task_infos(c.path[0], c.deadline));
         return json_response(200, to_json(tasks));
       })},
      {"GET", "/connectors/{connector}/tasks/{task:int}/status", with_herder([](Herder& h, const RequestContext& c) {
         SLUICE_REST_TRY(const herder::TaskStateInfo status, h.task_status(task_of(c)));
         return json_response(200, to_json(status));
       })},
      {"POST", "/connectors/{connector}/restart", with_herder(restart)},
      {"POST", "/connectors/{connector}/tasks/{task:int}/restart", with_herder([](Herder& h, const RequestContext& c) {
         return status_answer(h.restart_task(task_of(c), c.deadline), 204);
       })},
      {"PUT", "/connectors/{connector}/pause", with_herder([](Herder& h, const RequestContext& c) {
         return status_answer(h.pause_connector(c.path[0], c.deadline), 202);
       })},
      {"PUT", "/connectors/{connector}/resume", with_herder([](Herder& h, const RequestContext& c) {
         return status_answer(h.resume_connector(c.path[0], c.deadline), 202);
       })},
      {"PUT", "/connectors/{connector}/stop", with_herder([](Herder& h, const RequestContext& c) {
         return status_answer(h.stop_connector(c.path[0], c.deadline), 204);
       })},
      {"GET", "/connectors/{connector}/topics",
       [herder, tracking](const RequestContext& c) {
         return tracking ? topics(*herder, c) : error_response(403, "Topic tracking is disabled.");
       }},
      {"PUT", "/connectors/{connector}/topics/reset",
       [herder, tracking, reset_allowed](const RequestContext& c) {
         if (!tracking) return error_response(403, "Topic tracking is disabled.");
         if (!reset_allowed) return error_response(403, "Topic tracking reset is disabled.");
         return status_answer(herder->reset_active_topics(c.path[0]), 202);
       }},
  };
}

}  // namespace sluice::rest
