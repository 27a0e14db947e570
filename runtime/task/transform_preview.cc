#include "runtime/task/transform_preview.h"

#include <algorithm>
#include <span>
#include <utility>

#include "runtime/config/config_transformer.h"
#include "runtime/metrics/registry.h"
#include "runtime/plugin/registry.h"
#include "runtime/task/client_settings.h"
#include "runtime/task/components.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/plugin_services.h"

namespace sluice::task {
namespace {

using config::ConnectorKind;

constexpr const char* kName = "transforms-preview";
constexpr std::size_t kBatchBytesMax = std::size_t{64} << 20;

ConnectorKind kind_of(const WorkerContext& worker, const PreviewRequest& request) {
  if (request.kind) return *request.kind;
  const auto name = worker.plugins->resolve(request.config.get_or("connector.class", ""));
  return name && worker.plugins->is_a(*name, config::ComponentKind::kSource) ? ConnectorKind::kSource
                                                                             : ConnectorKind::kSink;
}

bool is_chain_key(std::string_view key) {
  return key == "transforms" || key.starts_with("transforms.") || key == "predicates" || key.starts_with("predicates.");
}

// What a connector would be made of that has this chain and these converters, and nothing else.
base::Result<config::ConnectorConfig> chain_config(const WorkerContext& worker, const PreviewRequest& request,
                                                   ConnectorKind kind, std::vector<std::string>& notes) {
  config::ConfigMap props{{"name", kName},
                          {"connector.class", kName},
                          {"consumer.override.client.id", kName},
                          {"consumer.override.allow.auto.create.topics", "false"},
                          {"consumer.override.max.poll.records", std::to_string(kPreviewRecordsMax)}};
  config::ConfigMap converters;
  for (const auto& [key, text] : request.config) {
    if (is_chain_key(key)) {
      props.set(key, text);
      if (text && config::has_variable(*text))
        notes.push_back(fmt::format("{}: its variable is not resolved in a preview, which would show secrets", key));
    } else if (key.starts_with("key.converter") || key.starts_with("value.converter") ||
               key.starts_with("header.converter")) {
      converters.set(key, text);
    }
  }
  if (request.topic) {
    SLUICE_TRY_ASSIGN(const auto resolved, worker.config->transformer().transform(converters));
    for (const auto& [key, text] : resolved.config) props.set(key, text);
  }
  SLUICE_TRY_ASSIGN(auto made, config::ConnectorConfig::make(kind, std::move(props), *worker.plugins));
  if (made.transforms().empty())
    return base::config_error(
        "'transforms' names no transform: list the aliases to try, as in \"transforms\": \"a,b\"");
  if (made.transforms().size() > kPreviewStagesMax)
    return base::config_error("'transforms' names {} transforms: a preview takes at most {}", made.transforms().size(),
                              kPreviewStagesMax);
  return made;
}

// Writes down each record after each stage.
class Recorder final : public StageObserver {
 public:
  Recorder(TransformPreview& preview, data::SchemaPool& schemas)
      : preview_(preview), notation_(schemas, preview.kind == ConnectorKind::kSink) {}

  PreviewNotation& notation() { return notation_; }

  void begin(data::Batch& batch) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      PreviewedRecord& shown = preview_.records[i];
      shown.input = write(batch, batch.record(i), shown.notes);
    }
  }

  void after(std::size_t, data::Batch& batch, std::span<const std::uint32_t> skipped) override {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      PreviewedRecord& shown = preview_.records[i];
      if (shown.error || ended(shown)) continue;
      const data::Record& record = batch.record(i);
      PreviewStep step;
      if (record.failed()) {
        step.outcome = PreviewOutcome::kFailed;
      } else if (record.dropped()) {
        step.outcome = PreviewOutcome::kDropped;
      } else {
        if (std::find(skipped.begin(), skipped.end(), i) != skipped.end()) step.outcome = PreviewOutcome::kSkipped;
        step.record = write(batch, record, step.notes);
        const PreviewRecord& before = shown.steps.empty() ? shown.input : shown.steps.back().record;
        for (std::size_t member = 0; member < step.record.size() && member < before.size(); ++member)
          if (step.record[member].json != before[member].json) step.changed.push_back(step.record[member].name);
      }
      shown.steps.push_back(std::move(step));
    }
  }

  base::Status status() const {
    if (bytes_ <= kPreviewOutputBytesMax) return {};
    return base::config_error("The answer would be larger than {} bytes: send fewer or smaller records",
                              kPreviewOutputBytesMax);
  }

 private:
  static bool ended(const PreviewedRecord& shown) { return !shown.steps.empty() && shown.steps.back().record.empty(); }

  PreviewRecord write(data::Batch& batch, const data::Record& record, std::vector<std::string>& notes) {
    if (bytes_ > kPreviewOutputBytesMax) return {};
    PreviewRecord written = notation_.write(batch, record, notes);
    for (const PreviewMember& member : written) bytes_ += member.json.size() + member.payload.size();
    return written;
  }

  TransformPreview& preview_;
  PreviewNotation notation_;
  std::size_t bytes_ = 0;
};

base::Status read_records(const PreviewRequest& request, const PreviewNotation& notation, data::Batch& batch) {
  std::size_t bytes = 0;
  for (const std::string& record : request.records) bytes += record.size();
  if (bytes > kPreviewInputBytesMax)
    return base::config_error("The records have {} bytes: a preview takes at most {}", bytes, kPreviewInputBytesMax);
  for (std::uint32_t i = 0; i < batch.size(); ++i)
    SLUICE_TRY(notation.read(request.records[i], fmt::format("records[{}]", i), batch, batch.record(i)));
  return {};
}

data::Bytes bytes_of(const SampledMessage::Bytes& bytes) {
  return bytes ? data::Bytes(*bytes) : data::Bytes();
}

// One message as a sink task would see it. Errors are the converter's; `converter` is its class then.
base::Status convert(const SampledMessage& message, const Converters& with, std::string_view topic,
                     const data::ConvertContext& context, data::Batch& batch, data::Record& record,
                     std::string& converter) {
  converter = with.key_class;
  SLUICE_TRY_ASSIGN(const auto key, with.key->to_connect(context, topic, bytes_of(message.key)));
  record.key = key.value;
  record.key_schema = batch.schema_index(key.schema);
  converter = with.value_class;
  SLUICE_TRY_ASSIGN(const auto value, with.value->to_connect(context, topic, bytes_of(message.value)));
  record.value = value.value;
  record.value_schema = batch.schema_index(value.schema);
  if (message.headers.empty()) return {};
  converter = with.header_class;
  auto* headers = batch.arena().alloc_array<sluice_header>(message.headers.size());
  if (headers == nullptr) return base::connect_error("The records do not fit into the memory of a preview");
  for (std::size_t i = 0; i < message.headers.size(); ++i) {
    const auto& [name, bytes] = message.headers[i];
    SLUICE_TRY_ASSIGN(const auto header, with.header->to_connect(context, topic, name, bytes_of(bytes)));
    headers[i] = {str(name), header.schema, header.value};
  }
  record.headers = headers;
  record.header_count = static_cast<std::uint32_t>(message.headers.size());
  return {};
}

void convert_all(const TopicSample& sample, const Sampled& sampled, const Converters& with,
                 const data::ConvertContext& context, data::Batch& batch, TransformPreview& preview) {
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const SampledMessage& message = sampled.messages[i];
    data::Record& record = batch.record(i);
    record.topic = batch.topic_index(sample.topic);
    record.partition = message.partition;
    record.kafka_offset = message.offset;
    if (message.timestamp_ms >= 0) record.timestamp_ms = message.timestamp_ms;
    if (message.timestamp_type == kafka::TimestampType::kCreateTime) record.flags |= SLUICE_RECORD_TS_CREATE;
    if (message.timestamp_type == kafka::TimestampType::kLogAppendTime) record.flags |= SLUICE_RECORD_TS_APPEND;
    std::string converter;
    auto converted = convert(message, with, sample.topic, context, batch, record, converter);
    if (converted) continue;
    record.flags |= SLUICE_RECORD_FAILED;
    preview.records[i].error = std::move(converted).error();
    preview.records[i].failed_converter = std::move(converter);
  }
}

base::Result<Sampled> sample(const WorkerContext& worker, const PreviewRequest& request,
                             const config::ConnectorConfig& config) {
  if (request.topic->records < 1 || request.topic->records > kPreviewRecordsMax)
    return base::config_error("'topic.records' is {}: write a number from 1 to {}", request.topic->records,
                              kPreviewRecordsMax);
  SLUICE_TRY_ASSIGN(const auto consumer, sink_consumer_config(worker, config, {kName, 0}));
  return sample_topic(consumer, *request.topic, request.deadline);
}

}  // namespace

base::Result<TransformPreview> preview_transforms(const WorkerContext& worker, const PreviewRequest& request) {
  if (!request.topic && request.records.empty())
    return base::config_error("There are no records: give at least one, or a topic to read some from");
  if (request.records.size() > kPreviewRecordsMax)
    return base::config_error("There are {} records: a preview takes at most {}", request.records.size(),
                              kPreviewRecordsMax);
  TransformPreview preview;
  preview.kind = kind_of(worker, request);
  SLUICE_TRY_ASSIGN(const auto config, chain_config(worker, request, preview.kind, preview.notes));
  metrics::Registry metrics({}, base::system_clock());
  StopSignal stop;
  PluginServices services(kName, kName, metrics.group(kName, {}), nullptr, stop);
  services.set_owner_thread();
  SLUICE_TRY_ASSIGN(TransformChain chain, make_transform_chain(worker, config, services));
  for (const config::TransformSpec& spec : config.transforms())
    preview.stages.push_back({spec.alias, spec.class_name, spec.predicate ? spec.predicate->alias : "", spec.negate});

  Sampled sampled;  // outlives the batch, which points into it
  data::Batch batch(kBatchBytesMax);
  Recorder recorder(preview, services.schemas());
  Converters converters;
  if (request.topic) {
    SLUICE_TRY_ASSIGN(sampled, sample(worker, request, config));
    SLUICE_TRY_ASSIGN(converters, make_converters(worker, config, services));
    if (sampled.left_out > 0)
      preview.notes.push_back(fmt::format("{} records of the topic are larger than {} bytes and left out",
                                          sampled.left_out, kSampleBytesMax));
  }
  const std::size_t count = request.topic ? sampled.messages.size() : request.records.size();
  preview.records.resize(count);
  if (!batch.allocate_records(static_cast<std::uint32_t>(count)))
    return base::connect_error("No memory for {} records", count);
  if (request.topic)
    convert_all(*request.topic, sampled, converters, {batch.arena().c(), &services.schemas()}, batch, preview);
  else
    SLUICE_TRY(read_records(request, recorder.notation(), batch));

  recorder.begin(batch);
  chain.observe(&recorder);
  ErrorPolicy policy({kName, 0}, {}, nullptr, *metrics.group(kName, {}), stop, base::system_clock());
  SLUICE_TRY(chain.apply({&services.schemas(), preview.kind == ConnectorKind::kSink}, batch, policy));
  for (const TransformFailure& failure : chain.failures())
    preview.records[failure.record].steps.back().error = failure.error;
  SLUICE_TRY(recorder.status());
  return preview;
}

}  // namespace sluice::task
