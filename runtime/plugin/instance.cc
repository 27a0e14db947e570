#include "runtime/plugin/instance.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace sluice::plugin {
namespace {

using base::Code;

// The function of a table, if the table is large enough to have it and it is set.
#define SLUICE_TABLE_FUNCTION(table, member)                                                              \
  ((table).struct_size >= offsetof(std::remove_cvref_t<decltype(table)>, member) + sizeof((table).member) \
       ? (table).member                                                                                   \
       : nullptr)

struct CError {
  CError() : raw{} { raw.struct_size = sizeof raw; }
  sluice_error raw;
};

base::Status outcome(sluice_status status, const CError& error) {
  if (status == SLUICE_OK) return {};
  return base::fail(to_error(status, error.raw));
}

base::Status missing(std::string_view function) {
  return base::fail(Code::kBug, base::exceptions::kConnect, "The component's table has no {}", function);
}

template <typename Function>
base::Status create_self(Function create, HostTable& host, void** self) {
  if (create == nullptr) return missing("create");
  CError error;
  SLUICE_TRY(outcome(create(&host.host, host.services, self, &error.raw), error));
  return {};
}

template <typename Function>
base::Status start_self(Function start, void* self, const config::ConfigMap& config) {
  if (start == nullptr) return {};
  CError error;
  const auto kv = to_kv(config);
  return outcome(start(self, kv.data(), static_cast<std::uint32_t>(kv.size()), &error.raw), error);
}

base::Status broken_batch(std::string_view what, std::uint32_t index) {
  return base::fail(Code::kBug, base::exceptions::kConnect, "The plugin filled record {} of its batch with {}", index,
                    what);
}

// A source or transform may only point where its tables reach: one bad index would be read far outside them.
base::Status check_indices(const sluice_batch& batch) {
  if (batch.record_count == 0) return {};
  if (batch.records == nullptr || batch.record_stride < sizeof(sluice_record))
    return broken_batch("a null record array or a stride that is too small", 0);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(batch.records);
  for (std::uint32_t i = 0; i < batch.record_count; ++i) {
    const auto& record = *reinterpret_cast<const sluice_record*>(bytes + std::size_t{i} * batch.record_stride);
    if (record.topic >= batch.topic_count) return broken_batch("a topic index outside its table", i);
    if (record.key_schema != SLUICE_NO_SCHEMA && record.key_schema >= batch.schema_count)
      return broken_batch("a key schema index outside its table", i);
    if (record.value_schema != SLUICE_NO_SCHEMA && record.value_schema >= batch.schema_count)
      return broken_batch("a value schema index outside its table", i);
    if (record.source_offset.kind != SLUICE_NULL && record.source_partition >= batch.source_partition_count)
      return broken_batch("a source partition index outside its table", i);
    if (record.header_count > 0 && record.headers == nullptr) return broken_batch("a null header array", i);
    if (record.key.kind > SLUICE_INSTANT || record.value.kind > SLUICE_INSTANT)
      return broken_batch("a value of unknown kind", i);
  }
  return {};
}

// While the plugin is in one of its functions.
class Inside {
 public:
  Inside(const HostTable& host, Callback callback) : services_(*host.services) { services_.entered(callback); }
  ~Inside() { services_.left(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  HostServices& services_;
};

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

std::vector<sluice_kv> to_kv(const config::ConfigMap& config) {
  std::vector<sluice_kv> kv;
  kv.reserve(config.size());
  for (const auto& [key, value] : config)
    if (value) kv.push_back({str(key), str(*value)});
  return kv;
}

// ---- connector ----

ConnectorInstance::ConnectorInstance(const sluice_connector_vtable& table, HostServices& services)
    : table_(table), host_(make_host_table(services)) {}

base::Result<std::unique_ptr<ConnectorInstance>> ConnectorInstance::create(const sluice_connector_vtable& table,
                                                                           HostServices& services) {
  std::unique_ptr<ConnectorInstance> instance(new ConnectorInstance(table, services));
  const Inside inside(instance->host_, Callback::kCreate);
  SLUICE_TRY(create_self(table.create, instance->host_, &instance->self_));
  return instance;
}

ConnectorInstance::~ConnectorInstance() {
  stop();
  if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
}

base::Status ConnectorInstance::start(const config::ConfigMap& config) {
  const Inside inside(host_, Callback::kStart);
  SLUICE_TRY(start_self(table_.start, self_, config));
  started_ = true;
  return {};
}

void ConnectorInstance::stop() {
  if (!std::exchange(started_, false) || table_.stop == nullptr) return;
  const Inside inside(host_, Callback::kStop);
  table_.stop(self_);
}

base::Result<std::vector<config::ConfigMap>> ConnectorInstance::task_configs(int tasks_max) {
  if (table_.task_configs == nullptr) return tl::unexpected(missing("task_configs").error());
  const Inside inside(host_, Callback::kTaskConfigs);
  std::vector<config::ConfigMap> configs;
  CError error;
  const auto emit = [](void* ectx, const sluice_kv* kv, std::uint32_t count) {
    config::ConfigMap config;
    for (std::uint32_t i = 0; i < count; ++i) config.set(view(kv[i].key), std::string(view(kv[i].value)));
    static_cast<std::vector<config::ConfigMap>*>(ectx)->push_back(std::move(config));
  };
  SLUICE_TRY(
      outcome(table_.task_configs(self_, static_cast<std::uint32_t>(tasks_max), emit, &configs, &error.raw), error));
  return configs;
}

base::Result<std::vector<ConnectorInstance::Issue>> ConnectorInstance::validate(const config::ConfigMap& config) {
  std::vector<Issue> issues;
  const auto function = SLUICE_TABLE_FUNCTION(table_, validate);
  if (function == nullptr) return issues;
  CError error;
  const auto kv = to_kv(config);
  const auto issue = [](void* ictx, sluice_str key, sluice_str message) {
    static_cast<std::vector<Issue>*>(ictx)->push_back({std::string(view(key)), std::string(view(message))});
  };
  SLUICE_TRY(
      outcome(function(self_, kv.data(), static_cast<std::uint32_t>(kv.size()), issue, &issues, &error.raw), error));
  return issues;
}

base::Result<std::vector<std::string>> ConnectorInstance::recommend(std::string_view key,
                                                                    const config::ConfigMap& config) {
  std::vector<std::string> texts;
  const auto function = SLUICE_TABLE_FUNCTION(table_, recommend);
  if (function == nullptr) return texts;
  CError error;
  const auto kv = to_kv(config);
  const auto emit = [](void* ectx, sluice_str text) {
    static_cast<std::vector<std::string>*>(ectx)->emplace_back(view(text));
  };
  SLUICE_TRY(outcome(
      function(self_, str(key), kv.data(), static_cast<std::uint32_t>(kv.size()), emit, &texts, &error.raw), error));
  return texts;
}

std::uint64_t ConnectorInstance::capabilities(const config::ConfigMap& config) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, capabilities);
  if (function == nullptr) return 0;
  const auto kv = to_kv(config);
  return function(self_, kv.data(), static_cast<std::uint32_t>(kv.size()));
}

bool ConnectorInstance::can_alter_offsets() const {
  return SLUICE_TABLE_FUNCTION(table_, alter_offsets) != nullptr;
}

base::Result<bool> ConnectorInstance::alter_offsets(const config::ConfigMap& config,
                                                    std::span<const sluice_offset_entry> offsets) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, alter_offsets);
  if (function == nullptr) return false;
  CError error;
  const auto kv = to_kv(config);
  std::int32_t handled = 0;
  SLUICE_TRY(outcome(function(self_, kv.data(), static_cast<std::uint32_t>(kv.size()), offsets.data(),
                              static_cast<std::uint32_t>(offsets.size()), &handled, &error.raw),
                     error));
  return handled != 0;
}

// ---- source task ----

SourceTaskInstance::SourceTaskInstance(const sluice_source_task_vtable& table, HostServices& services)
    : table_(table), host_(make_host_table(services)) {}

base::Result<std::unique_ptr<SourceTaskInstance>> SourceTaskInstance::create(const sluice_source_task_vtable& table,
                                                                             HostServices& services) {
  if (table.poll == nullptr) return tl::unexpected(missing("poll").error());
  std::unique_ptr<SourceTaskInstance> instance(new SourceTaskInstance(table, services));
  const Inside inside(instance->host_, Callback::kCreate);
  SLUICE_TRY(create_self(table.create, instance->host_, &instance->self_));
  return instance;
}

SourceTaskInstance::~SourceTaskInstance() {
  stop();
  if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
}

base::Status SourceTaskInstance::start(const config::ConfigMap& config) {
  const Inside inside(host_, Callback::kStart);
  SLUICE_TRY(start_self(table_.start, self_, config));
  started_ = true;
  return {};
}

base::Status SourceTaskInstance::poll(data::Batch& batch) {
  CError error;
  const Inside inside(host_, Callback::kPoll);
  SLUICE_TRY(outcome(table_.poll(self_, batch.c(), &error.raw), error));
  return check_indices(*batch.c());
}

bool SourceTaskInstance::wants_acks() const {
  return SLUICE_TABLE_FUNCTION(table_, delivered) != nullptr;
}

void SourceTaskInstance::delivered(std::span<const sluice_ack> acks) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, delivered);
  if (function == nullptr || acks.empty()) return;
  const Inside inside(host_, Callback::kDelivered);
  function(self_, acks.data(), static_cast<std::uint32_t>(acks.size()));
}

base::Status SourceTaskInstance::commit() {
  const auto function = SLUICE_TABLE_FUNCTION(table_, commit);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kCommit);
  CError error;
  return outcome(function(self_, &error.raw), error);
}

void SourceTaskInstance::request_stop() {
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, request_stop)) function(self_);
}

void SourceTaskInstance::stop() {
  if (!std::exchange(started_, false)) return;
  const Inside inside(host_, Callback::kStop);
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, stop)) function(self_);
}

// ---- sink task ----

SinkTaskInstance::SinkTaskInstance(const sluice_sink_task_vtable& table, HostServices& services)
    : table_(table), host_(make_host_table(services)) {}

base::Result<std::unique_ptr<SinkTaskInstance>> SinkTaskInstance::create(const sluice_sink_task_vtable& table,
                                                                         HostServices& services) {
  if (table.put == nullptr) return tl::unexpected(missing("put").error());
  std::unique_ptr<SinkTaskInstance> instance(new SinkTaskInstance(table, services));
  const Inside inside(instance->host_, Callback::kCreate);
  SLUICE_TRY(create_self(table.create, instance->host_, &instance->self_));
  return instance;
}

SinkTaskInstance::~SinkTaskInstance() {
  stop();
  if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
}

base::Status SinkTaskInstance::start(const config::ConfigMap& config) {
  const Inside inside(host_, Callback::kStart);
  SLUICE_TRY(start_self(table_.start, self_, config));
  started_ = true;
  return {};
}

base::Status SinkTaskInstance::open(std::span<const sluice_topic_partition> partitions) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, open);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kOpen);
  CError error;
  return outcome(function(self_, partitions.data(), static_cast<std::uint32_t>(partitions.size()), &error.raw), error);
}

base::Status SinkTaskInstance::put(sluice_batch& batch, std::uint32_t* retry_after_ms) {
  CError error;
  const Inside inside(host_, Callback::kPut);
  const auto status = outcome(table_.put(self_, &batch, &error.raw), error);
  *retry_after_ms = error.raw.retry_after_ms;
  return status;
}

base::Status SinkTaskInstance::pre_commit(std::span<sluice_topic_offset> offsets) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, pre_commit);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kPreCommit);
  CError error;
  return outcome(function(self_, offsets.data(), static_cast<std::uint32_t>(offsets.size()), &error.raw), error);
}

base::Status SinkTaskInstance::close(std::span<const sluice_topic_partition> partitions) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, close);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kClose);
  CError error;
  return outcome(function(self_, partitions.data(), static_cast<std::uint32_t>(partitions.size()), &error.raw), error);
}

void SinkTaskInstance::request_stop() {
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, request_stop)) function(self_);
}

void SinkTaskInstance::stop() {
  if (!std::exchange(started_, false)) return;
  const Inside inside(host_, Callback::kStop);
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, stop)) function(self_);
}

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
