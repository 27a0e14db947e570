#pragma once
// Connectors and tasks whose every step the test decides, and what else a herder needs around it.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/herder/standalone_herder.h"
#include "runtime/store/memory_offset_store.h"

namespace sluice::herder {

class FakeConnector final : public task::ConnectorRunner {
 public:
  FakeConnector(std::string name, task::ConnectorListener& listener, int tasks, bool hang)
      : name_(std::move(name)), listener_(listener), tasks_(tasks), hang_(hang) {}

  void start(task::ConnectorState initial, TransitionCallback done) override {
    if (hang_) {
      held_ = std::move(done);
      return;
    }
    reach(initial);
    done(initial);
  }
  void transition(task::ConnectorState target, TransitionCallback done) override {
    reach(target);
    done(target);
  }
  void task_configs(int tasks_max, TaskConfigsCallback done) override {
    std::vector<config::ConfigMap> configs;
    for (int i = 0; i < std::min(tasks_, tasks_max); ++i) configs.push_back({{"task", std::to_string(i)}});
    done(std::move(configs));
  }
  void request_stop() override {}
  bool await(std::chrono::steady_clock::time_point) override {
    if (hang_) return false;
    running_ = false;
    listener_.on_connector_shutdown(name_);
    return true;
  }
  void abandon() override {}
  bool is_running() const override { return running_; }
  std::string version() const override { return version_; }

 private:
  void reach(task::ConnectorState state) {
    running_ = state == task::ConnectorState::kStarted;
    if (state == task::ConnectorState::kPaused) return listener_.on_connector_pause(name_);
    if (state == task::ConnectorState::kStopped) return listener_.on_connector_stop(name_);
    listener_.on_connector_startup(name_, version_);
  }

  const std::string name_;
  const std::string version_ = "1.0";
  task::ConnectorListener& listener_;
  const int tasks_;
  const bool hang_;
  TransitionCallback held_;
  std::atomic<bool> running_{false};
};

class FakeTask final : public task::TaskRunner {
 public:
  FakeTask(task::TaskSpec spec, task::TaskListener& listener, bool hang)
      : TaskRunner(spec.id), spec_(std::move(spec)), listener_(listener), hang_(hang) {}

  // What the last ones were told, of all tasks of a test.
  struct Told {
    std::mutex mutex;
    std::map<base::TaskId, task::RateLimits> limits;
    int starts = 0;
  };
  std::shared_ptr<Told> told = std::make_shared<Told>();

  void start() override {
    {
      std::lock_guard lock(told->mutex);
      ++told->starts;
      told->limits[id()] = spec_.limits;
    }
    spec_.paused ? listener_.on_task_pause(id()) : listener_.on_task_startup(id(), "1.0");
  }
  void set_limits(const task::RateLimits& limits) override {
    std::lock_guard lock(told->mutex);
    told->limits[id()] = limits;
  }
  void set_paused(bool paused) override { paused ? listener_.on_task_pause(id()) : listener_.on_task_resume(id()); }
  void request_stop() override {}
  bool await(std::chrono::steady_clock::time_point) override {
    if (hang_) return false;
    listener_.on_task_shutdown(id());
    return true;
  }
  void abandon() override {}

 private:
  task::TaskSpec spec_;
  task::TaskListener& listener_;
  const bool hang_;
};

// Knows the class "Source" and "Sink"; takes every configuration but one with the key "bad".
class FakeProbe final : public ConnectorProbe {
 public:
  base::Result<ConnectorRef> find(std::string_view name) override {
    if (name == "Source") return ConnectorRef{"Source", "1.0", config::ConnectorKind::kSource};
    if (name == "Sink") return ConnectorRef{"Sink", "1.0", config::ConnectorKind::kSink};
    return base::fail(base::Code::kInvalidConfig, base::exceptions::kBadRequest, "Failed to find {}", name);
  }
  base::Result<config::ConnectorVerdict> validate(const ConnectorRef&, const config::ConfigMap& config,
                                                  StageTracker& stage) override {
    stage.begin("validating");
    config::ConnectorVerdict verdict;
    verdict.def = std::make_shared<config::ConfigDef>();
    if (config.contains("bad")) {
      config::ConfigValue value;
      value.name = "bad";
      value.errors.push_back("bad is bad");
      verdict.values.push_back(std::move(value));
    }
    return verdict;
  }
  base::Result<bool> alter_offsets(const ConnectorRef&, const config::ConfigMap& config,
                                   std::span<const sluice_offset_entry> offsets) override {
    altered += static_cast<int>(offsets.size());
    if (config.contains("fixed.offsets"))
      return base::fail(base::Code::kUnsupported, base::exceptions::kUnsupportedOperation, "no");
    return config.contains("own.offsets");
  }
  std::atomic<int> altered{0};
};

class FakeCatalog final : public config::ComponentCatalog {
 public:
  std::optional<std::string> resolve(std::string_view name) const override { return std::string(name); }
  bool is_a(std::string_view name, config::ComponentKind kind) const override {
    if (kind == config::ComponentKind::kSource) return name == "Source";
    if (kind == config::ComponentKind::kSink) return name == "Sink";
    return true;
  }
  std::vector<std::string> list(config::ComponentKind) const override { return {}; }
  std::vector<std::string> versions(std::string_view) const override { return {"1.0"}; }
  base::Result<std::shared_ptr<const config::ConfigDef>> config_def(std::string_view,
                                                                    config::ComponentKind) const override {
    return std::make_shared<const config::ConfigDef>();
  }
};

class FakeSinkOffsets final : public SinkOffsetAdmin {
 public:
  explicit FakeSinkOffsets(std::map<base::TopicPartition, std::int64_t>& group) : group_(group) {}
  bool refused() override { return false; }
  base::Result<std::vector<kafka::PartitionOffset>> list(Timeout) override {
    std::vector<kafka::PartitionOffset> offsets;
    for (const auto& [partition, offset] : group_) offsets.push_back({partition, offset});
    return offsets;
  }
  base::Status alter(std::span<const kafka::PartitionOffset> offsets, Timeout) override {
    for (const auto& entry : offsets) group_[entry.partition] = entry.offset;
    return {};
  }
  base::Status forget(std::span<const base::TopicPartition> partitions, Timeout) override {
    for (const auto& partition : partitions) group_.erase(partition);
    return {};
  }
  base::Status forget_all(Timeout) override {
    group_.clear();
    return {};
  }

 private:
  std::map<base::TopicPartition, std::int64_t>& group_;
};

}  // namespace sluice::herder
