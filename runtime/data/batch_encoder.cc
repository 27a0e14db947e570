#include "runtime/data/batch_encoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::data {
namespace {

using base::Code;

const sluice_record& record_at(const sluice_batch& batch, std::uint32_t i) {
  return *reinterpret_cast<const sluice_record*>(reinterpret_cast<const std::uint8_t*>(batch.records) +
                                                 std::size_t{i} * batch.record_stride);
}

}  // namespace

void BatchEncoder::begin() {
  if (capacity_ > kKeepBytesMax) {
    buffer_.reset();
    capacity_ = 0;
  }
  size_ = 0;
  too_deep_ = too_large_ = false;
  definitions_.clear();
  definition_count_ = 0;
  at<ImageHeader>(grow(sizeof(ImageHeader))) = {kImageMagic, 0, 0, 0, 0, 0, 0, 0};
}

std::size_t BatchEncoder::grow(std::size_t bytes) {
  const std::size_t offset = size_;
  const std::size_t padded = rounded_to_8(bytes);
  if (size_ + padded > capacity_) [[unlikely]] {
    if (size_ + padded > kImageBytesMax) {
      too_large_ = true;
      // Writing goes on over the first bytes of a buffer that holds as much: the image is refused in the end.
      if (padded > capacity_) {
        buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(padded);
        capacity_ = padded;
      }
      size_ = padded;
      return 0;
    }
    const std::size_t larger = std::max(std::max<std::size_t>(capacity_ * 2, 64 * 1024), size_ + padded);
    auto copy = std::make_unique_for_overwrite<std::uint8_t[]>(larger);
    if (size_ > 0) std::memcpy(copy.get(), buffer_.get(), size_);
    buffer_ = std::move(copy);
    capacity_ = larger;
  }
  size_ += padded;
  if (padded != bytes) at<std::uint64_t>(size_ - 8) = 0;  // no stale bytes cross
  return offset;
}

std::size_t BatchEncoder::append(const void* bytes, std::size_t size) {
  const std::size_t offset = grow(size);
  if (size > 0) std::memcpy(buffer_.get() + offset, bytes, size);
  return offset;
}

void BatchEncoder::append_text(const sluice_str& text) {
  append_texts(&text, 1);
}

void BatchEncoder::append_texts(const sluice_str* texts, std::uint32_t count) {
  const std::size_t offset = grow(sizeof(sluice_str) * count);
  if (too_large_) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    // An absent text has no bytes, whatever its size says.
    const std::uint64_t size = absent(texts[i]) ? 0 : texts[i].size;
    at<sluice_str>(offset + sizeof(sluice_str) * i) = {nullptr, absent(texts[i]) ? UINT64_MAX : size};
    append(texts[i].data, size);
    if (too_large_) return;
  }
}

void BatchEncoder::append_values(const sluice_value* values, std::size_t count, int depth) {
  const std::size_t offset = append(values, count * sizeof(sluice_value));
  static_cast<void>(offset);
  for (std::size_t i = 0; i < count && !too_large_; ++i)
    if (values[i].kind >= SLUICE_STRING) append_payload(values[i], depth);
}

void BatchEncoder::append_payload(const sluice_value& value, int depth) {
  switch (value.kind) {
    case SLUICE_STRING:
    case SLUICE_BYTES:
      append(value.as.bytes, value.size);
      return;
    case SLUICE_DECIMAL:
      append(value.as.decimal, sizeof(sluice_decimal) + value.as.decimal->size);
      return;
    case SLUICE_ARRAY:
    case SLUICE_MAP:
    case SLUICE_STRUCT:
      break;
    default:  // a kind without payload, or one that does not exist: the reader says so
      return;
  }
  if (depth >= kImageDepthMax) {
    too_deep_ = true;
    return;
  }
  if (value.kind == SLUICE_STRUCT) {
    append_number(schema_number(value.as.record->schema, 0));
    append_number(0);
    append_values(value.as.record->fields, value.size, depth + 1);
    return;
  }
  append_values(value.as.items, std::size_t{value.size} * (value.kind == SLUICE_MAP ? 2 : 1), depth + 1);
}

void BatchEncoder::append_headers(const sluice_record& record) {
  const std::size_t offset = append(record.headers, sizeof(sluice_header) * record.header_count);
  for (std::uint32_t i = 0; i < record.header_count && !too_large_; ++i) {
    const sluice_header& header = record.headers[i];
    const std::uint64_t number = schema_number(header.schema, 0);
    auto& slot = at<sluice_header>(offset + sizeof(sluice_header) * i);
    std::memcpy(&slot.schema, &number, sizeof number);
    slot.key.size = absent(header.key) ? 0 : header.key.size;
    append(header.key.data, slot.key.size);
    if (!too_large_ && header.value.kind >= SLUICE_STRING) append_payload(header.value, 0);
  }
}

void BatchEncoder::append_records(const sluice_batch& batch) {
  const std::size_t offset = grow(sizeof(sluice_record) * batch.record_count);
  if (too_large_) return;
  for (std::uint32_t i = 0; i < batch.record_count; ++i)
    at<sluice_record>(offset + sizeof(sluice_record) * i) = record_at(batch, i);
  for (std::uint32_t i = 0; i < batch.record_count && !too_large_; ++i) {
    const sluice_record& record = record_at(batch, i);
    if (record.key.kind >= SLUICE_STRING) append_payload(record.key, 0);
    if (record.value.kind >= SLUICE_STRING) append_payload(record.value, 0);
    if (record.header_count > 0) append_headers(record);
    if (record.source_offset.kind >= SLUICE_STRING) append_payload(record.source_offset, 0);
  }
}

base::Status BatchEncoder::encode(const sluice_batch& batch) {
  begin();
  append_texts(batch.topics, batch.topic_count);
  for (std::uint32_t i = 0; i < batch.schema_count && !too_large_; ++i)
    append_number(schema_number(batch.schemas[i], 0));
  append_values(batch.source_partitions, batch.source_partition_count, 0);
  append_records(batch);
  auto& header = at<ImageHeader>(0);
  header.record_count = batch.record_count;
  header.topic_count = batch.topic_count;
  header.schema_count = batch.schema_count;
  header.source_partition_count = batch.source_partition_count;
  return finish();
}

base::Status BatchEncoder::encode(std::span<const sluice_value> values) {
  begin();
  append_values(values.data(), values.size(), 0);
  at<ImageHeader>(0).value_count = static_cast<std::uint32_t>(values.size());
  return finish();
}

base::Status BatchEncoder::finish() {
  if (!too_large_) {
    at<ImageHeader>(0).definitions_at = size_;
    at<ImageHeader>(0).definition_count = definition_count_;
    append(definitions_.data(), definitions_.size());
  }
  if (too_deep_)
    return base::fail(Code::kBug, base::exceptions::kConnect, "A batch has values nested deeper than {} levels",
                      kImageDepthMax);
  if (too_large_)
    return base::fail(Code::kNoMemory, base::exceptions::kConnect, "A batch takes more than {} MiB",
                      kImageBytesMax >> 20U);
  return {};
}

// 0: none. A schema that is new is defined first, its children before it.
std::uint64_t BatchEncoder::schema_number(const sluice_schema* schema, int depth) {
  if (schema == nullptr) return 0;
  if (schema->id < by_id_.size() && by_id_[schema->id] == schema) return number_by_id_[schema->id];
  if (const auto known = others_.find(schema); known != others_.end()) return known->second;
  if (depth >= kImageDepthMax) {
    too_deep_ = true;
    return 0;
  }
  define(*schema, depth);
  const std::uint64_t number = ++defined_;
  constexpr std::uint32_t kIdsMax = 1 << 20;
  if (schema->id >= by_id_.size() && schema->id < kIdsMax) {
    by_id_.resize(schema->id + 1, nullptr);
    number_by_id_.resize(schema->id + 1, 0);
  }
  if (schema->id < by_id_.size() && by_id_[schema->id] == nullptr) {
    by_id_[schema->id] = schema;
    number_by_id_[schema->id] = number;
  } else {
    others_.emplace(schema, number);
  }
  return number;
}

void BatchEncoder::define(const sluice_schema& schema, int depth) {
  DefinitionHeader header{schema.type, 0, schema.flags, schema.version, schema.parameter_count, schema.field_count,
                          0,           0};
  header.key_schema = schema_number(schema.key_schema, depth + 1);
  header.value_schema = schema_number(schema.value_schema, depth + 1);
  std::vector<std::uint64_t> children;
  for (std::uint32_t i = 0; i < schema.field_count; ++i)
    children.push_back(schema_number(schema.fields[i].schema, depth + 1));
  // The parts are written behind what there is of the image, and moved from there to the definitions.
  const bool has_default = (schema.flags & SLUICE_SCHEMA_HAS_DEFAULT) != 0;
  BatchEncoder part;
  part.append(&header, sizeof header);
  part.append_text(schema.name);
  part.append_text(schema.doc);
  for (std::uint32_t i = 0; i < schema.parameter_count; ++i) {
    part.append_text(schema.parameters[i].key);
    part.append_text(schema.parameters[i].value);
  }
  for (std::uint32_t i = 0; i < schema.field_count; ++i) {
    part.append_number(children[i]);
    part.append_text(schema.fields[i].name);
  }
  if (has_default) {
    // Structs in the default value have schemas of their own: they are defined here, with this connection's numbers.
    BatchEncoder& self = *this;
    const std::size_t before = self.size_;
    append_values(schema.default_value, 1, depth + 1);
    if (!too_large_) part.append(self.buffer_.get() + before, self.size_ - before);
    if (!too_large_) self.size_ = before;
  }
  definitions_.insert(definitions_.end(), part.buffer_.get(), part.buffer_.get() + part.size_);
  ++definition_count_;
}

}  // namespace sluice::data
