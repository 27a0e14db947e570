#pragma once
// `PUT /connector-plugins/{plugin}/config/validate`: the whole procedure of spec connect-runtime.md section 3.4, as a
// pure function of what the herder collected. Also decides whether a connector may be created.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/client_overrides.h"
#include "runtime/config/component_catalog.h"
#include "runtime/config/config_infos.h"
#include "runtime/config/connector_config.h"

namespace sluice::config {

// What the connector itself says of a configuration: its definition and its own check, which may go beyond the
// definition.
struct ConnectorVerdict {
  std::shared_ptr<const ConfigDef> def;
  std::vector<ConfigValue> values;
  // Sources: what they say of exactly once with this configuration (Connect's exactlyOnceSupport and
  // canDefineTransactionBoundaries). Nothing: the connector does not say.
  std::optional<bool> exactly_once = {};
  bool own_transaction_boundaries = false;
};

// Whether a source's configuration asks for what ConnectorVerdict's last two fields tell.
bool asks_for_exactly_once(const ConfigMap& config);

// The references must stay valid for the call only.
struct ValidationRequest {
  const ConfigMap& config;  // variables already resolved; has a "connector.class" that the catalog knows
  ConnectorKind kind;
  const ComponentCatalog& catalog;
  const WorkerConverters& converters;
  const ClientOverridePolicy& policy;
  ConnectorVerdict connector;
  // Distributed workers only: the group id that sink groups must not collide with.
  std::optional<std::string> worker_group_id = {};
  // Distributed workers only: whether exactly.once.source.support=enabled.
  std::optional<bool> exactly_once_enabled = {};
  // Distributed workers only: source tasks use consumers and admin clients of their own (exactly once, or an offsets
  // topic of the connector's).
  bool source_has_own_offsets = false;
};

// Error: what Connect answers with a status instead of an answer, e.g. an override whose value does not parse.
base::Result<ConfigInfos> validate_connector(const ValidationRequest& request);

// The text with which Connect refuses to create a connector whose validation found errors ("Connector configuration is
// invalid and contains the following N error(s): ..."); nothing if it found none.
std::optional<std::string> refusal_text(const ConfigInfos& infos);

// GET /connector-plugins/{connector}/config: the connector's own keys, then the framework's.
std::vector<ConfigKeyInfo> connector_plugin_keys(ConnectorKind kind, std::string_view class_name, const ConfigDef& own,
                                                 const ComponentCatalog& catalog);
// The same for a component of any other kind: its own keys.
std::vector<ConfigKeyInfo> plugin_keys(const ConfigDef& own);

}  // namespace sluice::config
