#pragma once
// The dead-letter queue of a sink task (spec connect-runtime.md section 6.7, KIP-298): failed records with their
// original bytes and, if asked for, headers that say what went wrong. Sending never blocks the task for long and never
// fails it: a record that cannot be written is logged and counted.

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/kafka/producer.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

struct Failure;
struct FailedRecord;

class DeadLetterQueue {
 public:
  static constexpr std::size_t kOutstandingMax = 10'000;

  // [task] Creates the topic if it is missing. Blocks on the brokers up to 30 s.
  static base::Result<std::unique_ptr<DeadLetterQueue>> open(const WorkerContext& worker,
                                                             const config::ConnectorConfig& connector,
                                                             const base::TaskId& task, metrics::Group& metrics);
  ~DeadLetterQueue();

  // [task] The bytes are copied. The record must have `messages`.
  void send(const Failure& failure, const FailedRecord& record);
  // [task] Takes delivery reports; call between batches.
  void poll();
  // [task] Waits for everything sent. Call before offsets that cover failed records are committed.
  base::Status flush(std::chrono::milliseconds timeout);
  bool idle() const { return producer_->outstanding() == 0; }

 private:
  DeadLetterQueue(base::TaskId task, std::string topic, bool context_headers, metrics::Group& metrics);
  void on_deliveries(std::span<const kafka::Delivery> deliveries);

  const base::TaskId task_;
  const std::string topic_name_;
  const bool context_headers_;
  std::unique_ptr<kafka::Producer> producer_;
  kafka::Topic* topic_ = nullptr;
  metrics::Counter& requests_;
  metrics::Counter& failures_;
};

}  // namespace sluice::task
