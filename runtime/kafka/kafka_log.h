#pragma once
// A (compacted) topic as a shared log: read from its beginning to its end at start, then followed on the log's own
// thread. What Connect keeps its configs, offsets and statuses in (spec connect-runtime.md 4.1).
//
// Threads: `on_record` and all callbacks run on the log's thread, never concurrently. start/stop belong to the owner;
// the rest may come from any thread but the log's own, except send(), which may come from callbacks too. Limits: sends
// are bounded by the producer's buffer.memory: send() then returns kRetry.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/consumer.h"

namespace sluice::kafka {

struct KafkaLogOptions {
  std::string topic;
  ClientConfig producer;  // translated; a read-only log (read_only = true) needs none
  ClientConfig consumer;  // group.id is not needed; auto commit off
  bool read_only = false;
  // Called on start() before anything else: creates or checks the topic. May be empty.
  std::function<base::Status()> initialize_topic;
  // On the log's thread, at least once a second. May be empty.
  std::function<void()> on_tick;
  std::chrono::milliseconds metadata_timeout{30'000};      // to see the topic's partitions at start
  std::chrono::milliseconds end_offsets_timeout{900'000};  // start() retries that long to learn the end offsets
};

class KafkaLog {
 public:
  // Views are valid during the call only. Compaction's tombstones come with a null value.
  using OnRecord = std::function<void(const Message& message)>;
  // A consumer error: reading goes on by itself unless the code is kFatal.
  using OnError = std::function<void(const base::Error& error)>;
  // Delivery of one sent record.
  using OnSent = std::function<void(const base::Status& result)>;

  KafkaLog(KafkaLogOptions options, OnRecord on_record, OnError on_error);
  ~KafkaLog();  // stop()
  KafkaLog(const KafkaLog&) = delete;
  KafkaLog& operator=(const KafkaLog&) = delete;

  // Initializes the topic, reads it to its end (on_record calls happen on the log's thread, all before this returns),
  // then follows it.
  base::Status start();
  // Two-phase stop: request_stop() from any thread; stop() joins. Sends not delivered by then get kStopping. While
  // another thread is in start(), stop() makes it return kStopping and waits for that, some seconds at most.
  void request_stop();
  void stop();

  std::int32_t partition_count() const;  // after start()

  // Everything that was in the topic when called, and what this log has sent before, has passed through on_record when
  // this returns. kTimeout; kStopping; kFatal if reading has ended.
  base::Status read_to_end(std::chrono::steady_clock::time_point deadline);
  // The same without waiting: `done` on the log's thread.
  void read_to_end_async(std::chrono::steady_clock::time_point deadline, std::function<void(const base::Status&)> done);

  // Bytes are copied. Null key or value: data() == nullptr. `on_sent` may be empty; it is called exactly once if this
  // returns success.
  base::Status send(std::string_view key, std::string_view value, OnSent on_sent,
                    std::int32_t partition = kAnyPartition);
  // Waits until all sends so far are delivered or failed.
  base::Status flush(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  base::Status start_now();

  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::kafka
