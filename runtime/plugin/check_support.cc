#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "runtime/data/value_ops.h"
#include "runtime/plugin/check_tests.h"

namespace sluice::plugin {
namespace {

using base::Code;

constexpr std::size_t kRegionBytes = 8 << 20;
constexpr int kDepthMax = 100;

tl::unexpected<base::Error> malformed(std::string_view what) {
  return base::fail(Code::kBug, base::exceptions::kConnect, "{}", what);
}

bool well_formed_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
    if (size == 0 || i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    i += size;
  }
  return true;
}

// What a schema of a type lets a value be; logical types have kinds of their own.
bool kind_fits(const Schema& schema, const Value& value) {
  const auto logical = schema.has_name() ? schema.name() : std::string_view();
  if (logical == kDecimalName) return value.is(Kind::kDecimal);
  if (logical == kDateName || logical == kTimeName || logical == kTimestampName) return value.is(Kind::kInstant);
  return value.kind() == schema.type();
}

base::Status check_value(const Value& value, const Schema* schema, int depth) {
  if (depth > kDepthMax) return malformed("a value is nested too deeply");
  if (value.sluice_value::kind > SLUICE_INSTANT) return malformed("a value has an unknown kind");
  if (schema != nullptr) {
    if (value.is_null()) {
      if (!schema->optional() && !schema->has_default())
        return malformed("a null value where the schema is not optional");
      return {};
    }
    if (!kind_fits(*schema, value)) return malformed("a value of another kind than its schema");
  }
  switch (value.kind()) {
    case Kind::kString:
    case Kind::kBytes:
      if (value.as.bytes == nullptr) return malformed("text or bytes without a pointer");
      if (value.is(Kind::kString) && !well_formed_text(value.text())) return malformed("text that is not UTF-8");
      return {};
    case Kind::kDecimal:
      if (value.as.decimal == nullptr || value.as.decimal->size == 0) return malformed("a decimal without digits");
      return {};
    case Kind::kArray:
    case Kind::kMap: {
      if (value.size > 0 && value.as.items == nullptr) return malformed("an array or map without a pointer");
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); ++i) {
        const bool key = value.is(Kind::kMap) && i % 2 == 0;
        SLUICE_TRY(check_value(items[i],
                               schema == nullptr ? nullptr
                               : key             ? schema->key_schema()
                                                 : schema->value_schema(),
                               depth + 1));
      }
      return {};
    }
    case Kind::kStruct: {
      if (value.as.record == nullptr || value.as.record->schema == nullptr)
        return malformed("a struct without a schema");
      const Schema& own = value.struct_schema();
      if (schema != nullptr && &own != schema) return malformed("a struct of another schema than the record says");
      if (own.fields().size() != value.size) return malformed("a struct with another number of fields than its schema");
      for (std::size_t i = 0; i < value.size; ++i) {
        // A field that is not set may be null whatever its schema says; converters refuse it by name.
        const Value& field = value.items()[i];
        if (!field.is_null()) {
          SLUICE_TRY(check_value(field, &own.fields()[i].schema(), depth + 1));
        }
      }
      return {};
    }
    default:
      return {};
  }
}

base::Status check_offset_map(const Value& value, std::string_view what) {
  if (value.is_null()) return {};
  if (!value.is(Kind::kMap)) return base::fail(Code::kBug, base::exceptions::kConnect, "{} is not a map", what);
  SLUICE_TRY(check_value(value, nullptr, 0));
  for (std::size_t i = 0; i < value.items().size(); i += 2)
    if (!value.items()[i].is(Kind::kString))
      return base::fail(Code::kBug, base::exceptions::kConnect, "{} has a key that is not text", what);
  return {};
}

}  // namespace

CheckServices::CheckServices() : stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

CheckServices::~CheckServices() {
  if (stop_fd_ >= 0) ::close(stop_fd_);
}

void CheckServices::request_stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_fd_, &one, sizeof one);
}

std::string CheckServices::logged() const {
  std::lock_guard lock(mutex_);
  return logged_;
}

void CheckServices::log(base::LogLevel, std::string_view message, std::span<const sluice_kv> fields) {
  std::lock_guard lock(mutex_);
  logged_.append(message).append("\n");
  for (const auto& field : fields) logged_.append(view(field.key)).append("=").append(view(field.value)).append("\n");
}

base::Result<const sluice_schema*> CheckServices::intern(const sluice_schema& description) {
  SLUICE_TRY_ASSIGN(const Schema* schema, pool_.intern(description));
  return schema;
}

base::Status CheckServices::read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) {
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    offsets[i] = Value();
    for (const auto& [partition, offset] : offsets_)
      if (data::values_equal(partition, partitions[i])) offsets[i] = offset;
  }
  return {};
}

void CheckServices::fail_record(sluice_batch& batch, std::uint32_t index, base::Error cause) {
  ++failed_records_;
  BasicHostServices::fail_record(batch, index, std::move(cause));
}

bool CheckServices::sleep(std::int64_t timeout_ms) {
  pollfd wait{stop_fd_, POLLIN, 0};
  ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(timeout_ms, 60'000)));
  return stopping_;
}

base::Status check_batch(const sluice_batch& batch) {
  if (batch.record_count > 0 && (batch.records == nullptr || batch.record_stride < sizeof(sluice_record)))
    return malformed("a null record array or a small stride");
  for (std::uint32_t i = 0; i < batch.topic_count; ++i)
    if (batch.topics[i].data == nullptr || batch.topics[i].size == 0 || !well_formed_text(view(batch.topics[i])))
      return malformed("a topic without a name");
  for (std::uint32_t i = 0; i < batch.source_partition_count; ++i)
    SLUICE_TRY(check_offset_map(batch.source_partitions[i], "a source partition"));
  for (std::uint32_t i = 0; i < batch.record_count; ++i) {
    const auto& record = *reinterpret_cast<const sluice_record*>(reinterpret_cast<const std::uint8_t*>(batch.records) +
                                                                 std::size_t{i} * batch.record_stride);
    const auto schema = [&](std::uint32_t index) {
      return index == SLUICE_NO_SCHEMA ? nullptr : static_cast<const Schema*>(batch.schemas[index]);
    };
    if (record.topic >= batch.topic_count) return malformed("a topic index outside its table");
    if (record.key_schema != SLUICE_NO_SCHEMA && record.key_schema >= batch.schema_count)
      return malformed("a key schema index outside its table");
    if (record.value_schema != SLUICE_NO_SCHEMA && record.value_schema >= batch.schema_count)
      return malformed("a value schema index outside its table");
    if (!Value(record.source_offset).is_null() && record.source_partition >= batch.source_partition_count)
      return malformed("a source partition index outside its table");
    SLUICE_TRY(check_value(record.key, schema(record.key_schema), 0));
    SLUICE_TRY(check_value(record.value, schema(record.value_schema), 0));
    SLUICE_TRY(check_offset_map(record.source_offset, "a source offset"));
    if (record.header_count > 0 && record.headers == nullptr) return malformed("headers without a pointer");
    for (std::uint32_t h = 0; h < record.header_count; ++h)
      SLUICE_TRY(check_value(record.headers[h].value, static_cast<const Schema*>(record.headers[h].schema), 0));
  }
  return {};
}

Corpus::Corpus(data::SchemaPool& pool)
    : region_(::mmap(nullptr, kRegionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
      arena_{sizeof(sluice_arena),
             0,
             &Corpus::alloc,
             nullptr,
             static_cast<std::uint8_t*>(region_),
             static_cast<std::uint8_t*>(region_) + kRegionBytes} {
  SLUICE_ASSERT(region_ != MAP_FAILED);
  key_schema_ = pool.string();
  add_schemaless();
  add_with_schemas(pool);
  headers_.push_back({str(arena_copy(&arena_, "plain")), nullptr, Value::string(arena_copy(&arena_, "header"))});
  headers_.push_back({str(arena_copy(&arena_, "typed")), pool.int32(), Value::int32(7)});
  headers_.push_back({str(arena_copy(&arena_, "null")), nullptr, Value()});
}

Corpus::~Corpus() {
  ::munmap(region_, kRegionBytes);
}

void* Corpus::alloc(sluice_arena*, std::uint64_t, std::uint32_t) {
  return nullptr;
}  // the region is ample

void Corpus::seal() {
  SLUICE_ASSERT(::mprotect(region_, kRegionBytes, PROT_READ) == 0);
}

void Corpus::add_schemaless() {
  const auto text = [&](std::string_view t) { return Value::string(arena_copy(&arena_, t)); };
  const auto array = [&](std::initializer_list<Value> items) {
    auto* made = arena_array<Value>(&arena_, items.size() + 1);
    std::copy(items.begin(), items.end(), made);
    return made;
  };
  add(nullptr, Value());
  for (const std::string_view t : {"", "text", "gr\xC3\xBC\xC3\x9F Gott \xF0\x9F\x8C\x8D",
                                   "with \"quotes\" and \\ and \x01", "{\"json\": [1, 2]}"})
    add(nullptr, text(t));
  add(nullptr, Value::string(arena_copy(&arena_, std::string(100'000, 'x'))));
  add(nullptr, Value::bytes(arena_copy(&arena_, "")));
  add(nullptr, Value::bytes(arena_copy(&arena_, std::string("\0\xFF\xFE bytes", 9))));
  add(nullptr, Value::int8(INT8_MIN));
  add(nullptr, Value::int16(INT16_MAX));
  add(nullptr, Value::int32(INT32_MIN));
  add(nullptr, Value::int64(INT64_MAX));
  add(nullptr, Value::boolean(true));
  add(nullptr, Value::float32(1.5F));
  for (const double d : {0.0, -0.0, 1e308, std::nan(""), -HUGE_VAL}) add(nullptr, Value::float64(d));
  add(nullptr, Value::instant(1'700'000'000'000));
  add(nullptr, arena_decimal(&arena_, 2, std::string_view("\x04\xD2", 2)));
  add(nullptr, Value::array(array({}), 0));
  add(nullptr, Value::array(array({Value::int64(1), text("two"), Value(), Value::boolean(false)}), 4));
  add(nullptr, Value::map(array({}), 0));
  add(nullptr, Value::map(array({text("id"), Value::int64(1), text("name"), text("n"), text("none"), Value()}), 3));
  Value nested = text("bottom");
  for (int i = 0; i < 30; ++i)
    nested = i % 2 == 0 ? Value::array(array({nested}), 1) : Value::map(array({text("k"), nested}), 1);
  add(nullptr, nested);
}

void Corpus::add_with_schemas(data::SchemaPool& pool) {
  using data::SchemaBuilder;
  const Schema* optional_text = pool.primitive(Kind::kString, true);
  const Schema* decimal = SchemaBuilder::decimal(2).build(pool).value();
  const Schema* timestamp = SchemaBuilder::timestamp().build(pool).value();
  const Schema* list = SchemaBuilder::array(pool.int32()).build(pool).value();
  const Schema* dict = SchemaBuilder::map(pool.string(), pool.int64()).build(pool).value();
  const Schema* inner = SchemaBuilder::structure()
                            .name("check.Inner")
                            .optional()
                            .field("a", pool.int32())
                            .field("b", optional_text)
                            .build(pool)
                            .value();
  const Schema* row = SchemaBuilder::structure()
                          .name("check.Row")
                          .version(3)
                          .field("id", pool.int64())
                          .field("name", pool.string())
                          .field("note", optional_text)
                          .field("price", decimal)
                          .field("at", timestamp)
                          .field("flag", pool.boolean())
                          .field("ratio", pool.float64())
                          .field("data", pool.bytes())
                          .field("list", list)
                          .field("dict", dict)
                          .field("inner", inner)
                          .build(pool)
                          .value();
  add(pool.string(), Value::string(arena_copy(&arena_, "typed")));
  add(optional_text, Value());
  add(pool.int64(), Value::int64(-1));
  add(pool.bytes(), Value::bytes(arena_copy(&arena_, "typed bytes")));
  for (const bool full : {true, false}) {
    auto* made = arena_struct(&arena_, row);
    auto* items = arena_array<Value>(&arena_, 3);
    auto* pairs = arena_array<Value>(&arena_, 2);
    items[0] = items[1] = items[2] = Value::int32(9);
    pairs[0] = Value::string(arena_copy(&arena_, "one"));
    pairs[1] = Value::int64(1);
    auto* part = arena_struct(&arena_, inner);
    part->fields[0] = Value::int32(4);
    const Value fields[] = {Value::int64(42),
                            Value::string(arena_copy(&arena_, "row")),
                            full ? Value::string(arena_copy(&arena_, "note")) : Value(),
                            arena_decimal(&arena_, 2, std::string_view("\x30\x39", 2)),
                            Value::instant(1'700'000'000'123),
                            Value::boolean(full),
                            Value::float64(0.25),
                            Value::bytes(arena_copy(&arena_, "raw")),
                            Value::array(items, full ? 3 : 0),
                            Value::map(pairs, full ? 1 : 0),
                            full ? Value::record(part, 2) : Value()};
    for (std::size_t i = 0; i < std::size(fields); ++i) made->fields[i] = fields[i];
    add(row, Value::record(made, row->fields().size()));
  }
}

bool Corpus::fill(data::Batch& batch, std::string_view topic, std::int64_t first_offset) const {
  if (!batch.allocate_records(static_cast<std::uint32_t>(values_.size()))) return false;
  const std::uint32_t topic_index = batch.topic_index(topic);
  for (std::uint32_t i = 0; i < values_.size(); ++i) {
    auto& record = batch.record(i);
    record.topic = topic_index;
    record.partition = 0;
    record.kafka_offset = first_offset + i;
    record.timestamp_ms = 1'700'000'000'000 + i;
    record.flags = SLUICE_RECORD_TS_CREATE;
    record.value_schema = batch.schema_index(values_[i].schema);
    record.value = values_[i].value;
    if (i % 3 == 1) {
      record.key_schema = batch.schema_index(key_schema_);
      record.key = Value::string("key");
    } else if (i % 3 == 2) {
      record.key = values_[i].value;
      record.key_schema = record.value_schema;
    }
    if (i % 2 == 1) {
      record.headers = headers_.data();
      record.header_count = static_cast<std::uint32_t>(headers_.size());
    }
  }
  return true;
}

int open_descriptors() {
  std::error_code error;
  int count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error))
    ++count;
  return count;
}

int running_threads() {
  std::error_code error;
  int count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/task", error), end; !error && it != end; it.increment(error))
    ++count;
  return count;
}

}  // namespace sluice::plugin
