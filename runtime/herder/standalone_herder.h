#pragma once
// The herder of a worker that stands alone (spec connect-runtime.md section 6.12): configurations, target states and
// statuses live in memory, source offsets in the offset store. REST threads post requests to the herder thread and
// wait; changes to one connector happen one after another (operation_queue.h); what may block or call plugins happens
// on pools and on the instances' own threads.
//
// Where Connect's standalone worker answers oddly, the answer is the same here as long as a client can see it.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/herder/command_loop.h"
#include "runtime/herder/herder_core.h"
#include "runtime/herder/lifecycle.h"
#include "runtime/herder/operation_queue.h"
#include "runtime/herder/restart_plan.h"
#include "runtime/herder/self_healing.h"
#include "runtime/herder/status_book.h"

namespace sluice::herder {

class StandaloneHerder final : public Herder {
 public:
  explicit StandaloneHerder(HerderParts parts);
  ~StandaloneHerder() override;

  // Before the first connector: "host:port" of the advertised URL.
  void set_worker_id(std::string worker_id) { statuses_.set_worker_id(std::move(worker_id)); }
  // [any] GET / shows it from now on.
  void set_kafka_cluster_id(std::string cluster_id) { core_.set_kafka_cluster_id(std::move(cluster_id)); }
  // The connectors of the command line exist: health says so.
  void set_ready() { ready_ = true; }

  base::Status start() override;
  void request_stop() override;
  void stop() override;

  ServerInfo server_info() override;
  Health health(Deadline deadline) override;
  base::Result<std::vector<std::string>> connectors(Deadline deadline) override;
  base::Result<ConnectorInfo> connector_info(std::string_view connector, Deadline deadline) override;
  base::Result<config::ConfigMap> connector_config(std::string_view connector, Deadline deadline) override;
  base::Result<ConnectorStateInfo> connector_status(std::string_view connector) override;
  base::Result<TaskStateInfo> task_status(const base::TaskId& task) override;
  base::Result<ConnectorHealth> connector_health(std::string_view connector) override;
  base::Result<std::vector<HealthEvent>> connector_history(std::string_view connector) override;
  base::Result<std::vector<TaskInfo>> task_infos(std::string_view connector, Deadline deadline) override;
  base::Result<ConnectorInfo> create_connector(const CreateRequest& request, Deadline deadline) override;
  base::Result<Created> put_connector_config(std::string_view connector, const config::ConfigMap& config,
                                             Deadline deadline) override;
  base::Result<ConnectorInfo> patch_connector_config(std::string_view connector, const config::ConfigMap& patch,
                                                     Deadline deadline) override;
  base::Status delete_connector(std::string_view connector, Deadline deadline) override;
  base::Status restart_connector(std::string_view connector, Deadline deadline) override;
  base::Result<ConnectorStateInfo> restart_connector_and_tasks(const RestartRequest& request,
                                                               Deadline deadline) override;
  base::Status restart_task(const base::TaskId& task, Deadline deadline) override;
  base::Status pause_connector(std::string_view connector, Deadline deadline) override;
  base::Status resume_connector(std::string_view connector, Deadline deadline) override;
  base::Status stop_connector(std::string_view connector, Deadline deadline) override;
  base::Result<std::vector<std::string>> active_topics(std::string_view connector) override;
  base::Status reset_active_topics(std::string_view connector) override;
  base::Result<std::vector<OffsetInfo>> connector_offsets(std::string_view connector, Deadline deadline) override;
  base::Result<std::string> alter_connector_offsets(std::string_view connector, const std::vector<OffsetInfo>& offsets,
                                                    Deadline deadline) override;
  base::Result<std::string> reset_connector_offsets(std::string_view connector, Deadline deadline) override;
  base::Result<config::ConfigInfos> validate_connector_config(const config::ConfigMap& config,
                                                              Deadline deadline) override;
  base::Result<task::TransformPreview> preview_transforms(task::PreviewRequest request) override;
  base::Status put_task_configs(std::string_view connector, const std::vector<config::ConfigMap>& configs,
                                const InternalRequest& request, Deadline deadline) override;
  base::Status fence_zombies(std::string_view connector, const InternalRequest& request, Deadline deadline) override;
  base::Status set_cluster_logger_level(std::string_view logger, std::string_view level) override;

 private:
  struct Connector {
    ConnectorSpec spec;
    std::vector<config::ConfigMap> task_configs;  // raw
    config::ConfigMap applied;                    // the connector's configuration that task_configs were made from
    std::uint64_t reload_number = 0;              // of the latest reload that is due
    bool reconfiguring = false;                   // new task configurations are asked for already
  };

  // Requests (standalone_herder.cc) run `command` on the herder thread and wait for the reply.
  template <typename T>
  base::Result<T> change(const std::string& connector, Deadline deadline, std::string stage,
                         std::function<void(Reply<T>, Turn)> operation);
  template <typename T>
  base::Result<T> read(std::string_view connector, Deadline deadline, std::function<T(const Connector&)> of);
  base::Result<Created> put_after_validation(const std::string& connector, const config::ConfigMap& config,
                                             std::optional<TargetState> target, bool replace, Deadline deadline);
  base::Status set_target(std::string_view connector, TargetState target, Deadline deadline);
  base::Result<std::string> modify_offsets(std::string_view connector, std::optional<std::vector<OffsetInfo>> offsets,
                                           Deadline deadline);

  // Operations (standalone_operations.cc), all on the herder thread; `turn` is held until the last step.
  void put_connector(const std::string& name, config::ConfigMap config, std::optional<TargetState> target, bool replace,
                     Validated validated, Reply<Created> reply, Turn turn);
  void start_stored(const std::string& name, Turn turn, Lifecycle::Then then);
  void remove_connector(const std::string& name, Reply<void> reply, Turn turn);
  void restart_instance(const std::string& name, Reply<void> reply, Turn turn);
  void restart_parts(const RestartRequest& request, std::optional<Reply<ConnectorStateInfo>> reply, Turn turn);
  void run_plan(const RestartPlan& plan, std::optional<Reply<ConnectorStateInfo>> reply, Turn turn);
  bool heal(const base::TaskId& id);
  void heal_connector(const std::string& name, Turn turn);
  void watch();
  void restart_one_task(const base::TaskId& task, Reply<void> reply, Turn turn);
  void apply_target(const std::string& name, Turn turn);
  void stop_running(const std::string& name, Reply<void> reply, Turn turn);
  void update_tasks(const std::string& name, Turn turn, Lifecycle::Then then);
  void replace_tasks(const std::string& name, std::vector<config::ConfigMap> raw, Turn turn, Lifecycle::Then then);
  void drop_tasks(const std::string& name, Lifecycle::Finished then);
  void change_offsets(const std::string& name, std::optional<std::vector<OffsetInfo>> offsets, Deadline deadline,
                      Reply<std::string> reply, Turn turn);
  void reconfigure(const std::string& name);
  void reload(const std::string& name, std::chrono::milliseconds after);

  Connector* find(const std::string& name);
  ConnectorInfo info_of(const Connector& connector) const;

  HerderCore core_;
  MemoryStatusBook statuses_;
  const std::shared_ptr<CommandLoop> loop_;
  SelfHealing healing_;
  Lifecycle lifecycle_;
  OperationQueue operations_;
  std::map<std::string, Connector> connectors_;
  std::atomic<bool> ready_{false};
};

}  // namespace sluice::herder
