#include "runtime/task/connector_runner.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/config/topic_creation.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/registry.h"
#include "runtime/task/connector_offsets.h"
#include "runtime/task/plugin_services.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.WorkerConnector"};

std::string_view state_name(ConnectorState state) {
  switch (state) {
    case ConnectorState::kStarted:
      return "STARTED";
    case ConnectorState::kPaused:
      return "PAUSED";
    case ConnectorState::kStopped:
      return "STOPPED";
  }
  return "STARTED";
}

base::Error runtime_error(std::string message) {
  return {base::Code::kFatal, base::exceptions::kConnect, std::move(message)};
}

class Runner;

// What a connector's plugin asks of its runner.
class ConnectorServices final : public PluginServices {
 public:
  ConnectorServices(Runner& runner, std::string connector, std::string logger, std::shared_ptr<metrics::Group> group,
                    store::OffsetStore* offsets, StopSignal& stop)
      : PluginServices(std::move(connector), std::move(logger), std::move(group), offsets, stop), runner_(runner) {}
  bool serves(Extension extension) const override {
    return extension == Extension::kConnectorContext || PluginServices::serves(extension);
  }
  void request_task_reconfiguration() override;
  void raise_error(base::Error error) override;
  bool is_task_thread() override { return false; }
  bool is_control_thread() override { return PluginServices::is_task_thread(); }

 private:
  Runner& runner_;
};

class Runner final : public ConnectorRunner, public std::enable_shared_from_this<Runner> {
 public:
  Runner(const WorkerContext& worker, config::ConnectorConfig config, ConnectorListener& listener)
      : worker_(worker),
        config_(std::move(config)),
        listener_(listener),
        metrics_(worker.metrics->group("connector-metrics", {{"connector", config_.name()}})),
        offsets_(worker, config_, config_.name()),
        services_(*this, config_.name(), config_.connector_class(), metrics_,
                  config_.kind() == config::ConnectorKind::kSource ? offsets_.store() : nullptr, stop_) {
    metrics_->text("connector-class", [name = config_.connector_class()] { return name; });
    metrics_->text("connector-type", [source = config_.kind() == config::ConnectorKind::kSource] {
      return std::string(source ? "source" : "sink");
    });
    metrics_->text("connector-version", [shown = shown_] { return shown->version(); });
    metrics_->text("status", [shown = shown_] { return std::string(shown->status.load()); });
    services_.track(progress_);
  }

  ~Runner() override {
    // tidy: allow(detach): not awaited, the thread ends by itself
    if (thread_.joinable()) thread_.detach();
  }

  void start(ConnectorState initial, TransitionCallback done) override {
    {
      std::lock_guard lock(mutex_);
      SLUICE_ASSERT(!thread_.joinable());
      target_ = Wish{initial, std::move(done)};
    }
    thread_ = std::thread([self = shared_from_this()] { self->thread_main(); });
  }

  void transition(ConnectorState target, TransitionCallback done) override {
    std::optional<Wish> replaced;
    {
      std::lock_guard lock(mutex_);
      replaced = std::exchange(target_, Wish{target, std::move(done)});
    }
    changed_.notify_all();
    if (!replaced) return;
    replaced->done(
        base::fail(runtime_error(fmt::format("Could not begin changing connector state to {} before another request to "
                                             "change state was made; the new request (which is to change "
                                             "the state to {}) has pre-empted this one",
                                             state_name(replaced->state), state_name(target)))));
  }

  void task_configs(int tasks_max, TaskConfigsCallback done) override {
    {
      std::lock_guard lock(mutex_);
      if (!ending_) {
        calls_.emplace_back(tasks_max, std::move(done));
        done = nullptr;
      }
    }
    changed_.notify_all();
    if (done) done(base::fail(runtime_error("The connector is being stopped")));
  }

  void request_stop() override {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
    }
    stop_.request();
    changed_.notify_all();
  }

  bool await(std::chrono::steady_clock::time_point deadline) override {
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) return true;
    if (!changed_.wait_until(lock, deadline, [&] { return ended_; })) return false;
    lock.unlock();
    thread_.join();
    return true;
  }

  void abandon() override {
    if (abandoned_.exchange(true)) return;
    kLog.error(
        "Connector '{}' failed to properly shut down, has become unresponsive, and may be consuming external "
        "resources. Correct the configuration for "
        "this connector or remove the connector. After fixing the connector, it may be necessary to restart this "
        "worker to release any consumed resources.",
        config_.name());
    {
      std::lock_guard lock(mutex_);
      if (instance_ != nullptr) instance_->kill();
    }
    // tidy: allow(detach): a plugin that hangs keeps its thread; nobody may wait for it
    if (thread_.joinable()) thread_.detach();
    listener_.on_connector_shutdown(config_.name());
  }

  bool is_running() const override { return running_.load(); }
  std::string version() const override { return shown_->version(); }
  std::shared_ptr<const TaskProgress> progress() const override { return progress_; }

  void request_task_reconfiguration() {
    if (!abandoned_ && running_) listener_.on_task_reconfiguration_requested(config_.name());
  }

  // [any] The control thread stops the instance when it can.
  void raise_error(base::Error error) {
    {
      std::lock_guard lock(mutex_);
      if (!raised_) raised_ = error;
    }
    changed_.notify_all();
  }

 private:
  struct Wish {
    ConnectorState state;
    TransitionCallback done;
  };
  enum class Phase { kInit, kStarted, kPaused, kStopped, kFailed };

  // Outlives the runner in the registry's readers.
  struct Shown {
    std::mutex mutex;
    std::string text;
    std::atomic<const char*> status{"unassigned"};
    std::string version() {
      std::lock_guard lock(mutex);
      return text;
    }
    void set_version(std::string version) {
      std::lock_guard lock(mutex);
      text = std::move(version);
    }
  };

  void thread_main() {
    pthread_setname_np(pthread_self(), ("conn-" + config_.name()).substr(0, 15).c_str());
    const base::LogContext context(config_.name(), std::nullopt);
    services_.set_owner_thread();
    while (step()) {
    }
    stop_instance();
    drop_instance();
    offsets_.stop();
    shown_->status = "unassigned";
    refuse_what_is_left();
    if (!abandoned_) listener_.on_connector_shutdown(config_.name());
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  // Does the next thing asked for. False: end.
  bool step() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ending_ || target_ || !calls_.empty() || raised_; });
    if (ending_) return false;
    if (raised_) {
      const base::Error error = *std::exchange(raised_, std::nullopt);
      lock.unlock();
      if (phase_ != Phase::kFailed) {
        stop_instance();
        fail(error);
      }
      return true;
    }
    if (target_) {
      Wish wish = *std::exchange(target_, std::nullopt);
      lock.unlock();
      change(wish);
      return true;
    }
    auto [tasks_max, done] = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    done(
        guarded<std::vector<config::ConfigMap>>([&, max = tasks_max]() -> base::Result<std::vector<config::ConfigMap>> {
          if (instance_ == nullptr) return base::fail(runtime_error("The connector has no running instance"));
          return instance_->task_configs(max);
        }));
    return true;
  }

  void change(const Wish& wish) {
    auto status = guarded<void>([&] { return reach(wish.state); });
    if (status) {
      wish.done(wish.state);
      return;
    }
    if (wish.state == ConnectorState::kStopped && phase_ != Phase::kInit) {
      // Stopping works even when the plugin fails at it.
      kLog.error("The connector failed while it was stopped: {}", status.error().to_string());
      reached_stopped();
      wish.done(wish.state);
      return;
    }
    wish.done(base::fail(status.error()));
  }

  base::Status reach(ConnectorState state) {
    if (phase_ == Phase::kFailed && state != ConnectorState::kStopped) {
      return base::fail(
          runtime_error(fmt::format("WorkerConnector{{id={}}} Cannot transition connector to {} since it has failed",
                                    config_.name(), state_name(state))));
    }
    auto status = state == ConnectorState::kStarted ? start_instance() : suspend(state);
    if (!status && state != ConnectorState::kStopped) fail(status.error());
    return status;
  }

  base::Status load() {
    if (instance_ != nullptr) return {};
    // Topics that cannot be created as the connector wants it are its failure, before any task's.
    if (worker_.config->topic_creation_enabled() && config_.topic_creation_configured())
      SLUICE_TRY(config::TopicCreationGroups::make(config_.originals()));
    SLUICE_TRY_ASSIGN(
        const plugin::ConnectorComponent component,
        worker_.plugins->connector(config_.connector_class(), {config_.isolation(), config_.name(), std::nullopt, {}}));
    shown_->set_version(component.version);
    SLUICE_TRY_ASSIGN(auto instance, component.make_connector(services_));
    std::lock_guard lock(mutex_);
    instance_ = std::move(instance);
    return {};
  }

  base::Status start_instance() {
    if (phase_ == Phase::kStarted) return {};
    SLUICE_TRY(load());
    SLUICE_TRY(offsets_.start());
    SLUICE_TRY(instance_->start(config_.originals()));
    running_ = true;
    shown_->status = "running";
    const Phase before = std::exchange(phase_, Phase::kStarted);
    if (abandoned_) return {};
    if (before == Phase::kInit)
      listener_.on_connector_startup(config_.name(), shown_->version());
    else
      listener_.on_connector_resume(config_.name());
    return {};
  }

  base::Status suspend(ConnectorState state) {
    if (state == ConnectorState::kPaused && phase_ == Phase::kPaused) return {};
    if (state == ConnectorState::kStopped && phase_ == Phase::kStopped) return {};
    if (phase_ == Phase::kInit) {
      // Known by its version even before it is first started.
      if (auto loaded = load(); !loaded && state == ConnectorState::kPaused) return loaded;
    }
    stop_instance();
    if (phase_ != Phase::kInit) drop_instance();  // an instance is started once; the next start makes another
    if (state == ConnectorState::kStopped) {
      reached_stopped();
      return {};
    }
    phase_ = Phase::kPaused;
    shown_->status = "paused";
    if (!abandoned_) listener_.on_connector_pause(config_.name());
    return {};
  }

  void reached_stopped() {
    phase_ = Phase::kStopped;
    running_ = false;
    shown_->status = "stopped";
    if (!abandoned_) listener_.on_connector_stop(config_.name());
  }

  void stop_instance() {
    running_ = false;
    if (instance_ == nullptr) return;
    static_cast<void>(guarded<void>([&]() -> base::Status {
      instance_->stop();
      return {};
    }));
  }

  // Its end may take a while, and abandon() must not wait.
  void drop_instance() {
    std::unique_ptr<plugin::ConnectorInstance> ended;
    std::lock_guard lock(mutex_);
    ended = std::move(instance_);
  }

  void fail(const base::Error& error) {
    phase_ = Phase::kFailed;
    running_ = false;
    shown_->status = "failed";
    kLog.error("WorkerConnector{{id={}}} Error while starting or running connector\n{}", config_.name(), error.trace());
    if (!abandoned_) listener_.on_connector_failure(config_.name(), error);
  }

  void refuse_what_is_left() {
    std::optional<Wish> wish;
    std::deque<std::pair<int, TaskConfigsCallback>> calls;
    {
      std::lock_guard lock(mutex_);
      wish = std::exchange(target_, std::nullopt);
      calls.swap(calls_);
    }
    const base::Error error = runtime_error("The connector is being stopped");
    if (wish) wish->done(base::fail(error));
    for (auto& [tasks_max, done] : calls) done(base::fail(error));
  }

  template <typename T, typename Operation>
  base::Result<T> guarded(Operation&& operation) {
    try {
      return operation();
    } catch (const std::exception& e) {
      return base::fail(base::Code::kBug, base::exceptions::kConnect, "The connector threw a C++ exception: {}",
                        e.what());
    }
  }

  const WorkerContext& worker_;
  const config::ConnectorConfig config_;
  ConnectorListener& listener_;
  StopSignal stop_;
  std::shared_ptr<Shown> shown_ = std::make_shared<Shown>();
  const std::shared_ptr<TaskProgress> progress_ = std::make_shared<TaskProgress>(*worker_.clock);
  std::shared_ptr<metrics::Group> metrics_;
  ConnectorOffsets offsets_;
  ConnectorServices services_;
  std::unique_ptr<plugin::ConnectorInstance> instance_;  // [control] changes under mutex_
  Phase phase_ = Phase::kInit;                           // [control]
  std::atomic<bool> running_{false};
  std::atomic<bool> abandoned_{false};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Wish> target_;
  std::deque<std::pair<int, TaskConfigsCallback>> calls_;
  std::optional<base::Error> raised_;
  bool ending_ = false;
  bool ended_ = false;
  std::thread thread_;
};

void ConnectorServices::request_task_reconfiguration() {
  runner_.request_task_reconfiguration();
}
void ConnectorServices::raise_error(base::Error error) {
  runner_.raise_error(std::move(error));
}

}  // namespace

std::shared_ptr<ConnectorRunner> make_connector_runner(const WorkerContext& worker, config::ConnectorConfig config,
                                                       ConnectorListener& listener) {
  return std::make_shared<Runner>(worker, std::move(config), listener);
}

}  // namespace sluice::task
