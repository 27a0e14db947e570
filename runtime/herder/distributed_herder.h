#pragma once
// The herder of a worker in a cluster (spec connect-runtime.md sections 5.6 to 5.12): configurations are shared through
// the config topic, statuses through the status topic, the work through the group. REST threads post requests to the
// herder thread and wait; requests that only the leader, or the owner of a connector, can answer are errors that name
// that worker, and rest/ forwards them.
//
// The herder thread never waits: the stores, the group and the plugins answer by posting to it. Where Connect answers
// "a rebalance is under way", a request waits for a short one here.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/threads.h"
#include "runtime/group/membership.h"
#include "runtime/herder/herder_core.h"
#include "runtime/herder/leader_client.h"
#include "runtime/herder/lifecycle.h"
#include "runtime/herder/local_work.h"
#include "runtime/herder/operation_queue.h"
#include "runtime/herder/self_healing.h"
#include "runtime/herder/session_keys.h"
#include "runtime/herder/shared_status_book.h"
#include "runtime/herder/worker_group.h"
#include "runtime/store/config_store.h"
#include "runtime/store/status_store.h"

namespace sluice::herder {

// What connects a herder with its cluster; all outlive it, and it starts and stops the stores and the membership.
struct ClusterParts {
  store::ConfigStore* configs = nullptr;
  store::StatusStore* statuses = nullptr;
  group::Membership* membership = nullptr;
  LeaderClient* leader = nullptr;
  std::string worker_id;       // "host:port" of the advertised URL
  std::string advertised_url;  // ends with a slash
  // [any] The worker cannot go on: an internal topic cannot be read.
  std::function<void(const base::Error&)> on_fatal;
};

class DistributedHerder final : public Herder, private GroupHost, private store::ConfigListener {
 public:
  DistributedHerder(HerderParts parts, ClusterParts cluster);
  ~DistributedHerder() override;

  // Returns at once: the internal topics are read in the background, requests wait until they are.
  base::Status start() override;
  void request_stop() override;
  void stop() override;
  void set_kafka_cluster_id(std::string cluster_id) { core_.set_kafka_cluster_id(std::move(cluster_id)); }

  ServerInfo server_info() override { return core_.server_info(); }
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
  using Command = std::function<void()>;

  // Requests (distributed_requests.cc).
  template <typename T>
  base::Result<T> ask_settled(Deadline deadline, std::string stage, bool configs_settled,
                              std::function<void(Reply<T>)> command);
  template <typename T>
  base::Result<T> read(std::string_view connector, Deadline deadline,
                       std::function<T(const store::ConnectorConfigState&)> of);
  base::Status await_ready(Deadline deadline);
  template <typename T>
  base::Result<T> lead(std::string connector, Deadline deadline, std::string stage, std::string_view not_leader,
                       std::function<void(Reply<T>, Turn)> operation);
  base::Result<Created> put_after_validation(const std::string& connector, const config::ConfigMap& config,
                                             std::optional<TargetState> target, bool replace, Deadline deadline);
  base::Status set_target(std::string_view connector, TargetState target, Deadline deadline);
  base::Result<std::string> modify_offsets(std::string_view connector, std::optional<std::vector<OffsetInfo>> offsets,
                                           Deadline deadline);
  base::Error not_leader(std::string_view text) const;
  // [herder thread] Runs `command` once the group is settled, or `expired` if it is not for too long.
  void when_settled(bool configs_settled, Command command, Command expired);
  void run_waiting();

  // Operations (distributed_operations.cc), on the herder thread.
  void put_connector(const std::string& name, const config::ConfigMap& config, std::optional<TargetState> target,
                     bool replace, const Reply<Created>& reply, const Turn& turn);
  void stop_everywhere(const std::string& name, const Reply<void>& reply, const Turn& turn);
  void change_offsets(const std::string& name, std::optional<std::vector<OffsetInfo>> offsets, Deadline deadline,
                      const Reply<std::string>& reply, const Turn& turn);
  void restart_here(const RestartRequest& request);
  bool heal(const base::TaskId& id);
  void reconfigure(const std::string& name);
  void generate_tasks(const std::string& name, const Turn& turn);
  void publish_tasks(const std::string& name, std::vector<config::ConfigMap> raw);
  void published(const std::string& name, const base::Status& outcome);
  void retry_reconfiguration(const std::string& name, const base::Error& why);
  // Every few seconds: mends what writes that came late, or were cut short, have left behind in the config topic.
  void check_tasks();
  void empty_stopped(const std::string& name);
  void reload(const std::string& name, std::chrono::milliseconds after);
  void rotate_session_key();
  void fence(const std::string& name, const Reply<void>& reply);
  void fence_old_tasks(const std::string& name);
  void fenced(const std::string& name, const base::Status& outcome);
  std::shared_ptr<const task::ExactlyOnceGate> gate_of(const base::TaskId& task);
  void fence_by_leader(const std::string& name, Deadline deadline, const Reply<void>& reply);
  void verify(const base::TaskId& task, std::int64_t generation, const Reply<void>& reply);

  // What the config topic says now; null: no such connector. Both stay valid on their own.
  std::shared_ptr<const store::ConnectorConfigState> find(const std::string& name) const;
  std::optional<Wanted> wanted(const std::string& name) const;
  ConnectorSpec spec_of(const std::string& name, const store::ConnectorConfigState& state,
                        std::optional<base::Error>& unusable) const;
  ConnectorType type_of(const config::ConfigMap& config) const;
  ConnectorInfo info_of(const std::string& name, const store::ConnectorConfigState& state) const;

  // GroupHost.
  std::int64_t config_offset() const override;
  ConfiguredWork configured() const override;
  void refresh_configs(std::chrono::milliseconds timeout, std::function<void(base::Status)> done) override;
  void release(std::function<void()> done) override;
  void settled() override;
  void unsettled(const base::Error& why) override;

  // ConfigListener, on the store's thread.
  void on_connector_updated(const std::string& connector) override;
  void on_connector_removed(const std::string& connector) override;
  void on_tasks_updated(const std::string& connector) override;
  void on_target_state_changed(const std::string& connector) override;
  void on_session_key(const store::SessionKey& key) override;
  void on_restart_request(const store::StoredRestartRequest& request) override;
  void on_logger_level(const std::string& logger, const std::string& level) override;
  void on_anomaly(const std::string& text) override;

  // Starting and ticking.
  void start_stores();
  void ready_to_join();
  void tick();
  void hand_over();
  void post(Command command);
  // A store's or the group's answer, taken to the herder thread.
  store::ConfigStore::Done on_herder(std::function<void(base::Status)> then);

  struct Waiting {
    bool configs_settled = false;
    std::chrono::steady_clock::time_point expires;
    Command command;
    Command expired;
  };
  struct Reconfiguration {
    bool queued = false;
    bool again = false;  // asked for while one was on its way
    bool force = false;  // publish even what is unchanged: a secret has another value
    int failures = 0;
    // What was last found to be right; nothing before the connector has said it.
    std::optional<std::vector<config::ConfigMap>> tasks;
    bool differed = false;          // from what is configured, at the last check
    std::uint64_t publication = 0;  // the latest that was begun
    std::uint64_t number = 0;       // of the latest retry or reload that is due
  };

  HerderCore core_;
  const ClusterParts cluster_;
  const std::shared_ptr<CommandLoop> loop_;
  SharedStatusBook statuses_;
  SelfHealing healing_;
  Lifecycle lifecycle_;
  LocalWork work_;
  OperationQueue writes_;  // of the leader, connector by connector
  WorkerGroup group_;
  SessionKeys keys_;

  std::set<std::string> known_;  // connectors whose appearance the group has been told of
  std::map<std::string, Reconfiguration> reconfigurations_;
  std::uint64_t last_publication_ = 0;
  std::map<std::string, std::uint64_t> reloads_;
  std::map<std::string, std::vector<Reply<void>>> fencing_;  // rounds that go on; many requests share one
  std::deque<Waiting> waiting_;
  std::set<std::string> task_configs_failed_;  // shown as FAILED for it
  std::set<std::string> stopped_with_tasks_;   // at the last check
  bool writes_claimed_ = false;
  bool key_being_written_ = false;
  std::uint64_t ticks_ = 0;
  bool closing_ = false;
  std::atomic<bool> ready_{false};    // the stores have been read
  std::atomic<bool> started_{false};  // and the group was joined once
  std::atomic<bool> stopping_{false};
  std::atomic<int> protocol_;  // that was last agreed on, for signatures
  std::mutex starter_mutex_;
  base::Thread starter_;
};

}  // namespace sluice::herder
