#pragma once
// Batches from the plugin's side. A source fills one through BatchBuilder, a sink reads one through BatchView, a
// transform edits one through BatchEditor (batch_editor.hpp). Everything lives in the batch's arena, which the worker
// recycles: nothing here touches the heap.

#include <concepts>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <sluice/abi.h>
#include <sluice/format.hpp>
#include <sluice/status.hpp>
#include <sluice/value.hpp>

namespace sluice {

// One pair of a source partition or offset: whole numbers become INT64, other numbers FLOAT64.
struct Entry {
  std::string_view key;
  Value value;

  template <std::integral T>
  requires(!std::same_as<T, bool>) Entry(std::string_view k, T number)
  noexcept : key(k), value(Value::int64(static_cast<std::int64_t>(number))) {}
  Entry(std::string_view k, bool truth) noexcept : key(k), value(Value::boolean(truth)) {}
  Entry(std::string_view k, double number) noexcept : key(k), value(Value::float64(number)) {}
  Entry(std::string_view k, std::string_view text) noexcept : key(k), value(Value::string(text)) {}
  Entry(std::string_view k, const char* text) noexcept : Entry(k, std::string_view(text)) {}
  Entry(std::string_view k, const std::string& text) noexcept : Entry(k, std::string_view(text)) {}
  Entry(std::string_view k, const Value& v) noexcept : key(k), value(v) {}
};
using Entries = std::span<const Entry>;

// The key under which a source partition that is just a name is stored: {"partition": name}.
inline constexpr std::string_view kNamedPartitionKey = "partition";

class StructBuilder;

// Builds values in an arena. When the arena's budget is spent, failed() becomes true and what is returned must not be
// published (it is safe to write to): the worker is told SLUICE_NO_MEMORY by whoever called.
class ArenaWriter {
 public:
  explicit ArenaWriter(sluice_arena* arena) noexcept : arena_(arena) {}

  bool failed() const noexcept { return failed_; }
  sluice_arena* c() const noexcept { return arena_; }

  // Copies of text and bytes.
  Value text(std::string_view bytes) noexcept { return Value::string(copy(bytes)); }
  Value bytes(std::string_view bytes) noexcept { return Value::bytes(copy(bytes)); }
  std::string_view copy(std::string_view bytes) noexcept {
    const std::string_view made = arena_copy(arena_, bytes);
    if (made.data() == nullptr) [[unlikely]]
      failed_ = true;
    return made;
  }
  // A text with {} for each argument.
  template <typename... Args>
  Value format(std::string_view text, const Args&... args) noexcept {
    const detail::Piece pieces[sizeof...(args) + 1] = {detail::Piece(args)..., detail::Piece(std::string_view())};
    std::size_t size = 0;
    detail::format_pieces(text, pieces, sizeof...(args), [&size](std::string_view part) { size += part.size(); });
    auto* out = static_cast<char*>(allocate(size + 1, 1));
    if (out == nullptr) [[unlikely]]
      return {};
    char* at = out;
    detail::format_pieces(text, pieces, sizeof...(args), [&at](std::string_view part) {
      std::memcpy(at, part.data(), part.size());
      at += part.size();
    });
    return Value::string({out, size});
  }
  // Room for `count` values, all null; fill them, then use Value::array or Value::map (two values for each pair). Empty
  // on failure.
  std::span<Value> values(std::size_t count) noexcept {
    auto* made = static_cast<Value*>(allocate(sizeof(Value) * count + 1, alignof(Value)));
    if (made == nullptr) [[unlikely]]
      return {};
    std::memset(static_cast<void*>(made), 0, sizeof(Value) * count);
    return {made, count};
  }
  // A map with text keys; keys and texts are copied.
  Value map(Entries entries) noexcept {
    const std::span<Value> pairs = values(entries.size() * 2);
    if (pairs.size() != entries.size() * 2) [[unlikely]]
      return {};
    for (std::size_t i = 0; i < entries.size(); ++i) {
      pairs[i * 2] = text(entries[i].key);
      pairs[i * 2 + 1] = own(entries[i].value);
    }
    return Value::map(pairs.data(), entries.size());
  }
  Value map(std::initializer_list<Entry> entries) noexcept { return map(Entries(entries.begin(), entries.size())); }
  // From scale and big-endian two's complement, or from scale and a number.
  Value decimal(std::int32_t scale, std::string_view unscaled) noexcept {
    const Value made = arena_decimal(arena_, scale, unscaled);
    if (made.is_null()) [[unlikely]]
      failed_ = true;
    return made;
  }
  Value decimal(std::int32_t scale, std::int64_t unscaled) noexcept {
    char digits[8];
    for (int i = 0; i < 8; ++i) digits[i] = static_cast<char>(static_cast<std::uint64_t>(unscaled) >> (56 - 8 * i));
    return decimal(scale, std::string_view(digits, sizeof digits));
  }
  StructBuilder structure(const Schema* schema) noexcept;

  void* allocate(std::size_t size, std::uint32_t align) noexcept {
    void* made = arena_alloc(arena_, size, align);
    if (made == nullptr) [[unlikely]]
      failed_ = true;
    return made;
  }

 protected:
  // Text of a small value is copied; composite values are taken to be the batch's own already.
  Value own(const Value& value) noexcept {
    if (value.is(Kind::kString)) return text(value.text());
    if (value.is(Kind::kBytes)) return bytes(value.text());
    return value;
  }

  sluice_arena* arena_;
  bool failed_ = false;
};

// A struct value: every field null until set.
class StructBuilder {
 public:
  StructBuilder(sluice_struct* made, const Schema* schema) noexcept : struct_(made), schema_(schema) {}

  StructBuilder& set(std::size_t index, const Value& value) noexcept {
    if (struct_ != nullptr && index < schema_->field_count) struct_->fields[index] = value;
    return *this;
  }
  // By name: looks the field up; prefer the index in a loop. An unknown name is ignored.
  StructBuilder& set(std::string_view name, const Value& value) noexcept {
    const int index = schema_->field_index(name);
    return index < 0 ? *this : set(static_cast<std::size_t>(index), value);
  }
  Value value() const noexcept { return struct_ != nullptr ? Value::record(struct_, schema_->field_count) : Value(); }
  operator Value() const noexcept { return value(); }

 private:
  sluice_struct* struct_;
  const Schema* schema_;
};

inline StructBuilder ArenaWriter::structure(const Schema* schema) noexcept {
  sluice_struct* made = arena_struct(arena_, schema);
  if (made == nullptr) [[unlikely]]
    failed_ = true;
  return {made, schema};
}

enum class TopicIndex : std::uint32_t {};
enum class PartitionIndex : std::uint32_t {};

namespace detail {

// A table of the batch that grows in its arena: topics, schemas, source partitions.
template <typename T>
class Table {
 public:
  Table() = default;
  Table(const T* data, std::uint32_t count) noexcept
      : data_(const_cast<T*>(data)), count_(count) {}  // full: the next add copies it

  std::uint32_t size() const noexcept { return count_; }
  const T& operator[](std::uint32_t i) const noexcept { return data_[i]; }
  const T* data() const noexcept { return data_; }
  bool add(sluice_arena* arena, const T& item) noexcept {
    if (count_ == capacity_ || capacity_ == 0) {
      const std::uint32_t larger = count_ < 4 ? 8 : count_ * 2;
      T* copy = arena_array<T>(arena, larger);
      if (copy == nullptr) return false;
      if (count_ > 0) std::memcpy(static_cast<void*>(copy), data_, sizeof(T) * count_);
      data_ = copy;
      capacity_ = larger;
    }
    data_[count_++] = item;
    return true;
  }

 private:
  T* data_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace detail

class BatchBuilder;

// The record that was just added. Valid until the next add().
class RecordBuilder {
 public:
  RecordBuilder(BatchBuilder* batch, sluice_record* record) noexcept : batch_(batch), record_(record) {}

  // Without a schema, or with one. Values are the batch's own (made by its ArenaWriter) or constants; texts are copied.
  RecordBuilder& key(const Value& value) noexcept {
    record_->key = value;
    return *this;
  }
  RecordBuilder& key(std::string_view text) noexcept;
  RecordBuilder& key(const Schema* schema, const Value& value) noexcept;
  RecordBuilder& value(const Value& value) noexcept {
    record_->value = value;
    return *this;
  }
  RecordBuilder& value(std::string_view text) noexcept;
  RecordBuilder& value(const Schema* schema, const Value& value) noexcept;
  RecordBuilder& value(const Schema* schema, std::string_view text) noexcept;
  RecordBuilder& bytes(std::string_view bytes) noexcept;

  RecordBuilder& partition(std::int32_t partition) noexcept {
    record_->partition = partition;
    return *this;
  }
  RecordBuilder& timestamp(std::int64_t epoch_ms) noexcept {
    record_->timestamp_ms = epoch_ms;
    return *this;
  }
  RecordBuilder& cookie(std::uint64_t cookie) noexcept {
    record_->cookie = cookie;
    return *this;
  }
  RecordBuilder& header(std::string_view name, const Value& value, const Schema* schema = nullptr) noexcept;

  // Where this record comes from, and the offset to resume after it. Keys and texts of the offset are copied.
  RecordBuilder& source(PartitionIndex partition, std::initializer_list<Entry> offset) noexcept {
    return source(partition, Entries(offset.begin(), offset.size()));
  }
  RecordBuilder& source(PartitionIndex partition, Entries offset) noexcept;
  RecordBuilder& source(std::string_view name, std::initializer_list<Entry> offset) noexcept;

  sluice_record* c() noexcept { return record_; }

 private:
  BatchBuilder* batch_;
  sluice_record* record_;
};

// Fills the batch of one poll.
class BatchBuilder : public ArenaWriter {
 public:
  // `expected`: how many records are likely; the record array begins with room for them.
  explicit BatchBuilder(sluice_batch* out, std::uint32_t expected = 64) noexcept
      : ArenaWriter(out->arena), out_(out), expected_(expected) {}
  BatchBuilder(const BatchBuilder&) = delete;
  BatchBuilder& operator=(const BatchBuilder&) = delete;

  RecordBuilder add(std::string_view topic_name) noexcept { return add(topic(topic_name)); }
  RecordBuilder add(TopicIndex topic) noexcept {
    if (count_ == capacity_) [[unlikely]]
      if (!grow()) return {this, &scratch_};
    sluice_record* record = records_ + count_++;
    *record = kEmptyRecord;
    record->topic = static_cast<std::uint32_t>(topic);
    return {this, record};
  }

  std::uint32_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

  // Index of a topic in this batch: take it once, then add(index).
  TopicIndex topic(std::string_view name) noexcept {
    for (std::uint32_t i = topics_.size(); i-- > 0;)
      if (view(topics_[i]) == name) return static_cast<TopicIndex>(i);
    if (!topics_.add(arena_, str(copy(name)))) failed_ = true;
    return static_cast<TopicIndex>(topics_.size() - (topics_.size() > 0 ? 1u : 0u));
  }

  // A source partition: a map such as {{"filename", path}}, or just a name. Take the index once for many records.
  PartitionIndex partition(std::initializer_list<Entry> entries) noexcept {
    return partition(Entries(entries.begin(), entries.size()));
  }
  PartitionIndex partition(Entries entries) noexcept {
    for (std::uint32_t i = partitions_.size(); i-- > 0;)
      if (same(partitions_[i], entries)) return static_cast<PartitionIndex>(i);
    if (!partitions_.add(arena_, map(entries))) failed_ = true;
    return static_cast<PartitionIndex>(partitions_.size() - (partitions_.size() > 0 ? 1u : 0u));
  }
  PartitionIndex partition(std::string_view name) noexcept { return partition({Entry(kNamedPartitionKey, name)}); }

  std::uint32_t schema(const Schema* handle) noexcept {
    if (handle == nullptr) return SLUICE_NO_SCHEMA;
    for (std::uint32_t i = schemas_.size(); i-- > 0;)
      if (schemas_[i] == handle) return i;
    if (!schemas_.add(arena_, handle)) failed_ = true;
    return schemas_.size() - (schemas_.size() > 0 ? 1u : 0u);
  }

  // An offset map; keys are kept once for the batch.
  Value offset(Entries entries) noexcept {
    auto* pairs = static_cast<Value*>(allocate(sizeof(Value) * 2 * entries.size() + 1, alignof(Value)));
    if (pairs == nullptr) [[unlikely]]
      return {};
    for (std::size_t i = 0; i < entries.size(); ++i) {
      pairs[i * 2] = Value::string(offset_key(entries[i].key));
      pairs[i * 2 + 1] = own(entries[i].value);
    }
    return Value::map(pairs, entries.size());
  }

  // Memory that the batch keeps beyond its arena: `release` is called once, on any thread, when every record is done
  // with.
  void keep(void (*release)(sluice_batch*), void* owner_data) noexcept {
    out_->release = release;
    out_->owner_data = owner_data;
  }

  // Publishes what was added. The SDK calls it after poll.
  Status finish() {
    if (failed_)
      return no_memory("The batch needs more memory than its budget: emit fewer or smaller records at a time.");
    out_->records = records_;
    out_->record_count = count_;
    out_->record_stride = sizeof(sluice_record);
    out_->topics = topics_.data();
    out_->topic_count = topics_.size();
    out_->schemas = schemas_.data();
    out_->schema_count = schemas_.size();
    out_->source_partitions = partitions_.data();
    out_->source_partition_count = partitions_.size();
    return {};
  }

 private:
  static constexpr sluice_record kEmptyRecord = {0,
                                                 SLUICE_NO_PARTITION,
                                                 SLUICE_NO_TIMESTAMP,
                                                 SLUICE_NO_SCHEMA,
                                                 SLUICE_NO_SCHEMA,
                                                 {},
                                                 {},
                                                 {},
                                                 0,
                                                 0,
                                                 0,
                                                 0,
                                                 UINT32_MAX,
                                                 0,
                                                 {}};

  bool grow() noexcept {
    const std::uint32_t larger = capacity_ == 0 ? (expected_ > 0 ? expected_ : 1) : capacity_ * 2;
    auto* copy = static_cast<sluice_record*>(allocate(sizeof(sluice_record) * larger, alignof(sluice_record)));
    if (copy == nullptr) return false;
    if (count_ > 0) std::memcpy(copy, records_, sizeof(sluice_record) * count_);
    records_ = copy;
    capacity_ = larger;
    return true;
  }
  static bool same(const sluice_value& known, Entries entries) noexcept {
    if (known.size != entries.size()) return false;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Value key = known.as.items[i * 2];
      const Value value = known.as.items[i * 2 + 1];
      if (key.text() != entries[i].key || value.kind() != entries[i].value.kind()) return false;
      const bool equal = value.is(Kind::kString) || value.is(Kind::kBytes) ? value.text() == entries[i].value.text()
                                                                           : value.as.i64 == entries[i].value.as.i64;
      if (!equal) return false;
    }
    return true;
  }
  std::string_view offset_key(std::string_view key) noexcept {
    for (std::uint32_t i = 0; i < offset_keys_.size(); ++i)
      if (view(offset_keys_[i]) == key) return view(offset_keys_[i]);
    const std::string_view made = copy(key);
    if (offset_keys_.size() < 16 && !offset_keys_.add(arena_, str(made))) failed_ = true;
    return made;
  }

  sluice_batch* out_;
  std::uint32_t expected_;
  sluice_record* records_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
  detail::Table<sluice_str> topics_;
  detail::Table<const sluice_schema*> schemas_;
  detail::Table<sluice_value> partitions_;
  detail::Table<sluice_str> offset_keys_;
  sluice_record scratch_ = kEmptyRecord;  // written to when there is no memory, never published
};

inline RecordBuilder& RecordBuilder::key(std::string_view text) noexcept {
  return key(batch_->text(text));
}
inline RecordBuilder& RecordBuilder::key(const Schema* schema, const Value& value) noexcept {
  record_->key_schema = batch_->schema(schema);
  return key(value);
}
inline RecordBuilder& RecordBuilder::value(std::string_view text) noexcept {
  return value(batch_->text(text));
}
inline RecordBuilder& RecordBuilder::value(const Schema* schema, const Value& content) noexcept {
  record_->value_schema = batch_->schema(schema);
  record_->value = content;
  return *this;
}
inline RecordBuilder& RecordBuilder::value(const Schema* schema, std::string_view text) noexcept {
  return value(schema, batch_->text(text));
}
inline RecordBuilder& RecordBuilder::bytes(std::string_view bytes) noexcept {
  return value(batch_->bytes(bytes));
}
inline RecordBuilder& RecordBuilder::header(std::string_view name, const Value& value, const Schema* schema) noexcept {
  const std::uint32_t count = record_->header_count;
  auto* headers = const_cast<sluice_header*>(record_->headers);
  if ((count & (count - 1)) == 0) {  // 0 or a power of two: the array is full
    const std::uint32_t larger = count == 0 ? 1 : count * 2;
    auto* copy = static_cast<sluice_header*>(batch_->allocate(sizeof(sluice_header) * larger, alignof(sluice_header)));
    if (copy == nullptr) return *this;
    if (count > 0) std::memcpy(copy, headers, sizeof(sluice_header) * count);
    record_->headers = headers = copy;
  }
  headers[count] = {str(batch_->copy(name)), schema, value};
  record_->header_count = count + 1;
  return *this;
}
inline RecordBuilder& RecordBuilder::source(PartitionIndex partition, Entries offset) noexcept {
  record_->source_partition = static_cast<std::uint32_t>(partition);
  record_->source_offset = batch_->offset(offset);
  return *this;
}
inline RecordBuilder& RecordBuilder::source(std::string_view name, std::initializer_list<Entry> offset) noexcept {
  return source(batch_->partition(name), Entries(offset.begin(), offset.size()));
}

// ---- reading
// ------------------------------------------------------------------------------------------------------------

// One record of a batch.
class RecordView {
 public:
  RecordView(const sluice_batch* batch, const sluice_record* record, std::uint32_t index) noexcept
      : batch_(batch), record_(record), index_(index) {}

  std::uint32_t index() const noexcept { return index_; }
  std::string_view topic() const noexcept { return view(batch_->topics[record_->topic]); }
  std::int32_t partition() const noexcept { return record_->partition; }
  std::int64_t offset() const noexcept { return record_->kafka_offset; }
  bool has_timestamp() const noexcept { return record_->timestamp_ms != SLUICE_NO_TIMESTAMP; }
  std::int64_t timestamp() const noexcept { return record_->timestamp_ms; }
  const Value& key() const noexcept { return static_cast<const Value&>(record_->key); }
  const Value& value() const noexcept { return static_cast<const Value&>(record_->value); }
  const Schema* key_schema() const noexcept { return schema(record_->key_schema); }      // nullptr: schemaless
  const Schema* value_schema() const noexcept { return schema(record_->value_schema); }  // nullptr: schemaless
  std::span<const sluice_header> headers() const noexcept { return {record_->headers, record_->header_count}; }
  bool live() const noexcept { return (record_->flags & (SLUICE_RECORD_DROP | SLUICE_RECORD_FAILED)) == 0; }
  const sluice_record* c() const noexcept { return record_; }

 protected:
  const Schema* schema(std::uint32_t index) const noexcept {
    return index == SLUICE_NO_SCHEMA ? nullptr : static_cast<const Schema*>(batch_->schemas[index]);
  }

  const sluice_batch* batch_;
  const sluice_record* record_;
  std::uint32_t index_;
};

// The records of a batch that are neither dropped nor failed:  for (const RecordView& record : batch) ...
class BatchView {
 public:
  explicit BatchView(const sluice_batch* batch) noexcept : batch_(batch) {}

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = RecordView;
    using difference_type = std::ptrdiff_t;
    Iterator(const sluice_batch* batch, std::uint32_t index) noexcept : batch_(batch), index_(index) { skip(); }
    RecordView operator*() const noexcept { return {batch_, at(), index_}; }
    Iterator& operator++() noexcept {
      ++index_;
      skip();
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

   private:
    const sluice_record* at() const noexcept {
      return reinterpret_cast<const sluice_record*>(reinterpret_cast<const std::uint8_t*>(batch_->records) +
                                                    std::size_t{index_} * batch_->record_stride);
    }
    void skip() noexcept {
      while (index_ < batch_->record_count && (at()->flags & (SLUICE_RECORD_DROP | SLUICE_RECORD_FAILED)) != 0)
        ++index_;
    }
    const sluice_batch* batch_;
    std::uint32_t index_;
  };
  Iterator begin() const noexcept { return {batch_, 0}; }
  Iterator end() const noexcept { return {batch_, batch_->record_count}; }

  std::uint32_t size() const noexcept { return batch_->record_count; }  // dropped and failed records included
  RecordView operator[](std::uint32_t index) const noexcept { return {batch_, record(index), index}; }
  const sluice_batch* c() const noexcept { return batch_; }

 protected:
  const sluice_record* record(std::uint32_t index) const noexcept {
    return reinterpret_cast<const sluice_record*>(reinterpret_cast<const std::uint8_t*>(batch_->records) +
                                                  std::size_t{index} * batch_->record_stride);
  }
  const sluice_batch* batch_;
};

// A batch that a sink keeps beyond put: everything in it stays valid until this object goes, on any thread.
class OwnedBatch {
 public:
  OwnedBatch() = default;
  explicit OwnedBatch(sluice_batch* in) noexcept : batch_(*in), owned_(true) { in->release = nullptr; }
  OwnedBatch(OwnedBatch&& other) noexcept : batch_(other.batch_), owned_(std::exchange(other.owned_, false)) {}
  OwnedBatch& operator=(OwnedBatch&& other) noexcept {
    if (this != &other) {
      reset();
      batch_ = other.batch_;
      owned_ = std::exchange(other.owned_, false);
    }
    return *this;
  }
  ~OwnedBatch() { reset(); }

  BatchView view() const noexcept { return BatchView(&batch_); }
  void reset() noexcept {
    if (std::exchange(owned_, false) && batch_.release != nullptr) batch_.release(&batch_);
  }

 private:
  sluice_batch batch_{};
  bool owned_ = false;
};

// What a sink gets. Valid during put, unless taken.
class SinkBatch : public BatchView {
 public:
  explicit SinkBatch(sluice_batch* in) noexcept : BatchView(in), in_(in) {}
  // Only if put then returns OK: the sink owns the batch from here.
  OwnedBatch take() noexcept { return OwnedBatch(in_); }

 private:
  sluice_batch* in_;
};

}  // namespace sluice
