#pragma once
// A connector component that can be run, in the worker or in processes of its own.

#include <memory>
#include <string>

#include <sluice/abi.h>

#include "runtime/base/status.h"
#include "runtime/config/component_catalog.h"
#include "runtime/plugin/host_services.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/isolation.h"

namespace sluice::plugin {

// Its library is loaded, and its tables live for ever (libraries are never unloaded); or each
// instance gets a process that loads it, and there are no tables here.
struct ConnectorComponent {
  std::string class_name;
  std::string version;
  config::ComponentKind kind = config::ComponentKind::kSource;  // or kSink
  std::shared_ptr<const HostedComponent> hosted;                // null: loaded
  Isolation isolation;
  const sluice_connector_vtable* connector = nullptr;
  const sluice_source_task_vtable* source_task = nullptr;
  const sluice_sink_task_vtable* sink_task = nullptr;

  // New instances, on the thread that will use them; `services` must outlive them.
  base::Result<std::unique_ptr<ConnectorInstance>> make_connector(HostServices& services) const;
  base::Result<std::unique_ptr<SourceTaskInstance>> make_source_task(HostServices& services) const;
  base::Result<std::unique_ptr<SinkTaskInstance>> make_sink_task(HostServices& services) const;
};

}  // namespace sluice::plugin
