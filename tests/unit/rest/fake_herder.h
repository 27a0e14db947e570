#pragma once
// A herder in memory with the handles that tests need: connectors that exist at once, an error to give next, and calls
// that hang until released.

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/herder/herder.h"

namespace sluice::rest {

class FakeHerder final : public herder::Herder {
 public:
  using Deadline = herder::Deadline;

  // Controls.
  void fail_next(base::Error error) { fail_with(std::move(error), 1); }
  // Every call with a deadline gives this error, `times` times.
  void fail_with(base::Error error, int times = 1 << 30);
  int calls();     // with a deadline, so far
  void cork();     // calls with a deadline hang ...
  void release();  // ... until this, or until their deadline
  void wait_for_hanging(int calls);
  void set_trace(const std::string& connector, std::string trace);
  std::vector<herder::OffsetInfo> offsets;
  herder::Health health_answer{herder::Health::Status::kHealthy,
                               "Worker has completed startup and is ready to handle requests."};
  std::optional<herder::TargetState> last_initial_state;
  config::ConfigMap last_config;
  herder::RestartRequest last_restart;
  std::chrono::steady_clock::duration last_budget{};
  herder::InternalRequest last_internal;
  std::vector<config::ConfigMap> last_task_configs;
  std::string last_cluster_logger;
  std::optional<task::PreviewRequest> last_preview;
  task::TransformPreview preview;

  base::Status start() override { return {}; }
  void request_stop() override {}
  void stop() override {}
  herder::ServerInfo server_info() override { return {"4.3.1", "abc", "cluster-1"}; }
  herder::Health health(Deadline deadline) override;
  base::Result<std::vector<std::string>> connectors(Deadline) override;
  base::Result<herder::ConnectorInfo> connector_info(std::string_view connector, Deadline) override;
  base::Result<config::ConfigMap> connector_config(std::string_view connector, Deadline) override;
  base::Result<herder::ConnectorStateInfo> connector_status(std::string_view connector) override;
  base::Result<herder::TaskStateInfo> task_status(const base::TaskId& task) override;
  base::Result<herder::ConnectorHealth> connector_health(std::string_view connector) override;
  base::Result<std::vector<herder::HealthEvent>> connector_history(std::string_view connector) override;
  base::Result<std::vector<herder::TaskInfo>> task_infos(std::string_view connector, Deadline) override;
  base::Result<herder::ConnectorInfo> create_connector(const herder::CreateRequest& request, Deadline) override;
  base::Result<herder::Created> put_connector_config(std::string_view connector, const config::ConfigMap& config,
                                                     Deadline) override;
  base::Result<herder::ConnectorInfo> patch_connector_config(std::string_view connector, const config::ConfigMap& patch,
                                                             Deadline) override;
  base::Status delete_connector(std::string_view connector, Deadline) override;
  base::Status restart_connector(std::string_view connector, Deadline) override;
  base::Result<herder::ConnectorStateInfo> restart_connector_and_tasks(const herder::RestartRequest& request,
                                                                       Deadline) override;
  base::Status restart_task(const base::TaskId& task, Deadline) override;
  base::Status pause_connector(std::string_view connector, Deadline) override;
  base::Status resume_connector(std::string_view connector, Deadline) override;
  base::Status stop_connector(std::string_view connector, Deadline) override;
  base::Result<std::vector<std::string>> active_topics(std::string_view connector) override;
  base::Status reset_active_topics(std::string_view connector) override;
  base::Result<std::vector<herder::OffsetInfo>> connector_offsets(std::string_view connector, Deadline) override;
  base::Result<std::string> alter_connector_offsets(std::string_view connector,
                                                    const std::vector<herder::OffsetInfo>& changes, Deadline) override;
  base::Result<std::string> reset_connector_offsets(std::string_view connector, Deadline) override;
  base::Result<config::ConfigInfos> validate_connector_config(const config::ConfigMap& config, Deadline) override;
  base::Result<task::TransformPreview> preview_transforms(task::PreviewRequest request) override;
  base::Status put_task_configs(std::string_view connector, const std::vector<config::ConfigMap>& configs,
                                const herder::InternalRequest& request, Deadline) override;
  base::Status fence_zombies(std::string_view connector, const herder::InternalRequest& request, Deadline) override;
  base::Status set_cluster_logger_level(std::string_view logger, std::string_view level) override;

 private:
  base::Status enter(Deadline deadline);  // hangs while corked; gives the error planned
  base::Status known(std::string_view connector, std::string_view text);
  herder::ConnectorInfo info_of(const std::string& connector) const;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool corked_ = false;
  int hanging_ = 0;
  std::optional<base::Error> next_error_;
  int errors_left_ = 0;
  int calls_ = 0;
  std::map<std::string, config::ConfigMap, std::less<>> configs_;
  std::map<std::string, std::string, std::less<>> traces_;
};

}  // namespace sluice::rest
