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

base::Error batch_too_large() {
  return {base::Code::kNoMemory, base::exceptions::kConnect,
          fmt::format("A polled batch is larger than its memory limit of {} bytes", data::Arena::kLimitBytesDefault)};
}

base::Result<bool> SourceEncoder::encode(data::Batch& batch, data::Record& record, kafka::OutRecord& out) {
  const data::ConvertContext context{batch.arena().c(), &schemas_};
  ConvertedParts done;
  if (record.header_count > 0) {
    auto headers = encode_headers(context, batch, record, true);
    if (!headers)
      return failed({Stage::kHeaderConverter, converters_.header_class, headers.error()}, PolledRecord(batch, record));
    done.headers = out.headers = *headers;
  }
  auto key = policy_.with_retry([&] { return encode_key(context, batch, record); });
  if (!key)
    return failed({Stage::kKeyConverter, converters_.key_class, key.error()}, PolledRecord(batch, record, done));
  done.key = out.key = *key;
  auto value = policy_.with_retry([&] { return encode_value(context, batch, record); });
  if (!value)
    return failed({Stage::kValueConverter, converters_.value_class, value.error()}, PolledRecord(batch, record, done));
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

ConvertedParts SourceEncoder::encode_again(data::Batch& batch, const data::Record& record) {
  const data::ConvertContext context{batch.arena().c(), &schemas_};
  ConvertedParts done;
  if (auto headers = encode_headers(context, batch, record, false)) done.headers = *headers;
  if (auto key = encode_key(context, batch, record)) done.key = *key;
  if (auto value = encode_value(context, batch, record)) done.value = *value;
  return done;
}

base::Result<data::Bytes> SourceEncoder::encode_key(const data::ConvertContext& context, data::Batch& batch,
                                                    const data::Record& record) {
  return converters_.key->from_connect(context, batch.topic(record), batch.key_schema(record), record.key_value());
}

base::Result<data::Bytes> SourceEncoder::encode_value(const data::ConvertContext& context, data::Batch& batch,
                                                      const data::Record& record) {
  return converters_.value->from_connect(context, batch.topic(record), batch.value_schema(record),
                                         record.value_value());
}

base::Result<std::span<const kafka::HeaderView>> SourceEncoder::encode_headers(const data::ConvertContext& context,
                                                                               data::Batch& batch,
                                                                               const data::Record& record, bool retry) {
  auto* headers = batch.arena().alloc_array<kafka::HeaderView>(record.header_count);
  if (headers == nullptr) return base::fail(batch_too_large());
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    const sluice_header& header = record.headers[i];
    const auto convert = [&] {
      return converters_.header->from_connect(context, batch.topic(record), view(header.key),
                                              static_cast<const Schema*>(header.schema), header.value);
    };
    SLUICE_TRY_ASSIGN(const data::Bytes bytes, retry ? policy_.with_retry(convert) : convert());
    headers[i] = {header_key(batch, header), bytes};
  }
  return std::span<const kafka::HeaderView>(headers, record.header_count);
}

base::Result<bool> SourceEncoder::failed(const Failure& failure, const FailedRecord& record) {
  if (failure.error.code() == base::Code::kStopping) return base::fail(failure.error);
  SLUICE_TRY(policy_.record_failed(failure, record));
  return false;
}

}  // namespace sluice::task
