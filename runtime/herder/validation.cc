#include "runtime/herder/validation.h"

#include <utility>

#include "runtime/base/strings.h"
#include "runtime/config/secret_keys.h"

namespace sluice::herder {

base::Result<Validated> validate(const ValidationTools& tools, const config::ConfigMap& config, StageTracker& stage) {
  stage.begin("resolving transformed configuration properties for the connector");
  SLUICE_TRY_ASSIGN(const auto resolved, tools.transformer->transform(config));
  const config::SecretKeys secrets(resolved.config, tools.catalog);
  config::keep_secrets(resolved.config, secrets);
  const auto connector_class = resolved.config.get("connector.class");
  if (!connector_class)
    return base::fail(base::Code::kInvalidConfig, base::exceptions::kBadRequest,
                      "Connector config {} contains no connector type",
                      java_map_text(config::without_secrets(config, secrets)));
  SLUICE_TRY_ASSIGN(auto connector, tools.probe->find(*connector_class));
  stage.begin(connector.kind == config::ConnectorKind::kSink
                  ? "validating sink connector-specific properties for the connector"
                  : "validating source connector-specific properties for the connector");
  SLUICE_TRY_ASSIGN(auto verdict, tools.probe->validate(connector, resolved.config, stage));
  stage.begin("performing config validation for the connector");
  const bool distributed = tools.worker_group_id.has_value();
  const bool own_topic = !base::java_trim(resolved.config.get("offsets.storage.topic").value_or("")).empty();
  const config::ValidationRequest request{
      .config = resolved.config,
      .kind = connector.kind,
      .catalog = *tools.catalog,
      .converters = tools.converters,
      .policy = *tools.policy,
      .connector = std::move(verdict),
      .worker_group_id = tools.worker_group_id,
      .exactly_once_enabled = distributed ? std::optional(tools.exactly_once_enabled) : std::nullopt,
      .source_has_own_offsets = distributed && (tools.exactly_once_enabled || own_topic)};
  SLUICE_TRY_ASSIGN(auto infos, config::validate_connector(request));
  return Validated{std::move(connector), std::move(infos)};
}

base::Status refuse_if_invalid(const config::ConfigInfos& infos) {
  if (auto text = config::refusal_text(infos))
    return base::fail(base::Error(base::Code::kInvalidConfig, base::exceptions::kBadRequest, std::move(*text)));
  return {};
}

std::string java_map_text(const config::ConfigMap& config) {
  std::string text = "{";
  for (const auto& [key, value] : config) {
    if (text.size() > 1) text += ", ";
    text += key + "=" + value.value_or("null");
  }
  return text + "}";
}

}  // namespace sluice::herder
