// /connector-plugins: what can be configured on this worker, and validation.

#include <algorithm>

#include "rest/body.h"
#include "rest/errors.h"
#include "rest/json_writer.h"
#include "rest/resources.h"
#include "rest/secret_filter.h"
#include "runtime/config/config_infos.h"
#include "runtime/config/connector_config.h"
#include "runtime/config/platform_classes.h"

namespace sluice::rest {
namespace {

using config::ComponentCatalog;
using config::ComponentKind;

struct KindName {
  ComponentKind kind;
  const char* name;
};
// In the order in which Connect lists them; connectors alone unless asked for all.
constexpr KindName kKinds[] = {
    {ComponentKind::kSink, "sink"},
    {ComponentKind::kSource, "source"},
    {ComponentKind::kTransformation, "transformation"},
    {ComponentKind::kPredicate, "predicate"},
    {ComponentKind::kConverter, "converter"},
    {ComponentKind::kHeaderConverter, "header_converter"},
};

bool is_connector(ComponentKind kind) {
  return kind == ComponentKind::kSink || kind == ComponentKind::kSource;
}

HttpResponse list(const ComponentCatalog& catalog, const RequestContext& context) {
  const bool connectors_only = context.request.query_flag("connectorsOnly").value_or(true);
  JsonWriter json;
  json.begin_array();
  for (const auto& [kind, type] : kKinds) {
    if (connectors_only && !is_connector(kind)) continue;
    for (const std::string& name : catalog.list(kind)) {
      const auto write = [&](const std::string* version) {
        json.begin_object().key("class").text(name).key("type").text(type);
        if (version != nullptr && *version != "undefined") json.key("version").text(*version);
        json.end_object();
      };
      const std::vector<std::string> versions = catalog.versions(name);
      if (versions.empty()) write(nullptr);
      for (const std::string& version : versions) write(&version);
    }
  }
  json.end_array();
  return json_response(200, std::move(json).take());
}

// A connector's own keys come first, then those of the framework that it does not define itself. Its own version is the
// default of the key that asks for one.
std::vector<config::ConfigKeyInfo> key_infos(const ComponentCatalog& catalog, std::string_view name, ComponentKind kind,
                                             const config::ConfigDef& own) {
  std::vector<config::ConfigKeyInfo> infos;
  for (const config::ConfigKey& key : own.keys()) infos.push_back(config::key_info(key));
  if (!is_connector(kind)) return infos;
  const config::ConfigDef framework =
      kind == ComponentKind::kSink ? config::sink_config_def(catalog) : config::source_config_def(catalog);
  const std::vector<std::string> versions = catalog.versions(name);
  for (const config::ConfigKey& key : framework.keys()) {
    if (own.find(key.name) != nullptr) continue;
    infos.push_back(config::key_info(key));
    if (key.name == "connector.plugin.version" && !versions.empty()) infos.back().default_value = versions.back();
  }
  return infos;
}

HttpResponse keys(const ComponentCatalog& catalog, const RequestContext& context) {
  const std::string& plugin = context.path[0];
  const auto name = catalog.resolve(plugin);
  if (!name) {
    // Connect finds such a class and then cannot make one of it.
    const config::PlatformClass* known = config::find_platform_class(plugin);
    if (known != nullptr && (known->interface || known->abstract || plugin.starts_with("java.")))
      return error_response(500, "Instantiation error");
    return error_response(404, fmt::format("Unknown plugin {}.", plugin));
  }
  for (const auto& [kind, type] : kKinds) {
    if (!catalog.is_a(*name, kind)) continue;
    const auto def = catalog.config_def(*name, kind);
    if (!def) return error_response(500, def.error().message());
    return json_response(200, config::to_json(key_infos(catalog, *name, kind, **def)));
  }
  return error_response(
      400, fmt::format("Invalid plugin class {}. Valid types are sink, source, converter, header_converter, "
                       "transformation, predicate.",
                       plugin));
}

// A class name or alias without its last "Connector".
std::string_view normalized(std::string_view name) {
  constexpr std::string_view kSuffix = "Connector";
  if (name.size() > kSuffix.size() && name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return name;
}

HttpResponse validate(herder::Herder& herder, const SecretFilter& secrets, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  SLUICE_REST_TRY(auto config, bind_string_map(body, context.request.body));
  if (!config) {
    return error_response(500, "Cannot invoke \"java.util.Map.get(Object)\" because \"connectorConfig\" is null");
  }
  const auto included = config->get("connector.class");
  if (included && !normalized(*included).ends_with(normalized(context.path[0]))) {
    return error_response(
        400, fmt::format("Included connector type {} does not match request type {}", *included, context.path[0]));
  }
  // A form that shows a stored configuration sends the masks along. Those that stand for nothing are validated as
  // texts.
  if (const auto name = config->get("name"); name && secrets.has_mask(*config)) {
    const auto stored = herder.connector_config(*name, context.deadline);
    if (stored) static_cast<void>(secrets.restore(*config, *stored));
  }
  auto infos = herder.validate_connector_config(*config, context.deadline);
  if (infos) return json_response(200, config::to_json(secrets.hide(std::move(*infos))));
  // This endpoint shows the exception of the validating thread unwrapped, whatever it is, and times out without a full
  // stop.
  const base::Error& error = infos.error();
  if (error.code() == base::Code::kTimeout) {
    std::string text = error.message();
    if (text.ends_with('.')) text.pop_back();
    return error_response(500, text);
  }
  return error_response(500, error.message().empty() ? std::string(error.exception())
                                                     : fmt::format("{}: {}", error.exception(), error.message()));
}

}  // namespace

std::vector<Route> connector_plugins_routes(const Services& services) {
  const ComponentCatalog* const catalog = services.catalog;
  herder::Herder* const herder = services.herder;
  return {
      {"GET", "/connector-plugins", [catalog](const RequestContext& c) { return list(*catalog, c); }},
      {"GET", "/connector-plugins/{plugin}/config", [catalog](const RequestContext& c) { return keys(*catalog, c); }},
      {"PUT", "/connector-plugins/{plugin}/config/validate",
       [herder, secrets = SecretFilter(catalog, services.show_secrets)](const RequestContext& c) {
         return validate(*herder, secrets, c);
       }},
  };
}

}  // namespace sluice::rest
