#pragma once
// Names of things, as types, so that one cannot be passed for another.

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace sluice::base {

// A task of a connector: prints as "connector-0", as Connect's ConnectorTaskId does.
struct TaskId {
  std::string connector;
  int task = 0;
  auto operator<=>(const TaskId&) const = default;
  std::string to_string() const { return fmt::format("{}-{}", connector, task); }
};

// Prints as "topic-0", as Kafka's TopicPartition does.
struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
  std::string to_string() const { return fmt::format("{}-{}", topic, partition); }
};

}  // namespace sluice::base

template <>
struct std::hash<sluice::base::TaskId> {
  std::size_t operator()(const sluice::base::TaskId& id) const noexcept {
    return std::hash<std::string>()(id.connector) * 31 + static_cast<std::size_t>(id.task);
  }
};
template <>
struct std::hash<sluice::base::TopicPartition> {
  std::size_t operator()(const sluice::base::TopicPartition& tp) const noexcept {
    return std::hash<std::string>()(tp.topic) * 31 + static_cast<std::size_t>(tp.partition);
  }
};
