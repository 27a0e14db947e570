#include "runtime/data/batch.h"

#include <cstring>
#include <functional>

namespace sluice::data {
namespace {

// Moves a table of the batch into a larger one in the arena, when it is full or was put there by a plugin, whose
// capacity nobody knows.
template <typename T>
bool grow(Arena& arena, const T*& table, std::uint32_t count, const T*& owned, std::uint32_t& capacity) {
  if (count < capacity && table == owned) return true;
  const std::uint32_t larger = count < 4 ? 8 : count * 2;
  T* copy = arena.alloc_array<T>(larger);
  if (copy == nullptr) return false;
  if (count > 0) std::memcpy(copy, table, sizeof(T) * count);
  table = owned = copy;
  capacity = larger;
  return true;
}

// Addresses differ in their middle bits.
std::size_t hash_of(const sluice_schema* schema) {
  return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(schema) * 0x9E37'79B9'7F4A'7C15U) >> 32U);
}

}  // namespace

Batch::Batch(std::size_t limit_bytes) : arena_(limit_bytes), batch_{} {
  batch_.struct_size = sizeof(sluice_batch);
  batch_.record_stride = sizeof(sluice_record);
  batch_.arena = arena_.c();
}

Batch::~Batch() {
  if (batch_.release != nullptr) batch_.release(&batch_);
}

std::uint32_t Batch::topic_index(std::string_view topic) {
  const std::hash<std::string_view> hash;
  const std::uint32_t found = topic_lookup_.find(
      batch_.topics, batch_.topic_count, [&](std::uint32_t i) { return view(batch_.topics[i]) == topic; },
      [&](std::uint32_t i) { return hash(view(batch_.topics[i])); }, [&] { return hash(topic); });
  if (found != TableIndex::kNone) return found;
  if (!grow(arena_, batch_.topics, batch_.topic_count, topics_owned_, topic_capacity_)) return kNoIndex;
  const std::string_view copy = arena_.copy(topic);
  if (copy.data() == nullptr) return kNoIndex;
  const_cast<sluice_str*>(batch_.topics)[batch_.topic_count] = str(copy);
  return batch_.topic_count++;
}

std::uint32_t Batch::schema_index(const Schema* schema) {
  if (schema == nullptr) return SLUICE_NO_SCHEMA;
  const std::uint32_t found = schema_lookup_.find(
      batch_.schemas, batch_.schema_count, [&](std::uint32_t i) { return batch_.schemas[i] == schema; },
      [&](std::uint32_t i) { return hash_of(batch_.schemas[i]); }, [&] { return hash_of(schema); });
  if (found != TableIndex::kNone) return found;
  if (!grow(arena_, batch_.schemas, batch_.schema_count, schemas_owned_, schema_capacity_)) return kNoIndex;
  const_cast<const sluice_schema**>(batch_.schemas)[batch_.schema_count] = schema;
  return batch_.schema_count++;
}

bool Batch::allocate_records(std::uint32_t count) {
  auto* records = arena_.alloc_array<sluice_record>(count);
  if (records == nullptr) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    sluice_record& record = records[i];
    std::memset(&record, 0, sizeof record);
    record.partition = SLUICE_NO_PARTITION;
    record.timestamp_ms = SLUICE_NO_TIMESTAMP;
    record.key_schema = SLUICE_NO_SCHEMA;
    record.value_schema = SLUICE_NO_SCHEMA;
    record.origin = i;
  }
  batch_.records = records;
  batch_.record_count = count;
  batch_.record_stride = sizeof(sluice_record);
  return true;
}

void Batch::reset() {
  if (batch_.release != nullptr) batch_.release(&batch_);
  batch_ = {};
  batch_.struct_size = sizeof(sluice_batch);
  batch_.record_stride = sizeof(sluice_record);
  arena_.reset();
  batch_.arena = arena_.c();
  topic_capacity_ = schema_capacity_ = 0;
  topics_owned_ = nullptr;
  schemas_owned_ = nullptr;
  topic_lookup_.clear();
  schema_lookup_.clear();
}

}  // namespace sluice::data
