#include "runtime/plugin/connector_component.h"

#include "runtime/plugin/hosted_instance.h"

namespace sluice::plugin {

base::Result<std::unique_ptr<ConnectorInstance>> ConnectorComponent::make_connector(HostServices& services) const {
  if (hosted != nullptr) return host_connector(*hosted, isolation, services);
  return ConnectorInstance::create(*connector, services);
}

base::Result<std::unique_ptr<SourceTaskInstance>> ConnectorComponent::make_source_task(HostServices& services) const {
  if (hosted != nullptr) return host_source_task(*hosted, isolation, services);
  return SourceTaskInstance::create(*source_task, services);
}

base::Result<std::unique_ptr<SinkTaskInstance>> ConnectorComponent::make_sink_task(HostServices& services) const {
  if (hosted != nullptr) return host_sink_task(*hosted, isolation, services);
  return SinkTaskInstance::create(*sink_task, services);
}

}  // namespace sluice::plugin
