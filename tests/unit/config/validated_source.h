#pragma once
// Validation of FileStreamSource, by itself and without defaults of a worker.

#include <optional>
#include <string>

#include "runtime/config/connector_validation.h"
#include "tests/unit/config/fake_catalog.h"

namespace sluice::config {

// What the connector says of exactly-once.
struct Said {
  std::optional<bool> exactly_once;
  bool boundaries = false;
};

// `config` lacks what every file source has. `worker_enabled`: exactly-once on the workers of a group; nothing:
// standalone.
inline base::Result<ConfigInfos> validate_file_source(ConfigMap config, std::optional<bool> worker_enabled = {},
                                                      Said said = {}) {
  static const FakeCatalog catalog;
  static const WorkerConverters converters = {"org.apache.kafka.connect.storage.StringConverter",
                                              "org.apache.kafka.connect.storage.StringConverter",
                                              "org.apache.kafka.connect.storage.SimpleHeaderConverter"};
  const auto policy = make_override_policy("All", {});
  const std::string name = "org.apache.kafka.connect.file.FileStreamSourceConnector";
  config.set("name", "n");
  config.set("connector.class", name);
  config.set("topic", "t");
  const auto own = *catalog.config_def(name, ComponentKind::kSource);
  return validate_connector({.config = config,
                             .kind = ConnectorKind::kSource,
                             .catalog = catalog,
                             .converters = converters,
                             .policy = **policy,
                             .connector = {own, own->validate(config), said.exactly_once, said.boundaries},
                             .worker_group_id = worker_enabled ? std::optional<std::string>("g") : std::nullopt,
                             .exactly_once_enabled = worker_enabled});
}

}  // namespace sluice::config
