#include "runtime/herder/command_loop.h"

#include <utility>

namespace sluice::herder {

CommandLoop::CommandLoop(const base::Clock& clock) : stages_(clock) {}

CommandLoop::~CommandLoop() {
  stop();
}

void CommandLoop::start() {
  std::lock_guard lock(mutex_);
  stopping_ = false;
  thread_ = base::Thread("herder", [this] { run(); });
}

void CommandLoop::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  // Dropping a command may answer its request, which must not happen under the lock.
  std::deque<Item> items;
  std::multimap<base::SteadyTime, Command> timers;
  std::lock_guard lock(mutex_);
  items.swap(items_);
  timers.swap(timers_);
}

bool CommandLoop::request(std::string stage, Command command) {
  std::lock_guard lock(mutex_);
  if (stopping_ || requests_ >= kRequestsMax) return false;
  ++requests_;
  items_.push_back({std::move(stage), std::move(command), true});
  wake_.notify_one();
  return true;
}

void CommandLoop::post(Command command) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  items_.push_back({{}, std::move(command), false});
  wake_.notify_one();
}

void CommandLoop::after(std::chrono::milliseconds delay, Command command) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  timers_.emplace(base::steady_now() + delay, std::move(command));
  wake_.notify_one();
}

bool CommandLoop::stopped() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

bool CommandLoop::next(Item& item) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopping_) return false;
    if (!timers_.empty() && timers_.begin()->first <= base::steady_now()) {
      item = {{}, std::move(timers_.begin()->second), false};
      timers_.erase(timers_.begin());
      return true;
    }
    if (!items_.empty()) {
      item = std::move(items_.front());
      items_.pop_front();
      if (item.is_request) --requests_;
      return true;
    }
    if (timers_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, timers_.begin()->first);
    }
  }
}

void CommandLoop::run() {
  for (;;) {
    Item item;
    if (!next(item)) return;
    const bool told = !item.stage.empty();
    if (told) stages_.begin(std::move(item.stage));
    item.command();
    if (told) stages_.end();
  }
}

}  // namespace sluice::herder
