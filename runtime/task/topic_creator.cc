#include "runtime/task/topic_creator.h"

#include <chrono>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/task/client_settings.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.AbstractWorkerSourceTask"};
constexpr std::chrono::seconds kAdminTimeout{60};

}  // namespace

base::Result<std::unique_ptr<TopicCreator>> TopicCreator::make(const WorkerContext& worker,
                                                               const config::ConnectorConfig& connector,
                                                               const base::TaskId& task) {
  std::unique_ptr<TopicCreator> creator(new TopicCreator);
  if (!worker.config->topic_creation_enabled() || !connector.topic_creation_configured()) return creator;
  SLUICE_TRY_ASSIGN(creator->groups_, config::TopicCreationGroups::make(connector.originals()));
  SLUICE_TRY_ASSIGN(const kafka::ClientConfig client,
                    admin_config(worker, connector, "connector-adminclient-" + task.to_string()));
  SLUICE_TRY_ASSIGN(creator->admin_, kafka::Admin::create(client));
  return creator;
}

base::Status TopicCreator::ensure(std::string_view topic) {
  if (!groups_ || ensured_.contains(topic)) return {};
  SLUICE_TRY_ASSIGN(const auto existing, admin_->describe_topic(topic, kAdminTimeout));
  if (existing) {
    ensured_.emplace(topic);
    return {};
  }
  const config::TopicCreationGroup& group = groups_->group_for(topic);
  kafka::NewTopic wanted{std::string(topic), group.partitions, group.replication_factor, {}};
  for (const auto& [key, value] : group.topic_config)
    if (value) wanted.configs[key] = *value;
  auto created = admin_->create_topic_if_missing(wanted, kAdminTimeout);
  if (!created) {
    return base::fail(
        base::Error(
            created.error().code(), base::exceptions::kConnect,
            fmt::format(
                "Task failed to create new topic (name={}). Ensure that the task is authorized to create topics or "
                "that the topic exists and restart the task",
                topic))
            .with_cause(std::move(created).error()));
  }
  ensured_.emplace(topic);
  if (*created) kLog.info("Created topic '{}' using creation group {}", topic, group.name);
  return {};
}

}  // namespace sluice::task
