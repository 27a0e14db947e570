#pragma once
// Writes to the config topic, one after another on one thread, so that nobody who asks for a write waits (spec
// connect-runtime.md section 4.2, "Writer rules"). Inside the module.
//
// Requests that wait together are written together as long as they are about different connectors, so that a thousand
// new connectors cost a few round trips and not thousands: first the records that need no others before them, then the
// commits of task configurations. The order of requests about one connector is kept.
//
// With exactly-once support the leader's writes go through a transactional producer, which claim() makes; any failure
// discards it, and the leader has to claim again.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/kafka/kafka_log.h"
#include "runtime/store/config_records.h"

namespace sluice::store {

struct ConfigWrite {
  std::string connector{};  // requests about one are kept apart; empty: about all
  std::vector<ConfigRecord> records{};
  std::optional<ConfigRecord> commit{};  // written once `records` are in the topic
  bool leader = true;                    // false: any worker may, and the broker's acknowledgement is enough
  std::string failure{};                 // "Error writing connector configuration to Kafka"
  std::function<void(base::Status)> done{};
};

class ConfigWriter {
 public:
  static constexpr std::chrono::seconds kBudget{30};
  static constexpr std::size_t kPendingMax = 10'000;  // requests; more are refused with kRetry
  static constexpr std::size_t kTogetherMax = 200;    // requests
  static constexpr std::size_t kTogetherBytes = std::size_t{8} << 20;

  // `transactional`: of the leader's writes; nothing without exactly-once support. `log` must outlive this.
  ConfigWriter(kafka::KafkaLog& log, std::string topic, std::optional<kafka::ClientConfig> transactional);
  ~ConfigWriter();
  ConfigWriter(const ConfigWriter&) = delete;
  ConfigWriter& operator=(const ConfigWriter&) = delete;

  void start();  // nothing, once stopped
  // request_stop(), then stop the log, which wakes whoever waits for it here, then stop(). What has not been written is
  // told kStopping.
  void request_stop();
  void stop();

  // [any] `done` comes on this writer's thread, or at once on the caller's if the request is refused.
  void write(ConfigWrite request);
  void claim(std::function<void(base::Status)> done);
  // [any] Runs on the writer's thread.
  void post(std::function<void()> work);

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Request {
    ConfigWrite write;
    std::function<void()> work;  // if set, nothing is written
  };
  struct Sends;

  void enqueue(Request request);
  void run();
  std::vector<ConfigWrite> take_together();
  void write_together(std::vector<ConfigWrite>& writes);
  // Fails those of `results` whose records were not written. `part` gives the records of a request.
  void send(const std::vector<ConfigWrite>& writes, bool commits, Deadline deadline,
            std::vector<base::Status>& results);
  void send_to_log(const std::vector<ConfigWrite>& writes, bool commits, Deadline deadline,
                   std::vector<base::Status>& results);
  base::Status send_in_transaction(const std::vector<const ConfigRecord*>& records, Deadline deadline);
  base::Status run_transaction(const std::vector<const ConfigRecord*>& records, Deadline deadline);
  void read_to_end(Deadline deadline, std::vector<base::Status>& results);
  base::Status claim_now();

  kafka::KafkaLog& log_;
  const std::string topic_;
  const std::optional<kafka::ClientConfig> transactional_;
  std::unique_ptr<kafka::Producer> producer_;  // [writer] claimed; null: not
  kafka::Topic* handle_ = nullptr;             // [writer]

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> pending_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // guarded by mutex_
};

}  // namespace sluice::store
