#include "runtime/task/components.h"

#include <utility>

#include "runtime/plugin/registry.h"

namespace sluice::task {
namespace {

config::ConverterSpec converter_spec(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                     std::string_view key) {
  if (auto own = connector.converter(key)) return *std::move(own);
  return worker.config->converter(key);
}

}  // namespace

base::Result<Converters> make_converters(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                         plugin::HostServices& services) {
  Converters converters;
  plugin::Registry& plugins = *worker.plugins;
  const config::ConverterSpec key = converter_spec(worker, connector, "key.converter");
  const config::ConverterSpec value = converter_spec(worker, connector, "value.converter");
  config::ConverterSpec header = converter_spec(worker, connector, "header.converter");
  header.config.set("converter.type", "header");
  SLUICE_TRY_ASSIGN(converters.key, plugins.make_converter(key.class_name, key.config, true, services));
  SLUICE_TRY_ASSIGN(converters.value, plugins.make_converter(value.class_name, value.config, false, services));
  SLUICE_TRY_ASSIGN(converters.header, plugins.make_header_converter(header.class_name, header.config, services));
  converters.key_class = plugins.resolve(key.class_name).value_or(key.class_name);
  converters.value_class = plugins.resolve(value.class_name).value_or(value.class_name);
  converters.header_class = plugins.resolve(header.class_name).value_or(header.class_name);
  return converters;
}

base::Result<TransformChain> make_transform_chain(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                                  plugin::HostServices& services) {
  std::vector<TransformStage> stages;
  for (const config::TransformSpec& spec : connector.transforms()) {
    TransformStage stage;
    stage.class_name = worker.plugins->resolve(spec.class_name).value_or(spec.class_name);
    SLUICE_TRY_ASSIGN(stage.transform, worker.plugins->make_transform(spec.class_name, spec.config, services));
    if (spec.predicate) {
      SLUICE_TRY_ASSIGN(stage.predicate,
                        worker.plugins->make_predicate(spec.predicate->class_name, spec.predicate->config, services));
    }
    stage.negate = spec.negate;
    stage.alias = spec.alias;
    stages.push_back(std::move(stage));
  }
  return TransformChain(std::move(stages));
}

}  // namespace sluice::task
