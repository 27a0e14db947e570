#include "runtime/herder/operation_queue.h"

#include <utility>

namespace sluice::herder {

OperationQueue::OperationQueue(std::shared_ptr<CommandLoop> loop, std::chrono::milliseconds patience,
                               Interrupt interrupt)
    : loop_(std::move(loop)), patience_(patience), interrupt_(std::move(interrupt)) {}

bool OperationQueue::enqueue(const std::string& connector, Operation operation) {
  auto [lane, added] = lanes_.try_emplace(connector);
  if (added) {
    begin(connector, std::move(operation));
    return true;
  }
  if (lane->second.waiting.size() >= kWaitingMax) return false;
  lane->second.waiting.push_back(std::move(operation));
  if (!lane->second.watched) {
    lane->second.watched = true;
    watch(connector, lane->second.running);
  }
  return true;
}

std::vector<std::string> OperationQueue::busy() const {
  std::vector<std::string> connectors;
  for (const auto& [connector, lane] : lanes_) connectors.push_back(connector);
  return connectors;
}

void OperationQueue::begin(const std::string& connector, Operation operation) {
  const std::uint64_t number = ++last_number_;
  lanes_[connector].running = number;
  Turn turn(nullptr, [this, loop = loop_, connector, number](void*) {
    loop->post([this, connector, number] { finished(connector, number); });
  });
  operation(std::move(turn));
}

void OperationQueue::finished(const std::string& connector, std::uint64_t number) {
  const auto lane = lanes_.find(connector);
  if (lane == lanes_.end() || lane->second.running != number) return;
  if (lane->second.waiting.empty()) {
    lanes_.erase(lane);
    return;
  }
  Operation next = std::move(lane->second.waiting.front());
  lane->second.waiting.pop_front();
  lane->second.watched = false;
  begin(connector, std::move(next));
  const auto still = lanes_.find(connector);
  if (still != lanes_.end() && !still->second.waiting.empty() && !still->second.watched) {
    still->second.watched = true;
    watch(connector, still->second.running);
  }
}

void OperationQueue::watch(const std::string& connector, std::uint64_t number) {
  loop_->after(patience_, [this, connector, number] {
    const auto lane = lanes_.find(connector);
    if (lane == lanes_.end() || lane->second.running != number) return;
    interrupt_(connector);
    watch(connector, number);  // it may get into another such wait
  });
}

}  // namespace sluice::herder
