#include "smt/record_text.h"

#include <fmt/format.h>

#include <iterator>

#include "runtime/data/value_text.h"

namespace sluice::smt {
namespace {

std::string schema_text(const Schema* schema) {
  return schema == nullptr ? "null" : data::schema_text(*schema);
}

std::string number_text(std::int64_t number, std::int64_t none) {
  return number == none ? "null" : std::to_string(number);
}

std::string_view timestamp_type(const data::Record& record) {
  if ((record.flags & SLUICE_RECORD_TS_CREATE) != 0) return "CreateTime";
  return (record.flags & SLUICE_RECORD_TS_APPEND) != 0 ? "LogAppendTime" : "NoTimestampType";
}

std::string headers_text(const data::Record& record) {
  std::string text;
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    const sluice_header& header = record.headers[i];
    fmt::format_to(std::back_inserter(text), "{}ConnectHeader(key={}, value={}, schema={})", i == 0 ? "[" : ", ",
                   view(header.key), data::value_text(header.value),
                   schema_text(static_cast<const Schema*>(header.schema)));
  }
  if (!text.empty()) text.push_back(']');
  return text;
}

}  // namespace

std::string record_text(const data::TransformContext& context, const data::Batch& batch, const data::Record& record) {
  const std::string_view topic = batch.topic(record);
  const std::string partition = number_text(record.partition, SLUICE_NO_PARTITION);
  const std::string kind = context.sink ? fmt::format(
                                              "SinkRecord{{kafkaOffset={0}, timestampType={1}, originalTopic={2}, "
                                              "originalKafkaPartition={3}, originalKafkaOffset={0}}}",
                                              record.kafka_offset, timestamp_type(record), topic, partition)
                                        : fmt::format("SourceRecord{{sourcePartition={}, sourceOffset={}}}",
                                                      data::value_text(batch.source_partition(record)),
                                                      data::value_text(record.source_offset));
  return fmt::format(
      "{} ConnectRecord{{topic='{}', kafkaPartition={}, key={}, keySchema={}, value={}, valueSchema={}, timestamp={}, "
      "headers=ConnectHeaders(headers={})}}",
      kind, topic, partition, data::value_text(record.key_value()), schema_text(batch.key_schema(record)),
      data::value_text(record.value_value()), schema_text(batch.value_schema(record)),
      number_text(record.timestamp_ms, SLUICE_NO_TIMESTAMP), headers_text(record));
}

}  // namespace sluice::smt
