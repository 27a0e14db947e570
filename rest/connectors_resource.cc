// /connectors: Connect's ConnectorsResource (spec connect-runtime.md section 1.4), but for offsets and internal
// endpoints.

#include <algorithm>
#include <optional>

#include "rest/answer_entities.h"
#include "rest/body.h"
#include "rest/entities.h"
#include "rest/errors.h"
#include "rest/location.h"
#include "rest/resources.h"
#include "rest/secret_filter.h"
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

// What endpoints work with.
struct Workers {
  Herder& herder;        // of this worker
  Forwarder& forwarder;  // to the others
  const SecretFilter& secrets;
};

std::string connector_path(const RequestContext& context, std::string_view rest = "") {
  return fmt::format("/connectors/{}{}", context.path[0], rest);
}

base::Result<herder::ConnectorInfo> info_of(const RemoteAnswer& answer) {
  return read_connector_info(answer.value);
}

HttpResponse status_answer(const base::Status& status, int success) {
  return status ? empty_response(success) : error_response(status.error());
}

HttpResponse created(const Workers& workers, const HttpRequest& request, herder::ConnectorInfo info) {
  const std::string location = connector_location(request.base_url, info.name);
  HttpResponse response = json_response(201, to_json(workers.secrets.hide(std::move(info))));
  response.add_header("Location", location);
  return response;
}

// One connector of GET /connectors?expand=...: false if it has vanished meanwhile.
bool write_expanded(const Workers& workers, const RequestContext& context, const std::vector<std::string>& expansions,
                    const std::string& connector, JsonWriter& json) {
  JsonWriter members;
  members.begin_object();
  std::vector<std::string_view> seen;
  for (const std::string& expansion : expansions) {
    if (std::find(seen.begin(), seen.end(), expansion) != seen.end()) continue;
    seen.push_back(expansion);
    if (expansion == "status") {
      const auto status = workers.herder.connector_status(connector);
      if (!status) return false;
      members.key("status").raw(to_json(*status));
    } else if (expansion == "info") {
      auto info = workers.herder.connector_info(connector, context.deadline);
      if (!info && status_of(info.error()) != 404) return false;
      members.key("info").raw(info ? to_json(workers.secrets.hide(std::move(*info))) : "null");
    } else {
      kLog.info("Ignoring unknown expansion type {}", expansion);
    }
  }
  members.end_object();
  json.key(connector).raw(std::move(members).take());
  return true;
}

HttpResponse list(const Workers& workers, const RequestContext& context) {
  SLUICE_REST_TRY(const std::vector<std::string> names, workers.herder.connectors(context.deadline));
  const std::vector<std::string> expansions = context.request.query_values("expand");
  if (expansions.empty()) return json_response(200, names_json(names));
  JsonWriter json;
  json.begin_object();
  for (const std::string& name : names) {
    if (!write_expanded(workers, context, expansions, name, json)) {
      kLog.debug("Unable to get connector info for {} on this worker", name);
    }
  }
  json.end_object();
  return json_response(200, std::move(json).take());
}

HttpResponse create(const Workers& workers, const RequestContext& context) {
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
  // There is nothing yet that a mask could stand for.
  if (const base::Status known = workers.secrets.restore(create.config, {}); !known)
    return error_response(known.error());
  SLUICE_REST_TRY(herder::ConnectorInfo info,
                  workers.forwarder.run<herder::ConnectorInfo>(
                      context, {"POST", "/connectors", to_json(create)},
                      [&] { return workers.herder.create_connector(create, context.deadline); }, info_of));
  return created(workers, context.request, std::move(info));
}

// What is stored of a connector, as far as this worker knows; nothing of one that does not exist.
config::ConfigMap stored_config(const Workers& workers, const RequestContext& context) {
  auto stored = workers.forwarder.settle<config::ConfigMap>(
      context.deadline, [&] { return workers.herder.connector_config(context.path[0], context.deadline); });
  return stored ? std::move(*stored) : config::ConfigMap();
}

HttpResponse put_config(const Workers& workers, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(auto config, bind_string_map(body, context.request.body));
  if (!config) return error_response(null_config());
  const std::string& connector = context.path[0];
  if (const base::Status named = check_name(connector, *config); !named) return error_response(named.error());
  if (workers.secrets.has_mask(*config)) {
    const base::Status restored = workers.secrets.restore(*config, stored_config(workers, context));
    if (!restored) return error_response(restored.error());
  }
  SLUICE_REST_TRY(herder::Created result,
                  workers.forwarder.run<herder::Created>(
                      context, {"PUT", connector_path(context, "/config"), to_json(*config)},
                      [&] { return workers.herder.put_connector_config(connector, *config, context.deadline); },
                      [](const RemoteAnswer& answer) -> base::Result<herder::Created> {
                        SLUICE_TRY_ASSIGN(auto info, read_connector_info(answer.value));
                        return herder::Created{answer.status == 201, std::move(info)};
                      }));
  if (result.created) return created(workers, context.request, std::move(result.info));
  return json_response(200, to_json(workers.secrets.hide(std::move(result.info))));
}

HttpResponse patch_config(const Workers& workers, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(auto patch, bind_string_map(body, context.request.body));
  if (!patch) {
    return error_response(
        500, "Cannot invoke \"java.util.Map.forEach(java.util.function.BiConsumer)\" because \"patch\" is null");
  }
  if (workers.secrets.has_mask(*patch)) {
    const config::ConfigMap stored = stored_config(workers, context);
    // Of a connector that is not there the herder tells.
    const base::Status kept = stored.empty() ? base::Status() : workers.secrets.drop_masks(*patch, stored);
    if (!kept) return error_response(kept.error());
  }
  SLUICE_REST_TRY(
      herder::ConnectorInfo info,
      workers.forwarder.run<herder::ConnectorInfo>(
          context, {"PATCH", connector_path(context, "/config"), to_json(*patch)},
          [&] { return workers.herder.patch_connector_config(context.path[0], *patch, context.deadline); }, info_of));
  return json_response(200, to_json(workers.secrets.hide(std::move(info))));
}

base::TaskId task_of(const RequestContext& context) {
  base::TaskId id{context.path[0], 0};
  parse_java_int(context.path[1], id.task);  // the router has checked it
  return id;
}

HttpResponse restart(const Workers& workers, const RequestContext& context) {
  herder::RestartRequest request{context.path[0], context.request.query_flag("includeTasks").value_or(false),
                                 context.request.query_flag("onlyFailed").value_or(false)};
  const ForwardedCall call{"POST",
                           connector_path(context, "/restart"),
                           std::nullopt,
                           {{"includeTasks", request.include_tasks}, {"onlyFailed", request.only_failed}}};
  if (!request.include_tasks && !request.only_failed) {
    return status_answer(
        workers.forwarder.run(context, call,
                              [&] { return workers.herder.restart_connector(request.connector, context.deadline); }),
        204);
  }
  SLUICE_REST_TRY(
      const herder::ConnectorStateInfo plan,
      workers.forwarder.run<herder::ConnectorStateInfo>(
          context, call, [&] { return workers.herder.restart_connector_and_tasks(request, context.deadline); },
          [](const RemoteAnswer& answer) { return read_connector_state(answer.value); }));
  return json_response(202, to_json(plan));
}

HttpResponse restart_task(const Workers& workers, const RequestContext& context) {
  const base::TaskId task = task_of(context);
  const ForwardedCall call{"POST", connector_path(context, fmt::format("/tasks/{}/restart", task.task))};
  return status_answer(
      workers.forwarder.run(context, call, [&] { return workers.herder.restart_task(task, context.deadline); }), 204);
}

HttpResponse stop(const Workers& workers, const RequestContext& context) {
  return status_answer(
      workers.forwarder.run(context, {"PUT", connector_path(context, "/stop")},
                            [&] { return workers.herder.stop_connector(context.path[0], context.deadline); }),
      204);
}

HttpResponse remove(const Workers& workers, const RequestContext& context) {
  return status_answer(
      workers.forwarder.run(context, {"DELETE", connector_path(context)},
                            [&] { return workers.herder.delete_connector(context.path[0], context.deadline); }),
      204);
}

// A read that a rebalance may delay; it is never forwarded.
template <typename T>
HttpResponse read(const Workers& workers, const RequestContext& context,
                  base::Result<T> (Herder::*call)(std::string_view, herder::Deadline)) {
  SLUICE_REST_TRY(T value, workers.forwarder.settle<T>(context.deadline, [&] {
    return (workers.herder.*call)(context.path[0], context.deadline);
  }));
  if constexpr (std::is_same_v<T, std::vector<herder::TaskInfo>>) {
    return json_response(200, to_json(workers.secrets.hide(std::move(value), stored_config(workers, context))));
  } else {
    return json_response(200, to_json(workers.secrets.hide(std::move(value))));
  }
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

std::vector<Route> connectors_routes(const Services& services, Forwarder& forwarder) {
  Herder* const herder = services.herder;
  const bool tracking = services.topic_tracking;
  const bool reset_allowed = services.topic_tracking_reset;
  const SecretFilter secrets(services.catalog, services.show_secrets);
  const auto with = [=, &forwarder](HttpResponse (*endpoint)(const Workers&, const RequestContext&)) -> Endpoint {
    return [=, &forwarder](const RequestContext& context) { return endpoint({*herder, forwarder, secrets}, context); };
  };
  return {
      {"GET", "/connectors", with(list)},
      {"POST", "/connectors", with(create)},
      {"GET", "/connectors/{connector}",
       with([](const Workers& w, const RequestContext& c) { return read(w, c, &Herder::connector_info); })},
      {"DELETE", "/connectors/{connector}", with(remove)},
      {"GET", "/connectors/{connector}/config",
       with([](const Workers& w, const RequestContext& c) { return read(w, c, &Herder::connector_config); })},
      {"PUT", "/connectors/{connector}/config", with(put_config)},
      {"PATCH", "/connectors/{connector}/config", with(patch_config)},
      {"GET", "/connectors/{connector}/status", with([](const Workers& w, const RequestContext& c) {
         SLUICE_REST_TRY(const herder::ConnectorStateInfo status, w.herder.connector_status(c.path[0]));
         return json_response(200, to_json(status));
       })},
      {"GET", "/connectors/{connector}/tasks",
       with([](const Workers& w, const RequestContext& c) { return read(w, c, &Herder::task_infos); })},
      {"GET", "/connectors/{connector}/tasks/{task:int}/status", with([](const Workers& w, const RequestContext& c) {
         SLUICE_REST_TRY(const herder::TaskStateInfo status, w.herder.task_status(task_of(c)));
         return json_response(200, to_json(status));
       })},
      {"POST", "/connectors/{connector}/restart", with(restart)},
      {"POST", "/connectors/{connector}/tasks/{task:int}/restart", with(restart_task)},
      {"PUT", "/connectors/{connector}/pause", with([](const Workers& w, const RequestContext& c) {
         return status_answer(w.herder.pause_connector(c.path[0], c.deadline), 202);
       })},
      {"PUT", "/connectors/{connector}/resume", with([](const Workers& w, const RequestContext& c) {
         return status_answer(w.herder.resume_connector(c.path[0], c.deadline), 202);
       })},
      {"PUT", "/connectors/{connector}/stop", with(stop)},
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
