#pragma once
// What the worker does for one plugin instance, behind the extension tables of abi.h (section "host"). runtime/task
// implements it for a connector and for a task; host_tables.cc turns it into the C tables. The `ctx` that a plugin gets
// is the HostServices*.
//
// Threads are those of the tables: [any] calls must be thread-safe, the rest come on the instance's own thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/log.h"
#include "runtime/base/status.h"

namespace sluice::plugin {

// A function of the plugin's that the instance's thread is in.
enum class Callback : std::uint8_t {
  kNone,
  kCreate,
  kStart,
  kStop,
  kTaskConfigs,
  kPoll,
  kDelivered,
  kCommit,
  kOpen,
  kPut,
  kPreCommit,
  kClose,
  kTransform,
};
std::string_view callback_name(Callback callback);  // "poll", ...; kNone: empty

class HostServices {
 public:
  virtual ~HostServices() = default;

  // The instance's thread goes into a function of the plugin's, and has come back. Not told of converters, which are
  // called for each record.
  virtual void entered(Callback) {}
  virtual void left() {}

  // Extensions that are not served to this instance answer nullptr to get_extension.
  enum class Extension { kSinkContext, kErrant, kTransaction, kConnectorContext, kOffsetReader };
  virtual bool serves(Extension extension) const = 0;

  // sluice.log/1 [any]
  virtual bool log_enabled(base::LogLevel level) = 0;
  virtual void log(base::LogLevel level, std::string_view message, std::span<const sluice_kv> fields) = 0;

  // sluice.metrics/1; ids > 0
  enum class MetricKind { kCounter, kGauge, kHistogram };
  virtual std::uint32_t define_metric(MetricKind kind, std::string_view name, std::string_view unit,
                                      std::string_view help) = 0;
  virtual void update_metric(std::uint32_t id, double value) = 0;  // [any] add, set or observe, by kind

  // sluice.schema/1 [task]
  virtual base::Result<const sluice_schema*> intern(const sluice_schema& description) = 0;

  // sluice.offset_reader/1
  virtual base::Status read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) = 0;

  // sluice.connector_context/1 [any]
  virtual void request_task_reconfiguration() = 0;
  virtual void raise_error(base::Error error) = 0;

  // sluice.sink_context/1 [task]
  virtual std::span<const sluice_topic_partition> assignment() = 0;
  virtual base::Status pause(std::span<const sluice_topic_partition> partitions) = 0;
  virtual base::Status resume(std::span<const sluice_topic_partition> partitions) = 0;
  virtual base::Status rewind(std::span<const sluice_topic_offset> offsets) = 0;
  virtual void set_timeout(std::int64_t timeout_ms) = 0;
  virtual void request_commit() = 0;

  // sluice.errant/1 [task]
  virtual base::Result<std::uint64_t> report_errant(const sluice_batch& batch, std::uint32_t index,
                                                    base::Error cause) = 0;
  virtual base::Status await_errant(std::uint64_t ticket, std::int64_t timeout_ms) = 0;

  // sluice.record_error/1 [task]
  virtual void fail_record(sluice_batch& batch, std::uint32_t index, base::Error cause) = 0;

  // sluice.transaction/1 [task]
  virtual void commit_transaction(std::uint32_t record) = 0;
  virtual void abort_transaction(std::uint32_t record) = 0;

  // sluice.stop/1
  virtual bool is_stopping() = 0;                   // [any]
  virtual int stop_fd() = 0;                        // [any]
  virtual bool sleep(std::int64_t timeout_ms) = 0;  // true: stopping

  // sluice.thread_check/1 [any]
  virtual bool is_task_thread() = 0;
  virtual bool is_control_thread() = 0;
};

// Every call that does not apply to the instance, answered so that nothing breaks: no-ops and kUnsupported errors.
class BasicHostServices : public HostServices {
 public:
  bool serves(Extension) const override { return false; }
  base::Status read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) override;
  void request_task_reconfiguration() override {}
  void raise_error(base::Error) override {}
  std::span<const sluice_topic_partition> assignment() override { return {}; }
  base::Status pause(std::span<const sluice_topic_partition>) override { return unsupported(); }
  base::Status resume(std::span<const sluice_topic_partition>) override { return unsupported(); }
  base::Status rewind(std::span<const sluice_topic_offset>) override { return unsupported(); }
  void set_timeout(std::int64_t) override {}
  void request_commit() override {}
  base::Result<std::uint64_t> report_errant(const sluice_batch&, std::uint32_t, base::Error) override {
    return base::fail(unsupported().error());
  }
  base::Status await_errant(std::uint64_t, std::int64_t) override { return unsupported(); }
  void fail_record(sluice_batch& batch, std::uint32_t index, base::Error cause) override;
  void commit_transaction(std::uint32_t) override {}
  void abort_transaction(std::uint32_t) override {}

 private:
  static base::Status unsupported();
};

// The host table to give to create(): answers get_extension for what `services` serves. It must stay where it is while
// an instance uses it, and so must `services`, which is also the `ctx` to give.
struct HostTable {
  sluice_host host;
  HostServices* services;
};
HostTable make_host_table(HostServices& services);

// The C error of a status, and back. `exception` is the Java class for each code: RETRY RetriableException, BAD_RECORD
// DataException, INVALID_CONFIG ConfigException, the rest ConnectException.
void fill_error(sluice_error* out, const base::Error& error);
base::Error to_error(sluice_status status, const sluice_error& error);
base::Error make_error(base::Code code, std::string message);

}  // namespace sluice::plugin
