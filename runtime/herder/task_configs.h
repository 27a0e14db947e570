#pragma once
// What the framework adds to the task configurations that a connector gives: `task.class`, and a sink's topics (spec
// connect-runtime.md section 6.3). Pure.

#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/herder/connector_probe.h"

namespace sluice::herder {

// The name of the Java task that belongs to a Java connector: what clients find in `task.class`.
std::string task_class_of(std::string_view connector_class);

inline constexpr const char* kTooManyTasksException = "org.apache.kafka.connect.runtime.TooManyTasksException";

struct TaskLimits {
  int max = 1;
  bool enforced = true;
};

// `connector_config`: resolved. Error: more tasks than tasks.max allows, with Connect's text.
base::Result<std::vector<config::ConfigMap>> complete_task_configs(std::string_view connector,
                                                                   std::string_view connector_class,
                                                                   const config::ConfigMap& connector_config,
                                                                   const TaskLimits& limits,
                                                                   std::vector<config::ConfigMap> task_configs);

}  // namespace sluice::herder
