#pragma once
// A task of the component under test, with everything it needs around it: made as the worker makes one.

#include <memory>
#include <string>

#include "runtime/plugin/check_tests.h"
#include "runtime/plugin/instance.h"

namespace sluice::plugin {

// The configuration of the first task that the connector gives.
base::Result<config::ConfigMap> first_task_config(const CheckSubject& subject);

template <typename Instance, typename Table>
struct CheckTask {
  CheckServices services;
  std::unique_ptr<Instance> instance;

  base::Status create(const CheckSubject& subject) {
    const auto& connector = *static_cast<const sluice_connector_vtable*>(subject.component->vtable);
    SLUICE_TRY_ASSIGN(instance, Instance::create(*static_cast<const Table*>(connector.task_vtable), services));
    return {};
  }
  base::Status start(const CheckSubject& subject) {
    SLUICE_TRY(create(subject));
    SLUICE_TRY_ASSIGN(const config::ConfigMap config, first_task_config(subject));
    return instance->start(config);
  }
  void stop() {
    services.request_stop();
    instance->request_stop();
    instance->stop();
    instance.reset();
  }
};
using CheckSource = CheckTask<SourceTaskInstance, sluice_source_task_vtable>;
using CheckSink = CheckTask<SinkTaskInstance, sluice_sink_task_vtable>;

}  // namespace sluice::plugin
