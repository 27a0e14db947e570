#pragma once
// What every herder does the same way, wherever it keeps its connectors: takes requests to the herder thread, validates
// configurations and changes offsets on a pool (both call plugins, which may hang), answers what concerns the worker.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/herder/command_loop.h"
#include "runtime/herder/connector_probe.h"
#include "runtime/herder/health_book.h"
#include "runtime/herder/herder.h"
#include "runtime/herder/lifecycle.h"
#include "runtime/herder/offset_operations.h"
#include "runtime/herder/reply.h"
#include "runtime/herder/status_book.h"
#include "runtime/herder/validation.h"
#include "runtime/herder/work_pool.h"
#include "runtime/herder/zombie_fencing.h"

namespace sluice::herder {

// What a herder is made of; all pointers must outlive it. The last ones are for tests.
struct HerderParts {
  const task::WorkerContext* worker = nullptr;
  const config::ComponentCatalog* catalog = nullptr;
  config::WorkerConverters converters;
  std::shared_ptr<const config::ClientOverridePolicy> override_policy;
  std::string version;  // of the worker, as GET / shows it
  std::string commit;

  ConnectorProbe* probe = nullptr;  // null: asks the worker's plugins
  RunnerFactories runners = {};
  SinkOffsetAdminFactory sink_admin = make_kafka_sink_offset_admin;
  ZombieFencer fence = fence_zombies;
};

base::Error not_found(std::string message);
base::Error too_many_requests();

// What the book says. Error: NotFoundException with Connect's text, before the first status.
base::Result<ConnectorStateInfo> status_of(const StatusBook& statuses, std::string_view connector);
base::Result<TaskStateInfo> status_of(const StatusBook& statuses, const base::TaskId& task);

// PATCH config: a null text removes its key.
void apply_patch(config::ConfigMap& config, const config::ConfigMap& patch);

class HerderCore {
 public:
  // `worker_group_id`: of a worker that shares its connectors with others.
  HerderCore(HerderParts parts, std::shared_ptr<CommandLoop> loop, std::optional<std::string> worker_group_id);

  const HerderParts& parts() const { return parts_; }
  const task::WorkerContext& worker() const { return *parts_.worker; }
  const std::shared_ptr<CommandLoop>& loop() const { return loop_; }
  ConnectorProbe& probe() const { return probe_; }

  // [REST] Runs `command` on the herder thread and waits for the reply.
  template <typename T>
  base::Result<T> ask(Deadline deadline, std::string stage, std::function<void(Reply<T>)> command);
  template <typename T>
  Awaited<T> awaited() {
    return Awaited<T>(*parts_.worker->clock, &closed_);
  }

  // [REST] Answers from the pool.
  base::Result<config::ConfigInfos> validate_config(const config::ConfigMap& config, Deadline deadline);
  base::Result<task::TransformPreview> preview_transforms(task::PreviewRequest request);
  // [any] Validates on the pool; a good configuration goes on with `then` on the herder thread, a bad one is the reply.
  template <typename T>
  void validated(config::ConfigMap config, Reply<T> reply, std::function<void(Validated)> then);

  // [any]
  HealthBook& health_book() { return health_book_; }
  base::Result<ConnectorHealth> connector_health(const StatusBook& statuses, std::string_view connector) const;
  base::Result<std::vector<HealthEvent>> connector_history(const StatusBook& statuses,
                                                           std::string_view connector) const;
  ServerInfo server_info();
  void set_kafka_cluster_id(std::string cluster_id);
  // [REST] `ready`: the worker has completed its start.
  Health health(bool ready, Deadline deadline);

  // [herder thread] On the pool; the answer from there.
  void read_offsets(const ConnectorSpec& spec, Deadline deadline, const Reply<std::vector<OffsetInfo>>& reply);
  // Nothing: resets them. False: too much work waits; `done` is dropped.
  bool change_offsets(const ConnectorSpec& spec, std::optional<std::vector<OffsetInfo>> offsets, Deadline deadline,
                      std::function<void(base::Result<std::string>)> done);

  // [any] Work that may block or call plugins. False: too much waits already.
  bool submit(WorkPool::Work work) { return plugin_pool_.submit(std::move(work)); }

  // Requests that still wait are answered from now on.
  void close() { closed_ = true; }
  void stop_pool(std::chrono::steady_clock::time_point deadline) { plugin_pool_.stop(deadline); }

 private:
  // [REST] Runs `work` on the pool and waits for its result.
  template <typename T>
  base::Result<T> ask_pool(Deadline deadline, std::string stage, std::function<base::Result<T>(StageTracker&)> work);
  OffsetTools offset_tools();
  // Makes the subject of an offset operation, on the pool: it reads secrets.
  std::function<base::Result<OffsetSubject>()> subject_maker(const ConnectorSpec& spec);

  const HerderParts parts_;
  PluginConnectorProbe plugin_probe_;
  ConnectorProbe& probe_;
  const ValidationTools validation_;
  const std::shared_ptr<CommandLoop> loop_;
  HealthBook health_book_;
  WorkPool plugin_pool_;  // may hang: validation and offsets call plugins
  std::atomic<bool> closed_{false};
  std::mutex cluster_id_mutex_;
  std::string cluster_id_;
};

template <typename T>
base::Result<T> HerderCore::ask(Deadline deadline, std::string stage, std::function<void(Reply<T>)> command) {
  Awaited<T> answer = awaited<T>();
  {
    auto reply = answer.reply();
    reply.stage(stage);
    if (!loop_->request(std::move(stage), [command = std::move(command), reply] { command(reply); })) {
      if (loop_->stopped()) return base::fail(worker_is_shutting_down());
      return base::fail(too_many_requests());
    }
  }
  return answer.wait(deadline);
}

template <typename T>
base::Result<T> HerderCore::ask_pool(Deadline deadline, std::string stage,
                                     std::function<base::Result<T>(StageTracker&)> work) {
  Awaited<T> answer = awaited<T>();
  {
    const auto reply = answer.reply();
    reply.stage(std::move(stage));
    if (!plugin_pool_.submit([work = std::move(work), reply] { reply.complete(work(reply.stages())); }))
      return base::fail(too_many_requests());
  }
  return answer.wait(deadline);
}

template <typename T>
void HerderCore::validated(config::ConfigMap config, Reply<T> reply, std::function<void(Validated)> then) {
  reply.stage("waiting for a new thread to become available for connector validation");
  const bool accepted = plugin_pool_.submit([this, loop = loop_, config = std::move(config), reply, then] {
    auto outcome = validate(validation_, config, reply.stages());
    if (!outcome) return reply.fail(std::move(outcome).error());
    if (auto good = refuse_if_invalid(outcome->infos); !good) return reply.fail(std::move(good).error());
    loop->post([then, outcome = std::move(*outcome)] { then(outcome); });
  });
  if (!accepted) reply.fail(too_many_requests());
}

}  // namespace sluice::herder
