#pragma once
// The dead-letter queue of a task (spec connect-runtime.md section 6.7, KIP-298; for sources too, which Connect lacks):
// failed records with, if asked for, headers that say what went wrong. Sending never blocks the task for long: a record
// that cannot be written is logged and counted; one that the plugin itself reported is also an error that the task must
// take.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/kafka/producer.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

struct Failure;
class FailedRecord;
struct DeadLetter;

class DeadLetterQueue {
 public:
  static constexpr std::size_t kOutstandingMax = 10'000;

  // [task] Creates the topic if it is missing. Blocks on the brokers up to 30 s.
  static base::Result<std::unique_ptr<DeadLetterQueue>> open(const WorkerContext& worker,
                                                             const config::ConnectorConfig& connector,
                                                             const base::TaskId& task, metrics::Group& metrics);
  ~DeadLetterQueue();

  // [task] The bytes are copied.
  void send(const Failure& failure, const FailedRecord& record);
  // [task] Takes delivery reports; call between batches.
  void poll();
  // [task] Waits for everything sent. Call before offsets that cover failed records are committed.
  base::Status flush(std::chrono::milliseconds timeout);
  bool idle() const { return producer_->outstanding() == 0; }
  // [task] Why a record that the plugin reported (Stage::kTaskPut) was not written, once.
  std::optional<base::Error> take_report_error() { return std::exchange(report_error_, std::nullopt); }

 private:
  DeadLetterQueue(base::TaskId task, std::string topic, bool context_headers, metrics::Group& metrics);
  struct Copy;
  void on_deliveries(std::span<const kafka::Delivery> deliveries);
  void add_context(const Failure& failure, DeadLetter& letter) const;
  void lost(bool reported, const base::Error& why);

  const base::TaskId task_;
  const std::string topic_name_;
  const bool context_headers_;
  std::unique_ptr<kafka::Producer> producer_;
  kafka::Topic* topic_ = nullptr;
  std::optional<base::Error> report_error_;
  metrics::Counter& requests_;
  metrics::Counter& failures_;
};

}  // namespace sluice::task
