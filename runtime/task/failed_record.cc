#include "runtime/task/failed_record.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/base/json_text.h"
#include "runtime/convert/json_encoder.h"
#include "runtime/data/value_text.h"
#include "runtime/store/offset_codec.h"

namespace sluice::task {
namespace {

std::string_view timestamp_type_name(kafka::TimestampType type) {
  switch (type) {
    case kafka::TimestampType::kCreateTime:
      return "CreateTime";
    case kafka::TimestampType::kLogAppendTime:
      return "LogAppendTime";
    case kafka::TimestampType::kNone:
      break;
  }
  return "NoTimestampType";
}

std::string schema_or_null(const Schema* schema) {
  return schema == nullptr ? "null" : data::schema_text(*schema);
}

// Writes values as JSON for whoever looks into the queue.
class JsonForm {
 public:
  JsonForm(data::Batch& batch, DeadLetter& letter) : batch_(batch), letter_(letter) {}

  std::string_view of(const Schema* schema, const Value& value) {
    if (value.is_null()) return {};
    if (const auto bytes = encoder_.encode(batch_.arena().c(), schema, value)) return letter_.keep(std::string(*bytes));
    std::string text;
    base::append_json_string(data::value_text(value), text);
    return letter_.keep(std::move(text));
  }

 private:
  data::Batch& batch_;
  DeadLetter& letter_;
  convert::json::Encoder encoder_{
      {.schemas_enabled = false, .decimal_format = convert::json::DecimalFormat::kNumeric, .cache_size = 16}};
};

}  // namespace

std::string ConsumedRecord::log_text() const {
  const kafka::Message& message = messages_.messages()[index_];
  std::string text = fmt::format(", where consumed record is {{topic='{}', partition={}, offset={}", message.topic,
                                 message.partition, message.offset);
  if (message.timestamp_type != kafka::TimestampType::kNone)
    text += fmt::format(", timestamp={}, timestampType={}", message.timestamp_ms,
                        timestamp_type_name(message.timestamp_type));
  return text + '}';
}

void ConsumedRecord::dead_letter(DeadLetter& letter) const {
  const kafka::Message& message = messages_.messages()[index_];
  letter.key = message.key;
  letter.value = message.value;
  letter.timestamp_ms = message.timestamp_ms;
  messages_.headers(index_, letter.headers);
  letter.context = {{kErrorTopicHeader, message.topic},
                    {kErrorPartitionHeader, letter.keep(std::to_string(message.partition))},
                    {"__connect.errors.offset", letter.keep(std::to_string(message.offset))}};
}

std::string PolledRecord::log_text() const {
  const auto text_of = [](const sluice_value& value) { return data::value_text(static_cast<const Value&>(value)); };
  std::string headers;
  for (std::uint32_t i = 0; i < record_.header_count; ++i) {
    const sluice_header& header = record_.headers[i];
    headers += fmt::format("{}ConnectHeader(key={}, value={}, schema={})", i > 0 ? ", " : "", view(header.key),
                           text_of(header.value), schema_or_null(static_cast<const Schema*>(header.schema)));
  }
  if (!headers.empty()) headers = '[' + headers + ']';
  const bool has_time = record_.timestamp_ms != SLUICE_NO_TIMESTAMP;
  return fmt::format(
      ", where source record is = SourceRecord{{sourcePartition={}, sourceOffset={}}} ConnectRecord{{topic='{}', "
      "kafkaPartition={}, key={}, keySchema={}, value={}, valueSchema={}, timestamp={}, "
      "headers=ConnectHeaders(headers={})}}",
      text_of(batch_.source_partition(record_)), text_of(record_.source_offset), batch_.topic(record_),
      record_.partition < 0 ? "null" : std::to_string(record_.partition), text_of(record_.key),
      schema_or_null(batch_.key_schema(record_)), text_of(record_.value), schema_or_null(batch_.value_schema(record_)),
      has_time ? std::to_string(record_.timestamp_ms) : "null", headers);
}

void PolledRecord::dead_letter(DeadLetter& letter) const {
  JsonForm json(batch_, letter);
  letter.key = converted_.key ? *converted_.key : json.of(batch_.key_schema(record_), record_.key_value());
  letter.value = converted_.value ? *converted_.value : json.of(batch_.value_schema(record_), record_.value_value());
  if (record_.timestamp_ms >= 0) letter.timestamp_ms = record_.timestamp_ms;
  if (converted_.headers) {
    letter.headers.assign(converted_.headers->begin(), converted_.headers->end());
  } else {
    for (std::uint32_t i = 0; i < record_.header_count; ++i) {
      const sluice_header& header = record_.headers[i];
      letter.headers.push_back(
          {letter.keep(std::string(view(header.key))),
           json.of(static_cast<const Schema*>(header.schema), static_cast<const Value&>(header.value))});
    }
  }
  const bool complete = converted_.key && converted_.value;
  letter.context = {{kIntendedTopicHeader, batch_.topic(record_)},
                    {kFormHeader, complete ? kFormConverted : kFormJson}};
  const auto add = [&](std::string_view name, const Value& map) {
    if (auto text = store::offset_value(map); text && !map.is_null())
      letter.context.push_back({name, letter.keep(*std::move(text))});
  };
  add("__sluice.errors.source.partition", batch_.source_partition(record_));
  add("__sluice.errors.source.offset", static_cast<const Value&>(record_.source_offset));
}

}  // namespace sluice::task
