#pragma once
// A task of the component under test, with everything it needs around it: made as the worker makes one.

#include <memory>
#include <string>
#include <type_traits>

#include "runtime/plugin/check_tests.h"
#include "runtime/plugin/instance.h"

namespace sluice::plugin {

// The configuration of the first task that the connector gives.
base::Result<config::ConfigMap> first_task_config(const CheckSubject& subject);

template <typename Instance>
struct CheckTask {
  CheckServices services;
  std::unique_ptr<Instance> instance;

  base::Status create(const CheckSubject& subject) {
    ConnectorComponent component = subject.connector;
    component.isolation.task = 0;
    if constexpr (std::is_same_v<Instance, SourceTaskInstance>) {
      SLUICE_TRY_ASSIGN(instance, component.make_source_task(services));
    } else {
      SLUICE_TRY_ASSIGN(instance, component.make_sink_task(services));
    }
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
using CheckSource = CheckTask<SourceTaskInstance>;
using CheckSink = CheckTask<SinkTaskInstance>;

}  // namespace sluice::plugin
