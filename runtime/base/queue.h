#pragma once
// A bounded multi-producer multi-consumer queue: a limit in items and one in bytes, a deadline on every wait, and a
// close() after which pushes are refused and pops drain what is left. The byte limit is soft by one item, so that an
// item larger than the whole limit still passes.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace sluice::base {

template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(std::size_t items_max, std::size_t bytes_max) : items_max_(items_max), bytes_max_(bytes_max) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Any thread. False: closed, or still full at the deadline; `item` is then untouched.
  bool push(T&& item, std::size_t bytes, std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!not_full_.wait_until(lock, deadline, [&] { return closed_ || has_room(); }) || closed_) return false;
    items_.emplace_back(std::move(item), bytes);
    bytes_ += bytes;
    not_empty_.notify_one();
    return true;
  }

  // Any thread. Nothing: empty at the deadline, or closed and drained.
  std::optional<T> pop(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!not_empty_.wait_until(lock, deadline, [&] { return closed_ || !items_.empty(); }) || items_.empty())
      return std::nullopt;
    auto [item, bytes] = std::move(items_.front());
    items_.pop_front();
    bytes_ -= bytes;
    not_full_.notify_one();
    return std::move(item);
  }

  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  bool has_room() const { return items_.size() < items_max_ && (bytes_ < bytes_max_ || items_.empty()); }

  const std::size_t items_max_;
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
  std::deque<std::pair<T, std::size_t>> items_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace sluice::base
