#pragma once
// Validation of a connector's configuration as Connect's AbstractHerder does it (spec connect-runtime.md section 3.4):
// resolve variables, find the class, ask the connector, merge with the framework's definitions. Blocking: runs on a
// pool.

#include <memory>
#include <optional>
#include <string>

#include "runtime/config/client_overrides.h"
#include "runtime/config/component_catalog.h"
#include "runtime/config/config_infos.h"
#include "runtime/config/config_transformer.h"
#include "runtime/herder/connector_probe.h"

namespace sluice::herder {

struct Validated {
  ConnectorRef connector;
  config::ConfigInfos infos;
};

// What a worker validates with. Members must outlive their use; none is null.
struct ValidationTools {
  ConnectorProbe* probe = nullptr;
  const config::ConfigTransformer* transformer = nullptr;
  const config::ComponentCatalog* catalog = nullptr;
  config::WorkerConverters converters;
  std::shared_ptr<const config::ClientOverridePolicy> policy;
  std::optional<std::string> worker_group_id;  // distributed workers only
  bool exactly_once_enabled = false;           // exactly.once.source.support=enabled
};

base::Result<Validated> validate(const ValidationTools& tools, const config::ConfigMap& config, StageTracker& stage);

// The refusal of a configuration with errors, as a BadRequestException; nothing for a good one.
base::Status refuse_if_invalid(const config::ConfigInfos& infos);

// A map as Java prints one: "{a=1, b=null}".
std::string java_map_text(const config::ConfigMap& config);

}  // namespace sluice::herder
