#pragma once
// Creates the topics of a source task before their first record (spec connect-runtime.md section 3.2, KIP-158). Used on
// the task's thread. Without topic.creation.* keys, or with topic.creation.enable=false, it does nothing and the
// brokers' auto-creation decides.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/config/topic_creation.h"
#include "runtime/kafka/admin.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

class TopicCreator {
 public:
  static base::Result<std::unique_ptr<TopicCreator>> make(const WorkerContext& worker,
                                                          const config::ConnectorConfig& connector,
                                                          const base::TaskId& task);

  // Looks at each topic once; cheap after that. Errors: kRetry for what may pass, else the task must fail.
  base::Status ensure(std::string_view topic);

 private:
  TopicCreator() = default;
  std::optional<config::TopicCreationGroups> groups_;
  std::unique_ptr<kafka::Admin> admin_;
  std::set<std::string, std::less<>> ensured_;
};

}  // namespace sluice::task
