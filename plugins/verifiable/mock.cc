#include "mock.h"

#include <algorithm>

namespace verifiable {
namespace {

constexpr std::chrono::milliseconds kStep{250};  // how long a wait may hide a failure that is due

sluice::Status failure(std::string_view who) {
  return sluice::fatal("{} fails because mock_mode asks for it", who);
}

}  // namespace

MockPlan read_plan(const sluice::Config& config) {
  MockPlan plan;
  plan.mode = config.get("mock_mode").value_or("");
  std::int64_t delay = 0;
  if (read_number(config, "delay_ms", delay)) plan.delay = std::chrono::milliseconds(std::max<std::int64_t>(delay, 0));
  return plan;
}

void DelayedFailure::start(const sluice::Context& context, std::chrono::milliseconds delay) {
  stopped_ = false;
  thread_ = std::thread([this, &context, delay] {
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, delay, [this] { return stopped_; })) return;
    lock.unlock();
    context.raise_error(failure("The connector"));
  });
}

void DelayedFailure::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MockTask::start(const MockPlan& plan) {
  plan_ = plan;
  fail_at_ = std::chrono::steady_clock::now() + plan.delay;
}

bool MockTask::due() const {
  return plan_.mode == "task-failure" && std::chrono::steady_clock::now() >= fail_at_;
}

sluice::Status MockSourceTask::start(const sluice::Config& config) {
  mock_.start(read_plan(config));
  return sluice::ok();
}

sluice::Status MockSourceTask::poll(sluice::BatchBuilder&) {
  if (mock_.due()) return failure("The task");
  context().sleep_for(kStep);
  return sluice::ok();
}

sluice::Status MockSinkTask::start(const sluice::Config& config) {
  mock_.start(read_plan(config));
  ask_for_a_put();
  return sluice::ok();
}

sluice::Status MockSinkTask::put(sluice::SinkBatch&) {
  if (mock_.due()) return failure("The task");
  ask_for_a_put();
  return sluice::ok();
}

void MockSinkTask::ask_for_a_put() const {
  if (mock_.plan().mode == "task-failure") context().set_timeout(std::min(mock_.plan().delay, kStep));
}

}  // namespace verifiable
