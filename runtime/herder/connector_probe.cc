#include "runtime/herder/connector_probe.h"

#include <algorithm>
#include <utility>

#include "runtime/plugin/instance.h"
#include "runtime/plugin/registry.h"
#include "runtime/task/plugin_services.h"

namespace sluice::herder {
namespace {

// An instance that is asked and never started, with the services that any connector may use.
struct Asked {
  Asked(const task::WorkerContext& worker, const config::ConfigMap& config)
      : services(config.get_or("name", ""), "org.apache.kafka.connect.runtime.AbstractHerder",
                 worker.metrics->group("connector-probe", {{"connector", config.get_or("name", "")}}), worker.offsets,
                 stop) {
    services.set_owner_thread();
  }
  task::StopSignal stop;
  task::PluginServices services;
};

// A plugin with a process of its own that hangs there is ended; the request has its own, shorter time.
plugin::Isolation isolation_for(const config::ConfigMap& config) {
  constexpr std::chrono::seconds kAnswerTimeout{90};
  return {config::isolation_config(config), config.get_or("name", ""), std::nullopt, kAnswerTimeout};
}

void add_issue(std::vector<config::ConfigValue>& values, const config::ConfigMap& given,
               plugin::ConnectorInstance::Issue issue) {
  const auto value = std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.name == issue.key; });
  if (value != values.end()) {
    value->errors.push_back(std::move(issue.message));
    return;
  }
  config::ConfigValue extra;
  extra.name = std::move(issue.key);
  if (const auto text = given.get(extra.name)) extra.value = std::string(*text);
  extra.errors.push_back(std::move(issue.message));
  values.push_back(std::move(extra));
}

}  // namespace

base::Result<ConnectorRef> PluginConnectorProbe::find(std::string_view class_or_alias) {
  // A name is looked up, whatever the library does when it is loaded.
  plugin::Isolation unloaded;
  unloaded.config.process = true;
  auto component = worker_.plugins->connector(class_or_alias, unloaded);
  if (!component) {
    base::Error error = std::move(component).error();
    // Names that mean nothing here are the caller's mistake; a library that does not load is ours.
    if (error.code() == base::Code::kNotFound || error.code() == base::Code::kInvalidConfig ||
        error.code() == base::Code::kExists)
      return base::fail(base::Error(base::Code::kInvalidConfig, base::exceptions::kBadRequest, error.message()));
    return base::fail(std::move(error));
  }
  return ConnectorRef{
      component->class_name, component->version,
      component->kind == config::ComponentKind::kSink ? config::ConnectorKind::kSink : config::ConnectorKind::kSource};
}

base::Result<config::ConnectorVerdict> PluginConnectorProbe::validate(const ConnectorRef& connector,
                                                                      const config::ConfigMap& config,
                                                                      StageTracker& stage) {
  const auto kind =
      connector.kind == config::ConnectorKind::kSink ? config::ComponentKind::kSink : config::ComponentKind::kSource;
  stage.begin("retrieving the configuration definition from the connector");
  config::ConnectorVerdict verdict;
  SLUICE_TRY_ASSIGN(verdict.def, worker_.plugins->config_def(connector.class_name, kind));
  stage.begin("performing multi-property validation for the connector");
  verdict.values = verdict.def->validate(config, worker_.plugins->resolver());
  SLUICE_TRY_ASSIGN(const auto component, worker_.plugins->connector(connector.class_name, isolation_for(config)));
  Asked asked(worker_, config);
  SLUICE_TRY_ASSIGN(auto instance, component.make_connector(asked.services));
  SLUICE_TRY_ASSIGN(auto issues, instance->validate(config));
  for (auto& issue : issues) add_issue(verdict.values, config, std::move(issue));
  if (kind == config::ComponentKind::kSource && config::asks_for_exactly_once(config)) {
    const auto capabilities = instance->capabilities(config);
    if ((capabilities & SLUICE_CAPABILITY_EXACTLY_ONCE_SUPPORTED) != 0)
      verdict.exactly_once = true;
    else if ((capabilities & SLUICE_CAPABILITY_EXACTLY_ONCE_UNSUPPORTED) != 0)
      verdict.exactly_once = false;
    verdict.own_transaction_boundaries = (capabilities & SLUICE_CAPABILITY_TRANSACTION_BOUNDARIES) != 0;
  }
  return verdict;
}

base::Result<bool> PluginConnectorProbe::alter_offsets(const ConnectorRef& connector, const config::ConfigMap& config,
                                                       std::span<const sluice_offset_entry> offsets) {
  SLUICE_TRY_ASSIGN(const auto component, worker_.plugins->connector(connector.class_name, isolation_for(config)));
  Asked asked(worker_, config);
  SLUICE_TRY_ASSIGN(auto instance, component.make_connector(asked.services));
  if (!instance->can_alter_offsets()) return false;
  return instance->alter_offsets(config, offsets);
}

}  // namespace sluice::herder
