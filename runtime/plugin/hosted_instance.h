#pragma once
// Instances whose plugin runs in a process of its own: the interfaces of instance.h, served over hosted_process.h. A
// process that ends makes every call fail with an error that says how it ended, and in which function.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/plugin/host_services.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/isolation.h"

namespace sluice::plugin {

// On the thread that will call them; `services` must outlive what is made.
base::Result<std::unique_ptr<ConnectorInstance>> host_connector(const HostedComponent& component,
                                                                const Isolation& isolation, HostServices& services);
base::Result<std::unique_ptr<SourceTaskInstance>> host_source_task(const HostedComponent& component,
                                                                   const Isolation& isolation, HostServices& services);
base::Result<std::unique_ptr<SinkTaskInstance>> host_sink_task(const HostedComponent& component,
                                                               const Isolation& isolation, HostServices& services);

}  // namespace sluice::plugin
