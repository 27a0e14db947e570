// The C tables of abi.h over a HostServices. `ctx` is the HostServices*; nothing may unwind into the plugin.

#include <algorithm>
#include <cstring>
#include <string>

#include "runtime/data/value_text.h"
#include "runtime/plugin/host_services.h"

namespace sluice::plugin {
namespace {

using Extension = HostServices::Extension;

HostServices& services_of(void* ctx) {
  return *static_cast<HostServices*>(ctx);
}

sluice_status finish(const base::Status& status, sluice_error* err) {
  if (status) return SLUICE_OK;
  fill_error(err, status.error());
  return static_cast<sluice_status>(err != nullptr ? err->status : SLUICE_FATAL);
}

base::LogLevel to_level(std::int32_t level) {
  return static_cast<base::LogLevel>(std::clamp<std::int32_t>(level, SLUICE_LOG_TRACE, SLUICE_LOG_ERROR));
}

const sluice_log kLogTable = {
    sizeof(sluice_log), 0,
    [](void* ctx, std::int32_t level) -> std::int32_t { return services_of(ctx).log_enabled(to_level(level)) ? 1 : 0; },
    [](void* ctx, std::int32_t level, sluice_str message, const sluice_kv* fields, std::uint32_t count) {
      services_of(ctx).log(to_level(level), view(message), {fields, fields != nullptr ? count : 0});
    }};

template <HostServices::MetricKind kKind>
std::uint32_t define_metric(void* ctx, sluice_str name, sluice_str unit, sluice_str help) {
  return services_of(ctx).define_metric(kKind, view(name), view(unit), view(help));
}
void update_metric(void* ctx, std::uint32_t id, double value) {
  services_of(ctx).update_metric(id, value);
}

const sluice_metrics kMetricsTable = {sizeof(sluice_metrics),
                                      0,
                                      define_metric<HostServices::MetricKind::kCounter>,
                                      define_metric<HostServices::MetricKind::kGauge>,
                                      define_metric<HostServices::MetricKind::kHistogram>,
                                      update_metric,
                                      update_metric,
                                      update_metric};

const sluice_schema_host kSchemaTable = {
    sizeof(sluice_schema_host), 0,
    [](void* ctx, const sluice_schema* description, sluice_error* err) -> const sluice_schema* {
      auto schema = services_of(ctx).intern(*description);
      if (schema) return *schema;
      fill_error(err, schema.error());
      return nullptr;
    }};

const sluice_text kTextTable = {sizeof(sluice_text), 0,
                                [](void*, const sluice_value* value, sluice_arena* arena) -> sluice_str {
                                  if (value->kind == SLUICE_STRING) return str(Value(*value).text());
                                  std::string text;
                                  data::append_value_text(*value, text);
                                  return str(arena_copy(arena, text));
                                }};

const sluice_offset_reader kOffsetReaderTable = {
    sizeof(sluice_offset_reader), 0,
    [](void* ctx, const sluice_value* partitions, std::uint32_t count, sluice_value* offsets,
       sluice_error* err) -> sluice_status {
      return finish(services_of(ctx).read_offsets({partitions, count}, offsets), err);
    }};

const sluice_connector_context kConnectorContextTable = {
    sizeof(sluice_connector_context), 0, [](void* ctx) { services_of(ctx).request_task_reconfiguration(); },
    [](void* ctx, const sluice_error* err) { services_of(ctx).raise_error(to_error(err->status, *err)); }};

const sluice_sink_context kSinkContextTable = {
    sizeof(sluice_sink_context),
    0,
    [](void* ctx, const sluice_topic_partition** out) -> std::uint32_t {
      const auto assignment = services_of(ctx).assignment();
      *out = assignment.data();
      return static_cast<std::uint32_t>(assignment.size());
    },
    [](void* ctx, const sluice_topic_partition* partitions, std::uint32_t count, sluice_error* err) -> sluice_status {
      return finish(services_of(ctx).pause({partitions, count}), err);
    },
    [](void* ctx, const sluice_topic_partition* partitions, std::uint32_t count, sluice_error* err) -> sluice_status {
      return finish(services_of(ctx).resume({partitions, count}), err);
    },
    [](void* ctx, const sluice_topic_offset* offsets, std::uint32_t count, sluice_error* err) -> sluice_status {
      return finish(services_of(ctx).rewind({offsets, count}), err);
    },
    [](void* ctx, std::int64_t timeout_ms) { services_of(ctx).set_timeout(timeout_ms); },
    [](void* ctx) { services_of(ctx).request_commit(); }};

const sluice_errant kErrantTable = {
    sizeof(sluice_errant), 0,
    [](void* ctx, const sluice_batch* batch, std::uint32_t index, const sluice_error* cause, std::uint64_t* ticket,
       sluice_error* err) -> sluice_status {
      auto result = services_of(ctx).report_errant(*batch, index, to_error(cause->status, *cause));
      if (!result) return finish(base::fail(std::move(result).error()), err);
      *ticket = *result;
      return SLUICE_OK;
    },
    [](void* ctx, std::uint64_t ticket, std::int64_t timeout_ms, sluice_error* err) -> sluice_status {
      return finish(services_of(ctx).await_errant(ticket, timeout_ms), err);
    }};

const sluice_record_error kRecordErrorTable = {
    sizeof(sluice_record_error), 0, [](void* ctx, sluice_batch* batch, std::uint32_t index, const sluice_error* cause) {
      if (index < batch->record_count) services_of(ctx).fail_record(*batch, index, to_error(cause->status, *cause));
    }};

const sluice_transaction kTransactionTable = {
    sizeof(sluice_transaction), 0, [](void* ctx, std::uint32_t record) { services_of(ctx).commit_transaction(record); },
    [](void* ctx, std::uint32_t record) { services_of(ctx).abort_transaction(record); }};

const sluice_stop kStopTable = {
    sizeof(sluice_stop), 0, [](void* ctx) -> std::int32_t { return services_of(ctx).is_stopping() ? 1 : 0; },
    [](void* ctx) -> std::int32_t { return services_of(ctx).stop_fd(); },
    [](void* ctx, std::int64_t timeout_ms) -> std::int32_t { return services_of(ctx).sleep(timeout_ms) ? 1 : 0; }};

const sluice_thread_check kThreadCheckTable = {
    sizeof(sluice_thread_check), 0, [](void* ctx) -> std::int32_t { return services_of(ctx).is_task_thread() ? 1 : 0; },
    [](void* ctx) -> std::int32_t { return services_of(ctx).is_control_thread() ? 1 : 0; }};

const void* get_extension(const sluice_host* host, const char* id) {
  // The host struct is the first member of its HostTable.
  const HostServices& services = *reinterpret_cast<const HostTable*>(host)->services;
  const std::string_view name = id != nullptr ? std::string_view(id) : std::string_view();
  const auto served = [&](Extension extension, const void* table) {
    return services.serves(extension) ? table : nullptr;
  };
  if (name == SLUICE_EXT_LOG) return &kLogTable;
  if (name == SLUICE_EXT_METRICS) return &kMetricsTable;
  if (name == SLUICE_EXT_SCHEMA) return &kSchemaTable;
  if (name == SLUICE_EXT_TEXT) return &kTextTable;
  if (name == SLUICE_EXT_STOP) return &kStopTable;
  if (name == SLUICE_EXT_RECORD_ERROR) return &kRecordErrorTable;
  if (name == SLUICE_EXT_THREAD_CHECK) return &kThreadCheckTable;
  if (name == SLUICE_EXT_OFFSET_READER) return served(Extension::kOffsetReader, &kOffsetReaderTable);
  if (name == SLUICE_EXT_CONNECTOR_CONTEXT) return served(Extension::kConnectorContext, &kConnectorContextTable);
  if (name == SLUICE_EXT_SINK_CONTEXT) return served(Extension::kSinkContext, &kSinkContextTable);
  if (name == SLUICE_EXT_ERRANT) return served(Extension::kErrant, &kErrantTable);
  if (name == SLUICE_EXT_TRANSACTION) return served(Extension::kTransaction, &kTransactionTable);
  return nullptr;
}

const char* exception_of(base::Code code) {
  switch (code) {
    case base::Code::kRetry:
      return base::exceptions::kRetriable;
    case base::Code::kBadRecord:
      return base::exceptions::kData;
    case base::Code::kInvalidConfig:
      return base::exceptions::kConfig;
    default:
      return base::exceptions::kConnect;
  }
}

}  // namespace

std::string_view callback_name(Callback callback) {
  constexpr std::string_view kNames[] = {"",           "create",    "start",    "stop", "task_configs",
                                         "poll",       "delivered", "commit",   "open", "put",
                                         "pre_commit", "close",     "transform"};
  return kNames[static_cast<std::size_t>(callback)];
}

base::Status BasicHostServices::unsupported() {
  return base::fail(base::Code::kUnsupported, base::exceptions::kUnsupportedOperation,
                    "The host does not serve this call to this component");
}

base::Status BasicHostServices::read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) {
  for (std::size_t i = 0; i < partitions.size(); ++i) offsets[i] = Value::null();
  return {};
}

void BasicHostServices::fail_record(sluice_batch& batch, std::uint32_t index, base::Error) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(batch.records) + std::size_t{index} * batch.record_stride;
  reinterpret_cast<sluice_record*>(bytes)->flags |= SLUICE_RECORD_FAILED;
}

HostTable make_host_table(HostServices& services) {
  return {{sizeof(sluice_host), SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR, 0, str("sluice"), str("0.1.0"), get_extension},
          &services};
}

void fill_error(sluice_error* out, const base::Error& error) {
  if (out == nullptr) return;
  const bool known = static_cast<int>(error.code()) <= SLUICE_BUG;
  out->status = known ? static_cast<sluice_status>(error.code()) : SLUICE_FATAL;
  out->message_size =
      static_cast<std::uint32_t>(std::min<std::size_t>(error.message().size(), SLUICE_ERROR_MESSAGE_MAX));
  std::memcpy(out->message, error.message().data(), out->message_size);
}

base::Error to_error(sluice_status status, const sluice_error& error) {
  const bool known = status >= SLUICE_RETRY && status <= SLUICE_BUG;
  const base::Code code = known ? static_cast<base::Code>(status) : base::Code::kBug;
  std::string message(error.message, std::min<std::uint32_t>(error.message_size, SLUICE_ERROR_MESSAGE_MAX));
  if (!known)
    message =
        fmt::format("The component answered the unknown status {}{}{}", status, message.empty() ? "" : ": ", message);
  return make_error(code, std::move(message));
}

base::Error make_error(base::Code code, std::string message) {
  return {code, exception_of(code), std::move(message)};
}

}  // namespace sluice::plugin
