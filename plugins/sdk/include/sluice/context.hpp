#pragma once
// The services that the worker gives each instance: log, metrics, stored offsets, stop, schemas, and what its role
// brings. Only methods marked [any] may be called from other threads than the instance's own.

#include <chrono>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/abi.h>
#include <sluice/batch.hpp>
#include <sluice/schema.hpp>
#include <sluice/status.hpp>

namespace sluice {

enum class LogLevel : std::int32_t {
  kTrace = SLUICE_LOG_TRACE,
  kDebug = SLUICE_LOG_DEBUG,
  kInfo = SLUICE_LOG_INFO,
  kWarn = SLUICE_LOG_WARN,
  kError = SLUICE_LOG_ERROR,
};

// A stored offset, or none. Valid until the next one is read by this instance.
class StoredOffset {
 public:
  explicit StoredOffset(const Value& map) noexcept : map_(map) {}
  bool exists() const noexcept { return map_.is(Kind::kMap); }
  const Value& value() const noexcept { return map_; }
  // The value under `key`; null if there is none.
  Value get(std::string_view key) const noexcept {
    if (!exists()) return {};
    const auto pairs = map_.items();
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
      if (pairs[i].is(Kind::kString) && pairs[i].text() == key) return pairs[i + 1];
    return {};
  }
  std::int64_t int64_or(std::string_view key, std::int64_t fallback) const noexcept {
    const Value found = get(key);
    return found.is_integer() ? found.i64() : fallback;
  }
  bool boolean_or(std::string_view key, bool fallback) const noexcept {
    const Value found = get(key);
    return found.is(Kind::kBoolean) ? found.boolean_value() : fallback;
  }
  std::string string_or(std::string_view key, std::string_view fallback) const {
    const Value found = get(key);
    return std::string(found.is(Kind::kString) ? found.text() : fallback);
  }

 private:
  Value map_;
};

// A metric defined during start. [any]
class Metric {
 public:
  Metric() = default;
  Metric(const sluice_metrics* table, void* ctx, std::uint32_t id) noexcept
      : table_(id != 0 ? table : nullptr), ctx_(ctx), id_(id) {}
  void add(double amount = 1) const noexcept {
    if (table_ != nullptr) table_->add(ctx_, id_, amount);
  }
  void set(double amount) const noexcept {
    if (table_ != nullptr) table_->set(ctx_, id_, amount);
  }
  void observe(double amount) const noexcept {
    if (table_ != nullptr) table_->observe(ctx_, id_, amount);
  }

 private:
  const sluice_metrics* table_ = nullptr;
  void* ctx_ = nullptr;
  std::uint32_t id_ = 0;
};

class Context {
 public:
  Context() = default;
  Context(const sluice_host* host, void* ctx) noexcept
      : host_(host),
        ctx_(ctx),
        log_(table<sluice_log>(SLUICE_EXT_LOG)),
        metrics_(table<sluice_metrics>(SLUICE_EXT_METRICS)),
        offsets_(table<sluice_offset_reader>(SLUICE_EXT_OFFSET_READER)),
        connector_(table<sluice_connector_context>(SLUICE_EXT_CONNECTOR_CONTEXT)),
        sink_(table<sluice_sink_context>(SLUICE_EXT_SINK_CONTEXT)),
        errant_(table<sluice_errant>(SLUICE_EXT_ERRANT)),
        record_error_(table<sluice_record_error>(SLUICE_EXT_RECORD_ERROR)),
        transaction_(table<sluice_transaction>(SLUICE_EXT_TRANSACTION)),
        stop_(table<sluice_stop>(SLUICE_EXT_STOP)),
        text_(table<sluice_text>(SLUICE_EXT_TEXT)),
        schemas_(table<sluice_schema_host>(SLUICE_EXT_SCHEMA), ctx) {}

  // ---- log [any]: texts with {} for each argument; never a secret
  bool log_enabled(LogLevel level) const noexcept {
    return log_ != nullptr && log_->enabled(ctx_, static_cast<std::int32_t>(level)) != 0;
  }
  template <typename... Args>
  void log(LogLevel level, std::string_view text, const Args&... args) const {
    if (!log_enabled(level)) return;
    const std::string message = format(text, args...);
    log_->write(ctx_, static_cast<std::int32_t>(level), str(message), nullptr, 0);
  }
  template <typename... Args>
  void debug(std::string_view text, const Args&... args) const {
    log(LogLevel::kDebug, text, args...);
  }
  template <typename... Args>
  void info(std::string_view text, const Args&... args) const {
    log(LogLevel::kInfo, text, args...);
  }
  template <typename... Args>
  void warn(std::string_view text, const Args&... args) const {
    log(LogLevel::kWarn, text, args...);
  }
  template <typename... Args>
  void error(std::string_view text, const Args&... args) const {
    log(LogLevel::kError, text, args...);
  }

  // ---- metrics: define in start
  Metric counter(std::string_view name, std::string_view unit, std::string_view help) const {
    return metric([&](const sluice_metrics* m) { return m->define_counter(ctx_, str(name), str(unit), str(help)); });
  }
  Metric gauge(std::string_view name, std::string_view unit, std::string_view help) const {
    return metric([&](const sluice_metrics* m) { return m->define_gauge(ctx_, str(name), str(unit), str(help)); });
  }
  Metric histogram(std::string_view name, std::string_view unit, std::string_view help) const {
    return metric([&](const sluice_metrics* m) { return m->define_histogram(ctx_, str(name), str(unit), str(help)); });
  }

  // ---- stop
  bool stopping() const noexcept { return stop_ != nullptr && stop_->is_stopping(ctx_) != 0; }  // [any]
  int stop_fd() const noexcept {
    return stop_ != nullptr ? stop_->stop_fd(ctx_) : -1;
  }  // [any] readable once stopping; do not read
  // False: stopping; return sluice::stopping().
  bool sleep_for(std::chrono::milliseconds time) const noexcept {
    return stop_ == nullptr || stop_->sleep_ms(ctx_, time.count()) == 0;
  }

  // ---- schemas
  const Schemas& schemas() const noexcept { return schemas_; }

  // ---- text: the value as Java's toString prints it, in `arena` or a view of the value; data() == nullptr: no memory
  std::string_view text(const Value& value, sluice_arena* arena) const noexcept {
    if (value.is(Kind::kString)) return value.text();
    return text_ != nullptr ? view(text_->to_string(ctx_, &value, arena)) : std::string_view();
  }

  // ---- stored offsets (sources): by partition, as given to RecordBuilder::source. Throws std::runtime_error if they
  // cannot be read.
  StoredOffset stored_offset(std::string_view name) const { return stored_offset({Entry(kNamedPartitionKey, name)}); }
  StoredOffset stored_offset(std::initializer_list<Entry> partition) const {
    std::vector<sluice_value> pairs;
    for (const Entry& entry : partition) {
      pairs.push_back(Value::string(entry.key));
      pairs.push_back(entry.value);
    }
    sluice_value offset = Value();
    const sluice_value map = Value::map(pairs.data(), partition.size());
    read_offsets({&map, 1}, {&offset, 1});
    return StoredOffset(offset);
  }
  // offsets[i] becomes the stored offset of partitions[i], or null.
  void read_offsets(std::span<const sluice_value> partitions, std::span<sluice_value> offsets) const {
    if (offsets_ == nullptr) return;
    sluice_error err = detail::empty_error();
    if (offsets_->read(ctx_, partitions.data(), static_cast<std::uint32_t>(partitions.size()), offsets.data(), &err) !=
        SLUICE_OK)
      throw std::runtime_error(std::string(err.message, err.message_size));
  }

  // ---- connectors [any]
  void request_task_reconfiguration() const noexcept {
    if (connector_ != nullptr) connector_->request_task_reconfiguration(ctx_);
  }
  void raise_error(const Status& status) const noexcept {
    sluice_error err = detail::empty_error();
    detail::to_c(status, &err);
    if (connector_ != nullptr) connector_->raise_error(ctx_, &err);
  }

  // ---- sinks
  std::span<const sluice_topic_partition> assignment() const noexcept {
    const sluice_topic_partition* partitions = nullptr;
    const std::uint32_t count = sink_ != nullptr ? sink_->assignment(ctx_, &partitions) : 0;
    return {partitions, count};
  }
  Status pause(std::span<const sluice_topic_partition> partitions) const {
    return sink_call([&](auto* t, auto* err) {
      return t->pause(ctx_, partitions.data(), static_cast<std::uint32_t>(partitions.size()), err);
    });
  }
  Status resume(std::span<const sluice_topic_partition> partitions) const {
    return sink_call([&](auto* t, auto* err) {
      return t->resume(ctx_, partitions.data(), static_cast<std::uint32_t>(partitions.size()), err);
    });
  }
  Status rewind(std::span<const sluice_topic_offset> offsets) const {
    return sink_call([&](auto* t, auto* err) {
      return t->rewind(ctx_, offsets.data(), static_cast<std::uint32_t>(offsets.size()), err);
    });
  }
  void set_timeout(std::chrono::milliseconds timeout) const noexcept {
    if (sink_ != nullptr) sink_->set_timeout(ctx_, timeout.count());
  }
  void request_commit() const noexcept {
    if (sink_ != nullptr) sink_->request_commit(ctx_);
  }

  // Where records that the sink cannot use go: the dead-letter queue, the log. Reporting does not wait; offsets behind
  // a reported record are committed only when it is written, and the task fails if it cannot be. `ticket`: for
  // await_errant, of a sink that commits by itself.
  bool has_errant_reporter() const noexcept { return errant_ != nullptr; }
  Status report_errant(const RecordView& record, const BatchView& batch, const Status& cause,
                       std::uint64_t* ticket = nullptr) const {
    if (errant_ == nullptr) return unsupported("no dead-letter queue is configured");
    sluice_error why = detail::empty_error();
    detail::to_c(cause, &why);
    sluice_error err = detail::empty_error();
    std::uint64_t given = 0;
    const auto status = detail::from_c(errant_->report(ctx_, batch.c(), record.index(), &why, &given, &err), err);
    if (ticket != nullptr) *ticket = given;
    return status;
  }
  // Waits until everything reported up to `ticket` is written.
  Status await_errant(std::uint64_t ticket, std::chrono::milliseconds timeout) const {
    if (errant_ == nullptr) return unsupported("no dead-letter queue is configured");
    sluice_error err = detail::empty_error();
    return detail::from_c(errant_->await(ctx_, ticket, timeout.count(), &err), err);
  }

  // ---- transforms and converters: this record failed, the rest of the batch goes on
  void fail_record(sluice_batch* batch, std::uint32_t index, const Status& cause) const noexcept {
    sluice_error why = detail::empty_error();
    detail::to_c(cause, &why);
    if (record_error_ != nullptr)
      record_error_->fail(ctx_, batch, index, &why);
    else
      reinterpret_cast<sluice_record*>(reinterpret_cast<std::uint8_t*>(batch->records) +
                                       std::size_t{index} * batch->record_stride)
          ->flags |= SLUICE_RECORD_FAILED;
  }

  // ---- exactly-once sources that set their own transaction boundaries
  bool has_transactions() const noexcept { return transaction_ != nullptr; }
  void commit_transaction(std::uint32_t record = SLUICE_TRANSACTION_ALL) const noexcept {
    if (transaction_ != nullptr) transaction_->commit(ctx_, record);
  }
  void abort_transaction(std::uint32_t record = SLUICE_TRANSACTION_ALL) const noexcept {
    if (transaction_ != nullptr) transaction_->abort(ctx_, record);
  }

  const sluice_host* host() const noexcept { return host_; }
  void* ctx() const noexcept { return ctx_; }

 private:
  template <typename T>
  const T* table(const char* id) const noexcept {
    return host_ != nullptr ? static_cast<const T*>(host_->get_extension(host_, id)) : nullptr;
  }
  template <typename Define>
  Metric metric(Define define) const {
    return metrics_ != nullptr ? Metric(metrics_, ctx_, define(metrics_)) : Metric();
  }
  template <typename Call>
  Status sink_call(Call call) const {
    if (sink_ == nullptr) return unsupported("only a sink task may do this");
    sluice_error err = detail::empty_error();
    return detail::from_c(call(sink_, &err), err);
  }

  const sluice_host* host_ = nullptr;
  void* ctx_ = nullptr;
  const sluice_log* log_ = nullptr;
  const sluice_metrics* metrics_ = nullptr;
  const sluice_offset_reader* offsets_ = nullptr;
  const sluice_connector_context* connector_ = nullptr;
  const sluice_sink_context* sink_ = nullptr;
  const sluice_errant* errant_ = nullptr;
  const sluice_record_error* record_error_ = nullptr;
  const sluice_transaction* transaction_ = nullptr;
  const sluice_stop* stop_ = nullptr;
  const sluice_text* text_ = nullptr;
  Schemas schemas_;
};

}  // namespace sluice
