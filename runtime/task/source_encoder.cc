#include "runtime/task/source_encoder.h"

#include <algorithm>
#include <utility>

namespace sluice::task {
namespace {

// librdkafka wants header names that end with NUL.
std::string_view header_key(data::Batch& batch, const sluice_header& header) {
  const std::string_view key = view(header.key);
  char* copy = batch.arena().alloc_array<char>(key.size() + 1);
  if (copy == nullptr) return {};
  std::copy(key.begin(), key.end(), copy);
  copy[key.size()] = '\0';
  return {copy, key.size()};
}

}  // namespace

FailedRecord described(const data::Batch& batch, const data::Record& record) {
  FailedRecord failed;
  failed.describe = [&batch, &record] {
    return fmt::format("SourceRecord{{topic='{}', kafkaPartition={}}}", batch.topic(record),
                       record.partition < 0 ? "null" : std::to_string(record.partition));
  };
  return failed;
}

base::Error batch_too_large() {
  return {base::Code::kNoMemory, base::exceptions::kConnect,
          fmt::format("A polled batch is larger than its memory limit of {} bytes", data::Arena::kLimitBytesDefault)};
}

base::Result<bool> SourceEncoder::encode(data::Batch& batch, data::Record& record, kafka::OutRecord& out) {
  const data::ConvertContext context{batch.arena().c(), &schemas_};
  const std::string_view topic = batch.topic(record);
  if (record.header_count > 0) {
    SLUICE_TRY_ASSIGN(const bool ready, encode_headers(context, batch, record, out));
    if (!ready) return false;
  }
  auto key = policy_.with_retry(
      [&] { return converters_.key->from_connect(context, topic, batch.key_schema(record), record.key_value()); });
  if (!key) return failed(Stage::kKeyConverter, converters_.key_class, std::move(key).error(), batch, record);
  auto value = policy_.with_retry([&] {
    return converters_.value->from_connect(context, topic, batch.value_schema(record), record.value_value());
  });
  if (!value) return failed(Stage::kValueConverter, converters_.value_class, std::move(value).error(), batch, record);
  out.key = *key;
  out.value = *value;
  out.partition = record.partition < 0 ? kafka::kAnyPartition : record.partition;
  if (record.timestamp_ms == SLUICE_NO_TIMESTAMP || record.timestamp_ms == -1) {
    out.timestamp_ms = kafka::kNoTimestamp;
  } else if (record.timestamp_ms < 0) {
    return base::connect_error("Invalid record timestamp {}", record.timestamp_ms);
  } else {
    out.timestamp_ms = record.timestamp_ms;
  }
  return true;
}

base::Result<bool> SourceEncoder::encode_headers(const data::ConvertContext& context, data::Batch& batch,
                                                 data::Record& record, kafka::OutRecord& out) {
  auto* headers = batch.arena().alloc_array<kafka::HeaderView>(record.header_count);
  if (headers == nullptr) return base::fail(batch_too_large());
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    const sluice_header& header = record.headers[i];
    auto bytes = policy_.with_retry([&] {
      return converters_.header->from_connect(context, batch.topic(record), view(header.key),
                                              static_cast<const Schema*>(header.schema), header.value);
    });
    if (!bytes)
      return failed(Stage::kHeaderConverter, converters_.header_class, std::move(bytes).error(), batch, record);
    headers[i] = {header_key(batch, header), *bytes};
  }
  out.headers = {headers, record.header_count};
  return true;
}

base::Result<bool> SourceEncoder::failed(Stage stage, std::string_view class_name, base::Error error,
                                         data::Batch& batch, const data::Record& record) {
  if (error.code() == base::Code::kStopping) return base::fail(std::move(error));
  SLUICE_TRY(policy_.record_failed({stage, class_name, error}, described(batch, record)));
  return false;
}

}  // namespace sluice::task
