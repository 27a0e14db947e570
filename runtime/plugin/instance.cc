#include "runtime/plugin/instance.h"

#include <algorithm>
#include <utility>

#include "runtime/plugin/table_call.h"

namespace sluice::plugin {

base::Status broken_batch(std::string_view what, std::uint32_t index) {
  return base::fail(base::Code::kBug, base::exceptions::kConnect, "The plugin filled record {} of its batch with {}",
                    index, what);
}

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

std::vector<sluice_kv> to_kv(const config::ConfigMap& config) {
  std::vector<sluice_kv> kv;
  kv.reserve(config.size());
  for (const auto& [key, value] : config)
    if (value) kv.push_back({str(key), str(*value)});
  return kv;
}

namespace {

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

class TableConnector final : public ConnectorInstance {
 public:
  TableConnector(const sluice_connector_vtable& table, HostServices& services);
  ~TableConnector() override;

  base::Status create() {
    const Inside inside(host_, Callback::kCreate);
    return create_self(table_.create, host_, &self_);
  }
  base::Status start(const config::ConfigMap& config) override;
  void stop() override;
  base::Result<std::vector<config::ConfigMap>> task_configs(int tasks_max) override;
  base::Result<std::vector<Issue>> validate(const config::ConfigMap& config) override;
  base::Result<std::vector<std::string>> recommend(std::string_view key, const config::ConfigMap& config) override;
  std::uint64_t capabilities(const config::ConfigMap& config) override;
  base::Result<bool> alter_offsets(const config::ConfigMap& config,
                                   std::span<const sluice_offset_entry> offsets) override;
  bool can_alter_offsets() const override;

 private:
  const sluice_connector_vtable& table_;
  HostTable host_;
  void* self_ = nullptr;
  bool started_ = false;
};

class TableSourceTask final : public SourceTaskInstance {
 public:
  TableSourceTask(const sluice_source_task_vtable& table, HostServices& services);
  ~TableSourceTask() override;

  base::Status create() {
    const Inside inside(host_, Callback::kCreate);
    return create_self(table_.create, host_, &self_);
  }
  base::Status start(const config::ConfigMap& config) override;
  base::Status poll(data::Batch& batch) override;
  bool wants_acks() const override;
  void delivered(std::span<const sluice_ack> acks) override;
  base::Status commit() override;
  void request_stop() override;
  void stop() override;

 private:
  const sluice_source_task_vtable& table_;
  HostTable host_;
  void* self_ = nullptr;
  bool started_ = false;
};

class TableSinkTask final : public SinkTaskInstance {
 public:
  TableSinkTask(const sluice_sink_task_vtable& table, HostServices& services);
  ~TableSinkTask() override;

  base::Status create() {
    const Inside inside(host_, Callback::kCreate);
    return create_self(table_.create, host_, &self_);
  }
  base::Status start(const config::ConfigMap& config) override;
  base::Status open(std::span<const sluice_topic_partition> partitions) override;
  base::Status put(sluice_batch& batch, std::uint32_t* retry_after_ms) override;
  base::Status pre_commit(std::span<sluice_topic_offset> offsets) override;
  base::Status close(std::span<const sluice_topic_partition> partitions) override;
  void request_stop() override;
  void stop() override;

 private:
  const sluice_sink_task_vtable& table_;
  HostTable host_;
  void* self_ = nullptr;
  bool started_ = false;
};

// ---- connector ----

TableConnector::TableConnector(const sluice_connector_vtable& table, HostServices& services)
    : table_(table), host_(make_host_table(services)) {}

TableConnector::~TableConnector() {
  stop();
  if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
}

base::Status TableConnector::start(const config::ConfigMap& config) {
  const Inside inside(host_, Callback::kStart);
  SLUICE_TRY(start_self(table_.start, self_, config));
  started_ = true;
  return {};
}

void TableConnector::stop() {
  if (!std::exchange(started_, false) || table_.stop == nullptr) return;
  const Inside inside(host_, Callback::kStop);
  table_.stop(self_);
}

base::Result<std::vector<config::ConfigMap>> TableConnector::task_configs(int tasks_max) {
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

base::Result<std::vector<ConnectorInstance::Issue>> TableConnector::validate(const config::ConfigMap& config) {
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

base::Result<std::vector<std::string>> TableConnector::recommend(std::string_view key,
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

std::uint64_t TableConnector::capabilities(const config::ConfigMap& config) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, capabilities);
  if (function == nullptr) return 0;
  const auto kv = to_kv(config);
  return function(self_, kv.data(), static_cast<std::uint32_t>(kv.size()));
}

bool TableConnector::can_alter_offsets() const {
  return SLUICE_TABLE_FUNCTION(table_, alter_offsets) != nullptr;
}

base::Result<bool> TableConnector::alter_offsets(const config::ConfigMap& config,
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

TableSourceTask::TableSourceTask(const sluice_source_task_vtable& table, HostServices& services)
    : table_(table), host_(make_host_table(services)) {}

TableSourceTask::~TableSourceTask() {
  stop();
  if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
}

base::Status TableSourceTask::start(const config::ConfigMap& config) {
  const Inside inside(host_, Callback::kStart);
  SLUICE_TRY(start_self(table_.start, self_, config));
  started_ = true;
  return {};
}

base::Status TableSourceTask::poll(data::Batch& batch) {
  CError error;
  const Inside inside(host_, Callback::kPoll);
  SLUICE_TRY(outcome(table_.poll(self_, batch.c(), &error.raw), error));
  return check_indices(*batch.c());
}

bool TableSourceTask::wants_acks() const {
  return SLUICE_TABLE_FUNCTION(table_, delivered) != nullptr;
}

void TableSourceTask::delivered(std::span<const sluice_ack> acks) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, delivered);
  if (function == nullptr || acks.empty()) return;
  const Inside inside(host_, Callback::kDelivered);
  function(self_, acks.data(), static_cast<std::uint32_t>(acks.size()));
}

base::Status TableSourceTask::commit() {
  const auto function = SLUICE_TABLE_FUNCTION(table_, commit);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kCommit);
  CError error;
  return outcome(function(self_, &error.raw), error);
}

void TableSourceTask::request_stop() {
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, request_stop)) function(self_);
}

void TableSourceTask::stop() {
  if (!std::exchange(started_, false)) return;
  const Inside inside(host_, Callback::kStop);
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, stop)) function(self_);
}

// ---- sink task ----

TableSinkTask::TableSinkTask(const sluice_sink_task_vtable& table, HostServices& services)
    : table_(table), host_(make_host_table(services)) {}

TableSinkTask::~TableSinkTask() {
  stop();
  if (self_ != nullptr && table_.destroy != nullptr) table_.destroy(self_);
}

base::Status TableSinkTask::start(const config::ConfigMap& config) {
  const Inside inside(host_, Callback::kStart);
  SLUICE_TRY(start_self(table_.start, self_, config));
  started_ = true;
  return {};
}

base::Status TableSinkTask::open(std::span<const sluice_topic_partition> partitions) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, open);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kOpen);
  CError error;
  return outcome(function(self_, partitions.data(), static_cast<std::uint32_t>(partitions.size()), &error.raw), error);
}

base::Status TableSinkTask::put(sluice_batch& batch, std::uint32_t* retry_after_ms) {
  CError error;
  const Inside inside(host_, Callback::kPut);
  const auto status = outcome(table_.put(self_, &batch, &error.raw), error);
  *retry_after_ms = error.raw.retry_after_ms;
  return status;
}

base::Status TableSinkTask::pre_commit(std::span<sluice_topic_offset> offsets) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, pre_commit);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kPreCommit);
  CError error;
  return outcome(function(self_, offsets.data(), static_cast<std::uint32_t>(offsets.size()), &error.raw), error);
}

base::Status TableSinkTask::close(std::span<const sluice_topic_partition> partitions) {
  const auto function = SLUICE_TABLE_FUNCTION(table_, close);
  if (function == nullptr) return {};
  const Inside inside(host_, Callback::kClose);
  CError error;
  return outcome(function(self_, partitions.data(), static_cast<std::uint32_t>(partitions.size()), &error.raw), error);
}

void TableSinkTask::request_stop() {
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, request_stop)) function(self_);
}

void TableSinkTask::stop() {
  if (!std::exchange(started_, false)) return;
  const Inside inside(host_, Callback::kStop);
  if (const auto function = SLUICE_TABLE_FUNCTION(table_, stop)) function(self_);
}

}  // namespace

base::Result<std::unique_ptr<ConnectorInstance>> ConnectorInstance::create(const sluice_connector_vtable& table,
                                                                           HostServices& services) {
  auto instance = std::make_unique<TableConnector>(table, services);
  SLUICE_TRY(instance->create());
  return instance;
}

base::Result<std::unique_ptr<SourceTaskInstance>> SourceTaskInstance::create(const sluice_source_task_vtable& table,
                                                                             HostServices& services) {
  if (table.poll == nullptr) return tl::unexpected(missing("poll").error());
  auto instance = std::make_unique<TableSourceTask>(table, services);
  SLUICE_TRY(instance->create());
  return instance;
}

base::Result<std::unique_ptr<SinkTaskInstance>> SinkTaskInstance::create(const sluice_sink_task_vtable& table,
                                                                         HostServices& services) {
  if (table.put == nullptr) return tl::unexpected(missing("put").error());
  auto instance = std::make_unique<TableSinkTask>(table, services);
  SLUICE_TRY(instance->create());
  return instance;
}

}  // namespace sluice::plugin
