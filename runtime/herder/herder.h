#pragma once
// The herder owns the connectors of a worker. REST talks to this interface only; StandaloneHerder keeps everything in
// memory, the distributed one shares it through Kafka.
//
// Threads: every call may come from any thread. A call posts a command to the herder thread and waits for its answer
// until the deadline; the herder thread itself never runs plugin code and never blocks on one. After the deadline the
// answer is a kTimeout error with Connect's text ("Request timed out. The worker is currently ..."); the command may
// still take effect.
//
// Errors carry the Java exception that Connect throws, and rest/ maps it to a status: exceptions::kNotFound -> 404,
// kAlreadyExists -> 409, kBadRequest -> 400, kConnectRest -> its rest_status(), anything else 500. kNotLeader,
// kNotAssigned: another worker must be asked, Error::redirect() is its URL (empty: none is known now).
// kRebalanceNeeded: not before the configuration that was just written has been taken over.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_infos.h"
#include "runtime/herder/health.h"
#include "runtime/herder/types.h"
#include "runtime/task/transform_preview.h"

namespace sluice::herder {

using Deadline = std::chrono::steady_clock::time_point;

class Herder {
 public:
  virtual ~Herder() = default;

  // Lifecycle, on the thread of main: start returns when commands are accepted; request_stop may come from any thread
  // and does not block; stop drains tasks and connectors within their configured times, and joins.
  virtual base::Status start() = 0;
  virtual void request_stop() = 0;
  virtual void stop() = 0;

  virtual ServerInfo server_info() = 0;
  virtual Health health(Deadline deadline) = 0;

  virtual base::Result<std::vector<std::string>> connectors(Deadline deadline) = 0;
  virtual base::Result<ConnectorInfo> connector_info(std::string_view connector, Deadline deadline) = 0;
  virtual base::Result<config::ConfigMap> connector_config(std::string_view connector, Deadline deadline) = 0;
  virtual base::Result<ConnectorStateInfo> connector_status(std::string_view connector) = 0;
  virtual base::Result<TaskStateInfo> task_status(const base::TaskId& task) = 0;
  virtual base::Result<std::vector<TaskInfo>> task_infos(std::string_view connector, Deadline deadline) = 0;

  // How it is and why, and what led there; answered without the herder thread. Parts that run on other workers are
  // judged by their states alone.
  virtual base::Result<ConnectorHealth> connector_health(std::string_view connector) = 0;
  virtual base::Result<std::vector<HealthEvent>> connector_history(std::string_view connector) = 0;

  // POST /connectors: refuses an existing name. PUT config: creates or updates. Both validate first.
  virtual base::Result<ConnectorInfo> create_connector(const CreateRequest& request, Deadline deadline) = 0;
  virtual base::Result<Created> put_connector_config(std::string_view connector, const config::ConfigMap& config,
                                                     Deadline deadline) = 0;
  virtual base::Result<ConnectorInfo> patch_connector_config(std::string_view connector, const config::ConfigMap& patch,
                                                             Deadline deadline) = 0;
  virtual base::Status delete_connector(std::string_view connector, Deadline deadline) = 0;

  virtual base::Status restart_connector(std::string_view connector, Deadline deadline) = 0;
  virtual base::Result<ConnectorStateInfo> restart_connector_and_tasks(const RestartRequest& request,
                                                                       Deadline deadline) = 0;
  virtual base::Status restart_task(const base::TaskId& task, Deadline deadline) = 0;
  virtual base::Status pause_connector(std::string_view connector, Deadline deadline) = 0;
  virtual base::Status resume_connector(std::string_view connector, Deadline deadline) = 0;
  virtual base::Status stop_connector(std::string_view connector, Deadline deadline) = 0;

  virtual base::Result<std::vector<std::string>> active_topics(std::string_view connector) = 0;
  virtual base::Status reset_active_topics(std::string_view connector) = 0;

  virtual base::Result<std::vector<OffsetInfo>> connector_offsets(std::string_view connector, Deadline deadline) = 0;
  // An offset text of "null" forgets that partition. Returns the message to show.
  virtual base::Result<std::string> alter_connector_offsets(std::string_view connector,
                                                            const std::vector<OffsetInfo>& offsets,
                                                            Deadline deadline) = 0;
  virtual base::Result<std::string> reset_connector_offsets(std::string_view connector, Deadline deadline) = 0;

  // Validation runs on a thread of its own pool, never on the herder thread. The name is the class given in the
  // configuration.
  virtual base::Result<config::ConfigInfos> validate_connector_config(const config::ConfigMap& config,
                                                                      Deadline deadline) = 0;

  // Runs on the same pool, until the request's deadline. Nothing of the worker's state has a part in it.
  virtual base::Result<task::TransformPreview> preview_transforms(task::PreviewRequest request) = 0;

  // Worker to worker (spec connect-runtime.md section 1.5). The signature is checked first, on the caller's thread.
  virtual base::Status put_task_configs(std::string_view connector, const std::vector<config::ConfigMap>& configs,
                                        const InternalRequest& request, Deadline deadline) = 0;
  virtual base::Status fence_zombies(std::string_view connector, const InternalRequest& request, Deadline deadline) = 0;

  // A logger's level on every worker of the cluster, this one too.
  virtual base::Status set_cluster_logger_level(std::string_view logger, std::string_view level) = 0;
};

}  // namespace sluice::herder
