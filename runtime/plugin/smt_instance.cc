// Plugin transforms, predicates and converters as the interfaces that built-in ones implement.

#include <utility>

#include "runtime/plugin/instance.h"
#include "runtime/plugin/table_call.h"

namespace sluice::plugin {
namespace {

// Passes everything on, except record errors.
class RecordErrorRouter final : public HostServices {
 public:
  explicit RecordErrorRouter(HostServices& inner) : inner_(inner) {}
  void route(data::Batch* batch, data::RecordErrors* errors) {
    batch_ = batch;
    errors_ = errors;
  }
  void entered(Callback callback) override { inner_.entered(callback); }
  void left() override { inner_.left(); }
  bool serves(Extension extension) const override { return inner_.serves(extension); }
  bool log_enabled(base::LogLevel level) override { return inner_.log_enabled(level); }
  void log(base::LogLevel level, std::string_view message, std::span<const sluice_kv> fields) override {
    inner_.log(level, message, fields);
  }
  std::uint32_t define_metric(MetricKind kind, std::string_view name, std::string_view unit,
                              std::string_view help) override {
    return inner_.define_metric(kind, name, unit, help);
  }
  void update_metric(std::uint32_t id, double value) override { inner_.update_metric(id, value); }
  base::Result<const sluice_schema*> intern(const sluice_schema& description) override {
    return inner_.intern(description);
  }
  base::Status read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) override {
    return inner_.read_offsets(partitions, offsets);
  }
  void request_task_reconfiguration() override { inner_.request_task_reconfiguration(); }
  void raise_error(base::Error error) override { inner_.raise_error(std::move(error)); }
  std::span<const sluice_topic_partition> assignment() override { return inner_.assignment(); }
  base::Status pause(std::span<const sluice_topic_partition> partitions) override { return inner_.pause(partitions); }
  base::Status resume(std::span<const sluice_topic_partition> partitions) override { return inner_.resume(partitions); }
  base::Status rewind(std::span<const sluice_topic_offset> offsets) override { return inner_.rewind(offsets); }
  void set_timeout(std::int64_t timeout_ms) override { inner_.set_timeout(timeout_ms); }
  void request_commit() override { inner_.request_commit(); }
  base::Result<std::uint64_t> report_errant(const sluice_batch& batch, std::uint32_t index,
                                            base::Error cause) override {
    return inner_.report_errant(batch, index, std::move(cause));
  }
  base::Status await_errant(std::uint64_t ticket, std::int64_t timeout_ms) override {
    return inner_.await_errant(ticket, timeout_ms);
  }
  void fail_record(sluice_batch& batch, std::uint32_t index, base::Error cause) override {
    if (errors_ != nullptr && batch_->c() == &batch) errors_->fail(*batch_, index, std::move(cause));
  }
  void commit_transaction(std::uint32_t record) override { inner_.commit_transaction(record); }
  void abort_transaction(std::uint32_t record) override { inner_.abort_transaction(record); }
  bool is_stopping() override { return inner_.is_stopping(); }
  int stop_fd() override { return inner_.stop_fd(); }
  bool sleep(std::int64_t timeout_ms) override { return inner_.sleep(timeout_ms); }
  bool is_task_thread() override { return inner_.is_task_thread(); }
  bool is_control_thread() override { return inner_.is_control_thread(); }

 private:
  HostServices& inner_;
  data::Batch* batch_ = nullptr;
  data::RecordErrors* errors_ = nullptr;
};

// Gives a C batch to a plugin transform and routes its record errors to the task's.
class PluginTransform final : public data::Transform {
 public:
  PluginTransform(const sluice_transform_vtable& table, HostServices& services)
      : table_(table), router_(services), host_(make_host_table(router_)) {}
  ~PluginTransform() override {
    if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
  }
  PluginTransform(const PluginTransform&) = delete;
  PluginTransform& operator=(const PluginTransform&) = delete;

  base::Status create(const config::ConfigMap& config) {
    if (table_.create == nullptr || SLUICE_TABLE_FUNCTION(table_, apply) == nullptr) return missing("create or apply");
    CError error;
    const auto kv = to_kv(config);
    return outcome(table_.create(&host_.host, host_.services, kv.data(), static_cast<std::uint32_t>(kv.size()), &self_,
                                 &error.raw),
                   error);
  }

  base::Status apply(const data::TransformContext&, data::Batch& batch, data::RecordErrors& errors) override {
    CError error;
    const std::uint32_t records = batch.size();
    const Inside inside(host_, Callback::kTransform);
    router_.route(&batch, &errors);
    auto status = outcome(table_.apply(self_, batch.c(), &error.raw), error);
    router_.route(nullptr, nullptr);
    if (!status) return status;
    if (batch.size() > records) return broken_batch("more than it was given", records);
    return check_indices(*batch.c());
  }

 private:
  const sluice_transform_vtable& table_;
  RecordErrorRouter router_;
  HostTable host_;
  void* self_ = nullptr;
};

class PluginPredicate final : public data::Predicate {
 public:
  PluginPredicate(const sluice_predicate_vtable& table, HostServices& services)
      : table_(table), router_(services), host_(make_host_table(router_)) {}
  ~PluginPredicate() override {
    if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
  }
  PluginPredicate(const PluginPredicate&) = delete;
  PluginPredicate& operator=(const PluginPredicate&) = delete;

  base::Status create(const config::ConfigMap& config) {
    if (table_.create == nullptr || SLUICE_TABLE_FUNCTION(table_, test) == nullptr) return missing("create or test");
    CError error;
    const auto kv = to_kv(config);
    return outcome(table_.create(&host_.host, host_.services, kv.data(), static_cast<std::uint32_t>(kv.size()), &self_,
                                 &error.raw),
                   error);
  }

  base::Status test(const data::TransformContext&, data::Batch& batch, std::span<std::uint64_t> matches,
                    data::RecordErrors& errors) override {
    CError error;
    const Inside inside(host_, Callback::kTransform);
    router_.route(&batch, &errors);
    const auto status = outcome(table_.test(self_, batch.c(), matches.data(), &error.raw), error);
    router_.route(nullptr, nullptr);
    return status;
  }

 private:
  const sluice_predicate_vtable& table_;
  RecordErrorRouter router_;
  HostTable host_;
  void* self_ = nullptr;
};

// The table of a converter; both converter interfaces are the same to a plugin but for the header's name.
class PluginConverterCore {
 public:
  PluginConverterCore(const sluice_converter_vtable& table, HostServices& services)
      : table_(table), host_(make_host_table(services)) {}
  ~PluginConverterCore() {
    if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
  }
  PluginConverterCore(const PluginConverterCore&) = delete;
  PluginConverterCore& operator=(const PluginConverterCore&) = delete;

  base::Status create(const config::ConfigMap& config, bool is_key) {
    if (table_.create == nullptr || SLUICE_TABLE_FUNCTION(table_, from_connect) == nullptr ||
        SLUICE_TABLE_FUNCTION(table_, to_connect) == nullptr)
      return missing("create, from_connect or to_connect");
    CError error;
    const auto kv = to_kv(config);
    return outcome(table_.create(&host_.host, host_.services, kv.data(), static_cast<std::uint32_t>(kv.size()),
                                 is_key ? 1 : 0, &self_, &error.raw),
                   error);
  }

  base::Result<data::Bytes> from_connect(const data::ConvertContext& context, std::string_view topic,
                                         std::string_view header, const Schema* schema, const Value& value) {
    CError error;
    sluice_str bytes{nullptr, 0};
    SLUICE_TRY(outcome(
        table_.from_connect(self_, str(topic), str(header), schema, &value, context.arena, &bytes, &error.raw), error));
    return view(bytes);
  }

  base::Result<data::SchemaAndValue> to_connect(const data::ConvertContext& context, std::string_view topic,
                                                std::string_view header, data::Bytes bytes) {
    CError error;
    const sluice_schema* schema = nullptr;
    data::SchemaAndValue result;
    SLUICE_TRY(outcome(table_.to_connect(self_, str(topic), str(header), str(bytes), context.arena, &schema,
                                         &result.value, &error.raw),
                       error));
    result.schema = static_cast<const Schema*>(schema);
    return result;
  }

 private:
  const sluice_converter_vtable& table_;
  HostTable host_;
  void* self_ = nullptr;
};

class PluginConverter final : public data::Converter {
 public:
  PluginConverter(const sluice_converter_vtable& table, HostServices& services) : core(table, services) {}
  base::Result<data::Bytes> from_connect(const data::ConvertContext& context, std::string_view topic,
                                         const Schema* schema, const Value& value) override {
    return core.from_connect(context, topic, {}, schema, value);
  }
  base::Result<data::SchemaAndValue> to_connect(const data::ConvertContext& context, std::string_view topic,
                                                data::Bytes bytes) override {
    return core.to_connect(context, topic, {}, bytes);
  }
  PluginConverterCore core;
};

class PluginHeaderConverter final : public data::HeaderConverter {
 public:
  PluginHeaderConverter(const sluice_converter_vtable& table, HostServices& services) : core(table, services) {}
  base::Result<data::Bytes> from_connect(const data::ConvertContext& context, std::string_view topic,
                                         std::string_view header, const Schema* schema, const Value& value) override {
    return core.from_connect(context, topic, header, schema, value);
  }
  base::Result<data::SchemaAndValue> to_connect(const data::ConvertContext& context, std::string_view topic,
                                                std::string_view header, data::Bytes bytes) override {
    return core.to_connect(context, topic, header, bytes);
  }
  PluginConverterCore core;
};

}  // namespace

// ---- adapters ----

base::Result<std::unique_ptr<data::Transform>> make_plugin_transform(const sluice_transform_vtable& table,
                                                                     HostServices& services,
                                                                     const config::ConfigMap& config) {
  auto transform = std::make_unique<PluginTransform>(table, services);
  SLUICE_TRY(transform->create(config));
  return transform;
}

base::Result<std::unique_ptr<data::Predicate>> make_plugin_predicate(const sluice_predicate_vtable& table,
                                                                     HostServices& services,
                                                                     const config::ConfigMap& config) {
  auto predicate = std::make_unique<PluginPredicate>(table, services);
  SLUICE_TRY(predicate->create(config));
  return predicate;
}

base::Result<std::unique_ptr<data::Converter>> make_plugin_converter(const sluice_converter_vtable& table,
                                                                     HostServices& services,
                                                                     const config::ConfigMap& config, bool is_key) {
  auto converter = std::make_unique<PluginConverter>(table, services);
  SLUICE_TRY(converter->core.create(config, is_key));
  return converter;
}

base::Result<std::unique_ptr<data::HeaderConverter>> make_plugin_header_converter(const sluice_converter_vtable& table,
                                                                                  HostServices& services,
                                                                                  const config::ConfigMap& config) {
  auto converter = std::make_unique<PluginHeaderConverter>(table, services);
  SLUICE_TRY(converter->core.create(config, false));
  return converter;
}

}  // namespace sluice::plugin
