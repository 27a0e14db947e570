#include "runtime/task/sink_decoder.h"

#include <cstring>

#include "runtime/task/failed_record.h"

namespace sluice::task {
namespace {

base::Status no_memory() {
  return base::fail(base::Code::kNoMemory, base::exceptions::kConnect,
                    "A consumed batch does not fit its memory limit of {} bytes: lower max.poll.records",
                    data::Arena::kLimitBytesDefault);
}

std::uint32_t timestamp_flag(kafka::TimestampType type) {
  switch (type) {
    case kafka::TimestampType::kCreateTime:
      return SLUICE_RECORD_TS_CREATE;
    case kafka::TimestampType::kLogAppendTime:
      return SLUICE_RECORD_TS_APPEND;
    case kafka::TimestampType::kNone:
      break;
  }
  return 0;
}

}  // namespace

base::Status SinkDecoder::decode_records(SinkBatch& batch) {
  data::Batch& records = batch.records;
  const auto messages = batch.messages.messages();
  const auto count = static_cast<std::uint32_t>(messages.size());
  if (!records.allocate_records(count)) return no_memory();
  policy_.records_came(count);
  std::string_view topic;
  std::uint32_t topic_index = 0;
  kafka::PartitionOffset* next = nullptr;
  for (std::uint32_t i = 0; i < count; ++i) {
    const kafka::Message& message = messages[i];
    if (i == 0 || (message.topic.data() != topic.data() && message.topic != topic)) {
      topic = message.topic;
      topic_index = records.topic_index(topic);
      if (topic_index == data::Batch::kNoIndex) return no_memory();
      next = nullptr;
    }
    if (next == nullptr || next->partition.partition != message.partition) {
      next = nullptr;
      for (kafka::PartitionOffset& known : batch.next)
        if (known.partition.partition == message.partition && known.partition.topic == topic) next = &known;
      if (next == nullptr)
        next = &batch.next.emplace_back(kafka::PartitionOffset{{std::string(topic), message.partition}});
    }
    next->offset = message.offset + 1;
    SLUICE_TRY(decode_one(batch, i, topic_index, records.record(i)));
  }
  if (!chain_.empty()) {
    SLUICE_TRY(chain_.apply({&schemas_, true}, records, policy_));
    for (const TransformFailure& failure : chain_.failures()) {
      data::Record& record = records.record(failure.record);
      SLUICE_TRY(failed(batch, record.origin, record, Stage::kTransformation, failure.executing_class, failure.error));
    }
  }
  compact(records);
  return {};
}

base::Status SinkDecoder::decode_one(SinkBatch& batch, std::uint32_t index, std::uint32_t topic, data::Record& record) {
  const kafka::Message& message = batch.messages.messages()[index];
  data::Batch& records = batch.records;
  record.topic = topic;
  record.partition = message.partition;
  record.kafka_offset = message.offset;
  record.flags = timestamp_flag(message.timestamp_type);
  if (message.timestamp_ms >= 0) record.timestamp_ms = message.timestamp_ms;
  const data::ConvertContext context{records.arena().c(), &schemas_};
  auto key = policy_.with_retry([&] { return converters_.key->to_connect(context, message.topic, message.key); });
  if (!key) return failed(batch, index, record, Stage::kKeyConverter, converters_.key_class, key.error());
  auto value = policy_.with_retry([&] { return converters_.value->to_connect(context, message.topic, message.value); });
  if (!value) return failed(batch, index, record, Stage::kValueConverter, converters_.value_class, value.error());
  record.key = key->value;
  record.value = value->value;
  record.key_schema = records.schema_index(key->schema);
  record.value_schema = records.schema_index(value->schema);
  if (record.key_schema == data::Batch::kNoIndex || record.value_schema == data::Batch::kNoIndex) return no_memory();
  return decode_headers(batch, index, record);
}

base::Status SinkDecoder::decode_headers(SinkBatch& batch, std::uint32_t index, data::Record& record) {
  headers_.clear();
  batch.messages.headers(index, headers_);
  if (headers_.empty()) return {};
  const data::ConvertContext context{batch.records.arena().c(), &schemas_};
  auto* headers = batch.records.arena().alloc_array<sluice_header>(headers_.size());
  if (headers == nullptr) return no_memory();
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    auto value = policy_.with_retry([&] {
      return converters_.header->to_connect(context, batch.messages.messages()[index].topic, headers_[i].key,
                                            headers_[i].value);
    });
    if (!value) return failed(batch, index, record, Stage::kHeaderConverter, converters_.header_class, value.error());
    headers[i] = {str(headers_[i].key), value->schema, value->value};
  }
  record.headers = headers;
  record.header_count = static_cast<std::uint32_t>(headers_.size());
  return {};
}

base::Status SinkDecoder::failed(SinkBatch& batch, std::uint32_t index, data::Record& record, Stage stage,
                                 std::string_view class_name, const base::Error& error) {
  if (error.code() == base::Code::kStopping) return base::fail(error);
  record.flags |= SLUICE_RECORD_FAILED;
  return policy_.record_failed({stage, class_name, error}, ConsumedRecord(batch.messages, index));
}

// Sinks see live records only.
void SinkDecoder::compact(data::Batch& records) {
  const std::uint32_t count = records.size();
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!records.record(i).live()) continue;
    if (kept != i)
      std::memcpy(static_cast<sluice_record*>(&records.record(kept)), static_cast<sluice_record*>(&records.record(i)),
                  sizeof(sluice_record));
    ++kept;
  }
  records.c()->record_count = kept;
}

}  // namespace sluice::task
