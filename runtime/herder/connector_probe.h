#pragma once
// What the herder asks of connector components besides running them. Calls may take long, or never return: not for the
// herder thread.

#include <span>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/config/connector_validation.h"
#include "runtime/herder/stage.h"
#include "runtime/task/worker_context.h"

namespace sluice::herder {

// A connector component of this worker.
struct ConnectorRef {
  std::string class_name;  // canonical
  std::string version;
  config::ConnectorKind kind = config::ConnectorKind::kSource;
};

// Thread-safe.
class ConnectorProbe {
 public:
  virtual ~ConnectorProbe() = default;
  // Error: BadRequestException with Connect's text for an unknown or ambiguous name; the reason where the plugin cannot
  // be used.
  virtual base::Result<ConnectorRef> find(std::string_view class_or_alias) = 0;
  virtual base::Result<config::ConnectorVerdict> validate(const ConnectorRef& connector,
                                                          const config::ConfigMap& config, StageTracker& stage) = 0;
  // True: the connector also altered offsets that it manages itself. Error: kUnsupported if it does not allow changes.
  virtual base::Result<bool> alter_offsets(const ConnectorRef& connector, const config::ConfigMap& config,
                                           std::span<const sluice_offset_entry> offsets) = 0;
};

// Asks the plugins of `worker`, which must outlive it.
class PluginConnectorProbe final : public ConnectorProbe {
 public:
  explicit PluginConnectorProbe(const task::WorkerContext& worker) : worker_(worker) {}

  base::Result<ConnectorRef> find(std::string_view class_or_alias) override;
  base::Result<config::ConnectorVerdict> validate(const ConnectorRef& connector, const config::ConfigMap& config,
                                                  StageTracker& stage) override;
  base::Result<bool> alter_offsets(const ConnectorRef& connector, const config::ConfigMap& config,
                                   std::span<const sluice_offset_entry> offsets) override;

 private:
  const task::WorkerContext& worker_;
};

}  // namespace sluice::herder
