#include "runtime/data/batch_image.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::data {
namespace {

using base::Code;

constexpr std::uint32_t kMagic = 0x49424c53;  // "SLBI"

struct ImageHeader {
  std::uint32_t magic;
  std::uint32_t value_count;  // of an image of values
  std::uint32_t record_count, topic_count, schema_count, source_partition_count;
  std::uint64_t definitions_at;  // the definitions are the image's end
  std::uint64_t definition_count;
};

// What a definition begins with. Its texts, children and default value follow.
struct DefinitionHeader {
  std::uint8_t type;
  std::uint8_t reserved8;
  std::uint16_t flags;
  std::int32_t version;
  std::uint32_t parameter_count, field_count;
  std::uint64_t key_schema, value_schema;
};

constexpr std::size_t rounded(std::size_t size) {
  return (size + 7) & ~std::size_t{7};
}

const sluice_record& record_at(const sluice_batch& batch, std::uint32_t i) {
  return *reinterpret_cast<const sluice_record*>(reinterpret_cast<const std::uint8_t*>(batch.records) +
                                                 std::size_t{i} * batch.record_stride);
}

}  // namespace

// ---- writing ----

void BatchEncoder::begin() {
  if (capacity_ > kKeepBytesMax) {
    buffer_.reset();
    capacity_ = 0;
  }
  size_ = 0;
  too_deep_ = too_large_ = false;
  definitions_.clear();
  definition_count_ = 0;
  at<ImageHeader>(grow(sizeof(ImageHeader))) = {kMagic, 0, 0, 0, 0, 0, 0, 0};
}

std::size_t BatchEncoder::grow(std::size_t bytes) {
  const std::size_t offset = size_;
  const std::size_t padded = rounded(bytes);
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

// ---- reading ----

struct BatchDecoder::Cursor {
  std::uint8_t* at;
  std::uint8_t* end;
  std::size_t left() const { return static_cast<std::size_t>(end - at); }
  std::uint8_t* take(std::uint64_t size) {  // nullptr: there are fewer
    if (size > left() || rounded(size) > left()) return nullptr;
    std::uint8_t* start = at;
    at += rounded(size);
    return start;
  }
  template <typename T>
  T* take_array(std::uint64_t count) {
    if (count > left() / sizeof(T)) return nullptr;
    return reinterpret_cast<T*>(take(count * sizeof(T)));
  }
  bool take_text(sluice_str& text) {
    if (text.size == UINT64_MAX) {
      text = {nullptr, 0};
      return true;
    }
    text.data = reinterpret_cast<const char*>(take(text.size));
    return text.data != nullptr;
  }
  bool take_texts(sluice_str*& texts, std::uint32_t count) {
    texts = take_array<sluice_str>(count);
    if (texts == nullptr) return false;
    for (std::uint32_t i = 0; i < count; ++i)
      if (!take_text(texts[i])) return false;
    return true;
  }
};

namespace {

tl::unexpected<base::Error> no_image(std::string_view why) {
  return base::fail(Code::kBug, base::exceptions::kConnect, "The plugin's process sent a broken batch: {}", why);
}

}  // namespace

bool BatchDecoder::resolve(std::uint64_t number, const sluice_schema*& schema) const {
  if (number > schemas_.size()) return false;
  schema = number == 0 ? nullptr : schemas_[number - 1];
  return true;
}

bool BatchDecoder::read_values(Cursor& in, sluice_value* values, std::size_t count, int depth) const {
  for (std::size_t i = 0; i < count; ++i) {
    sluice_value& value = values[i];
    if (value.kind >= SLUICE_STRING) {
      if (!read_payload(in, value, depth)) return false;
    } else if (value.kind == SLUICE_BOOLEAN) {
      value.as.i64 = value.as.i64 != 0 ? 1 : 0;
    }
  }
  return true;
}

bool BatchDecoder::read_payload(Cursor& in, sluice_value& value, int depth) const {
  if (depth >= kImageDepthMax) return false;
  switch (value.kind) {
    case SLUICE_STRING:
    case SLUICE_BYTES:
      value.as.bytes = in.take(value.size);
      return value.as.bytes != nullptr;
    case SLUICE_ARRAY:
    case SLUICE_MAP: {
      const std::size_t count = std::size_t{value.size} * (value.kind == SLUICE_MAP ? 2 : 1);
      auto* items = in.take_array<sluice_value>(count);
      value.as.items = items;
      return items != nullptr && read_values(in, items, count, depth + 1);
    }
    case SLUICE_STRUCT:
      return read_struct(in, value, depth);
    case SLUICE_DECIMAL: {
      if (in.left() < sizeof(sluice_decimal)) return false;
      const auto* decimal = reinterpret_cast<const sluice_decimal*>(in.at);
      if (decimal->size == 0 || decimal->size != value.size) return false;
      value.as.decimal = decimal;
      return in.take(sizeof(sluice_decimal) + std::uint64_t{decimal->size}) != nullptr;
    }
    case SLUICE_INSTANT:
      return true;
    default:
      return false;
  }
}

bool BatchDecoder::read_struct(Cursor& in, sluice_value& value, int depth) const {
  auto* record = reinterpret_cast<sluice_struct*>(in.take(sizeof(sluice_struct)));
  if (record == nullptr) return false;
  std::uint64_t number = 0;
  std::memcpy(&number, &record->schema, sizeof number);
  if (!resolve(number, record->schema)) return false;
  const sluice_schema* schema = record->schema;
  if (schema == nullptr || schema->type != SLUICE_STRUCT || schema->field_count != value.size) return false;
  record->reserved = 0;
  value.as.record = record;
  auto* fields = in.take_array<sluice_value>(value.size);
  return fields != nullptr && read_values(in, fields, value.size, depth + 1);
}

bool BatchDecoder::read_headers(Cursor& in, sluice_record& record) const {
  auto* headers = in.take_array<sluice_header>(record.header_count);
  if (headers == nullptr) return false;
  record.headers = headers;
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    sluice_header& header = headers[i];
    std::uint64_t number = 0;
    std::memcpy(&number, &header.schema, sizeof number);
    if (!resolve(number, header.schema)) return false;
    header.key.data = reinterpret_cast<const char*>(in.take(header.key.size));
    if (header.key.data == nullptr || !read_values(in, &header.value, 1, 0)) return false;
  }
  return true;
}

bool BatchDecoder::read_record(Cursor& in, sluice_record& record) const {
  if (!read_values(in, &record.key, 1, 0) || !read_values(in, &record.value, 1, 0)) return false;
  record.headers = nullptr;
  if (record.header_count > 0 && !read_headers(in, record)) return false;
  return read_values(in, &record.source_offset, 1, 0);
}

bool BatchDecoder::read_batch(Cursor& in, sluice_batch& batch) const {
  sluice_str* topics = nullptr;
  if (!in.take_texts(topics, batch.topic_count)) return false;
  for (std::uint32_t i = 0; i < batch.topic_count; ++i)
    if (absent(topics[i])) return false;
  batch.topics = topics;
  auto* numbers = in.take_array<std::uint64_t>(batch.schema_count);
  if (numbers == nullptr) return false;
  static_assert(sizeof(const sluice_schema*) == sizeof(std::uint64_t));
  auto* schemas = reinterpret_cast<const sluice_schema**>(numbers);
  for (std::uint32_t i = 0; i < batch.schema_count; ++i)
    if (!resolve(numbers[i], schemas[i]) || schemas[i] == nullptr) return false;
  batch.schemas = schemas;
  auto* partitions = in.take_array<sluice_value>(batch.source_partition_count);
  if (partitions == nullptr || !read_values(in, partitions, batch.source_partition_count, 0)) return false;
  batch.source_partitions = partitions;
  auto* records = in.take_array<sluice_record>(batch.record_count);
  if (records == nullptr) return false;
  batch.records = records;
  batch.record_stride = sizeof(sluice_record);
  for (std::uint32_t i = 0; i < batch.record_count; ++i)
    if (!read_record(in, records[i])) return false;
  return in.left() == 0;
}

base::Status BatchDecoder::read_definition(Cursor& in) {
  const auto* header = reinterpret_cast<const DefinitionHeader*>(in.take(sizeof(DefinitionHeader)));
  sluice_str* name = nullptr;
  sluice_str* doc = nullptr;
  if (header == nullptr || !in.take_texts(name, 1) || !in.take_texts(doc, 1)) return no_image("a schema is cut off");
  sluice_schema description{};
  description.struct_size = sizeof description;
  description.type = header->type;
  description.flags = header->flags;
  description.version = header->version;
  description.name = *name;
  description.doc = *doc;
  if (!resolve(header->key_schema, description.key_schema) || !resolve(header->value_schema, description.value_schema))
    return no_image("a schema has children that are not known");
  std::vector<sluice_kv> parameters;
  for (std::uint32_t i = 0; i < header->parameter_count; ++i) {
    sluice_str* key = nullptr;
    sluice_str* value = nullptr;
    if (!in.take_texts(key, 1) || !in.take_texts(value, 1)) return no_image("a schema is cut off");
    parameters.push_back({*key, *value});
  }
  std::vector<sluice_field> fields;
  for (std::uint32_t i = 0; i < header->field_count; ++i) {
    const auto* number = in.take_array<std::uint64_t>(1);
    sluice_str* field = nullptr;
    sluice_field made{};
    if (number == nullptr || !in.take_texts(field, 1)) return no_image("a schema is cut off");
    if (!resolve(*number, made.schema)) return no_image("a schema has children that are not known");
    made.name = *field;
    fields.push_back(made);
  }
  description.parameters = parameters.data();
  description.parameter_count = header->parameter_count;
  description.fields = fields.data();
  description.field_count = header->field_count;
  if ((header->flags & SLUICE_SCHEMA_HAS_DEFAULT) != 0) {
    auto* value = in.take_array<sluice_value>(1);
    if (value == nullptr || !read_values(in, value, 1, 0)) return no_image("a schema's default value is broken");
    description.default_value = value;
  }
  SLUICE_TRY_ASSIGN(const sluice_schema* schema, intern_(description));
  schemas_.push_back(schema);
  return {};
}

base::Status BatchDecoder::read_definitions(Cursor& in, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) SLUICE_TRY(read_definition(in));
  if (in.left() != 0) return no_image("there is more behind its end");
  return {};
}

namespace {

// The header, if the image is long enough for it and for where it says that the definitions are.
const ImageHeader* header_of(std::span<std::uint8_t> image) {
  if (image.size() < sizeof(ImageHeader) || image.size() % 8 != 0) return nullptr;
  const auto* header = reinterpret_cast<const ImageHeader*>(image.data());
  const bool plausible = header->magic == kMagic && header->definitions_at >= sizeof(ImageHeader) &&
                         header->definitions_at <= image.size() && header->definitions_at % 8 == 0;
  return plausible ? header : nullptr;
}

}  // namespace

base::Status BatchDecoder::decode(std::span<std::uint8_t> image, sluice_batch& batch) {
  const ImageHeader* header = header_of(image);
  if (header == nullptr) return no_image("it does not begin as one");
  Cursor definitions{image.data() + header->definitions_at, image.data() + image.size()};
  SLUICE_TRY(read_definitions(definitions, header->definition_count));
  sluice_batch read = batch;
  read.record_count = header->record_count;
  read.topic_count = header->topic_count;
  read.schema_count = header->schema_count;
  read.source_partition_count = header->source_partition_count;
  Cursor in{image.data() + sizeof(ImageHeader), image.data() + header->definitions_at};
  if (!read_batch(in, read)) return no_image("its records do not fit into it");
  batch = read;
  return {};
}

base::Result<std::span<const sluice_value>> BatchDecoder::decode_values(std::span<std::uint8_t> image) {
  const ImageHeader* header = header_of(image);
  if (header == nullptr) return no_image("it does not begin as one");
  Cursor definitions{image.data() + header->definitions_at, image.data() + image.size()};
  SLUICE_TRY(read_definitions(definitions, header->definition_count));
  Cursor in{image.data() + sizeof(ImageHeader), image.data() + header->definitions_at};
  auto* values = in.take_array<sluice_value>(header->value_count);
  if (values == nullptr || !read_values(in, values, header->value_count, 0) || in.left() != 0)
    return no_image("its values do not fit into it");
  return std::span<const sluice_value>(values, header->value_count);
}

}  // namespace sluice::data
