#pragma once
// What the worker does for an instance, as the instance's own process sees it: asked over the calls socket while the
// worker calls, told over the events socket at any time. Schemas are interned here; only those that records use cross.

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/data/schema.h"
#include "runtime/plugin/batch_transfer.h"
#include "runtime/plugin/host_services.h"
#include "runtime/plugin/wire.h"

namespace sluice::plugin {

class ProcessServices final : public HostServices {
 public:
  ProcessServices(Channel& calls, Channel& events);
  ~ProcessServices() override = default;
  ProcessServices(const ProcessServices&) = delete;
  ProcessServices& operator=(const ProcessServices&) = delete;

  // Before there is an instance; on the thread that will call it.
  void configure(bool is_task, std::uint32_t served);
  void set_log_level(int level) { log_level_ = level; }
  void request_stop();   // [any]
  void flush_metrics();  // [any]
  BatchTransfer& batches() { return batches_; }
  data::SchemaPool& schemas() { return schemas_; }

  bool serves(Extension extension) const override;
  bool log_enabled(base::LogLevel level) override { return static_cast<int>(level) >= log_level_; }
  void log(base::LogLevel level, std::string_view message, std::span<const sluice_kv> fields) override;
  std::uint32_t define_metric(MetricKind kind, std::string_view name, std::string_view unit,
                              std::string_view help) override;
  void update_metric(std::uint32_t id, double value) override;
  base::Result<const sluice_schema*> intern(const sluice_schema& description) override;
  base::Status read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) override;
  void request_task_reconfiguration() override { events_.send(Op::kRequestTaskReconfiguration); }
  void raise_error(base::Error error) override;
  std::span<const sluice_topic_partition> assignment() override;
  base::Status pause(std::span<const sluice_topic_partition> partitions) override;
  base::Status resume(std::span<const sluice_topic_partition> partitions) override;
  base::Status rewind(std::span<const sluice_topic_offset> offsets) override;
  void set_timeout(std::int64_t timeout_ms) override { tell(Op::kSetTimeout, timeout_ms); }
  void request_commit() override { calls_.send(Op::kRequestCommit); }
  base::Result<std::uint64_t> report_errant(const sluice_batch& batch, std::uint32_t index, base::Error cause) override;
  base::Status await_errant(std::uint64_t ticket, std::int64_t timeout_ms) override;
  void fail_record(sluice_batch&, std::uint32_t, base::Error) override {}  // for transforms, which are not hosted
  void commit_transaction(std::uint32_t record) override { tell(Op::kCommitTransaction, record); }
  void abort_transaction(std::uint32_t record) override { tell(Op::kAbortTransaction, record); }
  bool is_stopping() override { return stopping_; }
  int stop_fd() override { return stop_fd_.get(); }
  bool sleep(std::int64_t timeout_ms) override;
  bool is_task_thread() override { return is_task_ && std::this_thread::get_id() == owner_; }
  bool is_control_thread() override { return !is_task_ && std::this_thread::get_id() == owner_; }

 private:
  static constexpr std::size_t kObservationsMax = 1024;  // of one metric, between two flushes

  struct Metric {
    MetricKind kind;
    std::vector<double> pending;  // counters and gauges: one at most
  };

  // Asks the worker, which is calling now, and waits: the answer behind its status, until the next question.
  base::Status ask(Op op, const Writer& question, Reader* answer = nullptr);
  template <typename T>
  void tell(Op op, T value) {
    Writer out;
    out.number(value);
    calls_.send(op, out.bytes());
  }

  Channel& calls_;
  Channel& events_;
  data::SchemaPool schemas_;
  BatchTransfer batches_;
  bool is_task_ = true;
  std::uint32_t served_ = 0;
  std::thread::id owner_;
  std::atomic<int> log_level_{0};
  std::atomic<bool> stopping_{false};
  Fd stop_fd_;

  std::vector<sluice_topic_partition> assignment_;
  std::deque<std::string> assignment_topics_;

  std::mutex metrics_mutex_;
  std::vector<std::pair<std::uint32_t, Metric>> metrics_;
};

// A batch that a sink is given; `put` is the worker's number for it.
struct HostedBatch {
  data::Batch records;
  std::uint64_t put = 0;
};

}  // namespace sluice::plugin
