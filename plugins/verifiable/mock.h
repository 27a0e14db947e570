#pragma once
// MockSource and MockSink: do nothing, or fail on purpose `delay_ms` after the start: with mock_mode=connector-failure
// the connector, with task-failure each task.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "fan_out.h"

namespace verifiable {

struct MockPlan {
  std::string mode;
  std::chrono::milliseconds delay{15000};
};
MockPlan read_plan(const sluice::Config& config);

// Reports a failure of the connector after a while, unless stopped before.
class DelayedFailure {
 public:
  ~DelayedFailure() { stop(); }
  void start(const sluice::Context& context, std::chrono::milliseconds delay);
  void stop();

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};

template <typename Base>
class MockConnector final : public Base {
 public:
  static constexpr auto kConfig = sluice::config();

  sluice::Status start(const sluice::Config& config) override {
    config_ = sluice::StoredConfig(config);
    const MockPlan plan = read_plan(config);
    if (plan.mode == "connector-failure") failure_.start(this->context(), plan.delay);
    return sluice::ok();
  }
  sluice::Status task_configs(std::uint32_t, sluice::TaskConfigs& out) override {
    out.add(config_.pairs());  // always one
    return sluice::ok();
  }
  void stop() override { failure_.stop(); }

 private:
  sluice::StoredConfig config_;
  DelayedFailure failure_;
};

// When a task is to fail, if at all.
class MockTask {
 public:
  void start(const MockPlan& plan);
  bool due() const;
  const MockPlan& plan() const { return plan_; }

 private:
  MockPlan plan_;
  std::chrono::steady_clock::time_point fail_at_;
};

class MockSourceTask final : public sluice::SourceTask {
 public:
  static constexpr auto kConfig = sluice::config();
  sluice::Status start(const sluice::Config& config) override;
  sluice::Status poll(sluice::BatchBuilder& out) override;

 private:
  MockTask mock_;
};

class MockSinkTask final : public sluice::SinkTask {
 public:
  static constexpr auto kConfig = sluice::config();
  sluice::Status start(const sluice::Config& config) override;
  sluice::Status put(sluice::SinkBatch& batch) override;

 private:
  void ask_for_a_put() const;
  MockTask mock_;
};

}  // namespace verifiable
