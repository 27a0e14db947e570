#include "runtime/herder/task_configs.h"

#include "runtime/base/log.h"

namespace sluice::herder {

std::string task_class_of(std::string_view connector_class) {
  constexpr std::string_view kSuffix = "Connector";
  // Debezium's tasks keep the word.
  if (!connector_class.starts_with("io.debezium.") && connector_class.ends_with(kSuffix))
    connector_class.remove_suffix(kSuffix.size());
  return std::string(connector_class) + "Task";
}

base::Result<std::vector<config::ConfigMap>> complete_task_configs(std::string_view connector,
                                                                   std::string_view connector_class,
                                                                   const config::ConfigMap& connector_config,
                                                                   const TaskLimits& limits,
                                                                   std::vector<config::ConfigMap> task_configs) {
  for (auto& task : task_configs) {
    task.set("task.class", task_class_of(connector_class));
    for (const char* key : {"topics", "topics.regex"})
      if (const auto* text = connector_config.find(key)) task.set(key, *text);
  }
  if (task_configs.size() <= static_cast<std::size_t>(limits.max)) return task_configs;
  if (limits.enforced)
    return base::fail(base::Code::kFatal, kTooManyTasksException,
                      "The connector {} has generated {} tasks, which is greater than {}, the maximum number of tasks "
                      "it is configured to create. "
                      "This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted "
                      "by reconfiguring the connector "
                      "with 'tasks.max.enforce' set to false; however, this option will be removed in a future release "
                      "of Kafka Connect.",
                      connector, task_configs.size(), limits.max);
  static const base::Logger kLog{"org.apache.kafka.connect.runtime.Worker"};
  kLog.warn(
      "The connector {} has generated {} tasks, which is greater than {}, the maximum number of tasks it is configured "
      "to create",
      connector, task_configs.size(), limits.max);
  return task_configs;
}

}  // namespace sluice::herder
