#include "runtime/data/batch_decoder.h"

#include <cstring>

namespace sluice::data {

using base::Code;

struct BatchDecoder::Cursor {
  std::uint8_t* at;
  std::uint8_t* end;
  std::size_t left() const { return static_cast<std::size_t>(end - at); }
  std::uint8_t* take(std::uint64_t size) {  // nullptr: there are fewer
    if (size > left() || rounded_to_8(size) > left()) return nullptr;
    std::uint8_t* start = at;
    at += rounded_to_8(size);
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
  const bool plausible = header->magic == kImageMagic && header->definitions_at >= sizeof(ImageHeader) &&
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
