#pragma once
// What a task, or a connector, has really done and what it is doing now: the ground that health stands on. Its own
// thread writes, anybody reads; no lock and no allocation but for the text of an error. Times are of the worker's
// monotonic clock, in milliseconds; -1: never.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/plugin/host_services.h"

namespace sluice::task {

// kEnding: the loop is left, the plugin is being stopped. kEnded: the thread is gone.
enum class Phase : std::uint8_t { kCreated, kStarting, kRunning, kPaused, kEnding, kEnded };

struct ProgressSnapshot {
  Phase phase = Phase::kCreated;
  bool told = false;  // what became of it was told to the listener
  plugin::Callback callback = plugin::Callback::kNone;
  std::int64_t callback_since_ms = -1;  // kNone: since the last one returned
  std::int64_t beat_ms = -1;            // the loop came round
  std::int64_t done_ms = -1;            // poll() or put() succeeded
  std::int64_t records_ms = -1;         // and there were records
  std::int64_t ack_ms = -1;             // Kafka acknowledged records
  std::int64_t commit_ms = -1;          // offsets were stored
  std::int64_t outstanding_since_ms = -1;
  std::int64_t retrying_since_ms = -1;      // the plugin asks for retries only
  std::int64_t commits_fail_since_ms = -1;  // no commit has succeeded
  std::uint64_t outstanding = 0;            // records with Kafka, or with the plugin
  std::uint64_t records = 0;                // polled, or put
  std::uint64_t retries = 0;
  std::string last_error;  // of a retry
};

class TaskProgress {
 public:
  explicit TaskProgress(const base::Clock& clock) : clock_(clock) {}

  // ---- [owner]
  void set_phase(Phase phase) { phase_.store(phase, std::memory_order_release); }
  void set_told() { told_.store(true, std::memory_order_release); }
  void entered(plugin::Callback callback) { stamp_callback(callback); }
  void left() { stamp_callback(plugin::Callback::kNone); }
  void beat() { beat_ms_ = now_ms(); }
  void took_records(std::uint64_t records);  // poll() or put() succeeded, with so many
  void outstanding(std::uint64_t records);
  void acknowledged() { ack_ms_ = now_ms(); }
  void retried(const std::string& why);
  void committed();
  void commit_failed();

  // ---- [any]
  ProgressSnapshot snapshot() const;

 private:
  using Time = std::atomic<std::int64_t>;
  std::int64_t now_ms() const { return clock_.monotonic_ns() / 1'000'000; }
  void stamp_callback(plugin::Callback callback);

  const base::Clock& clock_;
  std::atomic<Phase> phase_{Phase::kCreated};
  std::atomic<bool> told_{false};
  // The callback in the highest 8 bits, since when in the others: both are of one moment.
  std::atomic<std::uint64_t> callback_{0};
  Time beat_ms_{-1}, done_ms_{-1}, records_ms_{-1}, ack_ms_{-1}, commit_ms_{-1};
  Time outstanding_since_ms_{-1}, retrying_since_ms_{-1}, commits_fail_since_ms_{-1};
  std::atomic<std::uint64_t> outstanding_{0}, records_{0}, retries_{0};
  mutable std::mutex error_mutex_;
  std::string last_error_;
};

}  // namespace sluice::task
