#pragma once
// Batches: the unit in which records move. A Batch owns an arena and the C batch that lives in it;
// reset() makes it ready for the next use. The owner of a batch is one thread at a time; handing it over (to delivery
// reports, to a sink) hands over everything in it.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/arena.h"
#include "runtime/data/table_index.h"

namespace sluice::data {

// View of a record inside its batch: resolves the indices that sluice_record holds.
struct Record : sluice_record {
  bool dropped() const { return (flags & SLUICE_RECORD_DROP) != 0; }
  bool failed() const { return (flags & SLUICE_RECORD_FAILED) != 0; }
  bool live() const { return (flags & (SLUICE_RECORD_DROP | SLUICE_RECORD_FAILED)) == 0; }
  const Value& key_value() const { return static_cast<const Value&>(key); }
  const Value& value_value() const { return static_cast<const Value&>(value); }
};
static_assert(sizeof(Record) == sizeof(sluice_record));

class Batch {
 public:
  explicit Batch(std::size_t limit_bytes = Arena::kLimitBytesDefault);
  ~Batch();  // releases what the producer of the batch still holds
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  sluice_batch* c() { return &batch_; }
  const sluice_batch* c() const { return &batch_; }
  Arena& arena() { return arena_; }

  std::uint32_t size() const { return batch_.record_count; }
  Record& record(std::uint32_t i) {
    return *reinterpret_cast<Record*>(reinterpret_cast<std::uint8_t*>(batch_.records) +
                                      std::size_t{i} * batch_.record_stride);
  }
  const Record& record(std::uint32_t i) const { return const_cast<Batch*>(this)->record(i); }

  std::string_view topic(const Record& record) const { return view(batch_.topics[record.topic]); }
  const Schema* key_schema(const Record& record) const { return schema(record.key_schema); }
  const Schema* value_schema(const Record& record) const { return schema(record.value_schema); }
  Value source_partition(const Record& record) const {
    return record.source_partition < batch_.source_partition_count
               ? Value(batch_.source_partitions[record.source_partition])
               : Value();
  }
  const Schema* schema(std::uint32_t index) const {
    return index == SLUICE_NO_SCHEMA ? nullptr : static_cast<const Schema*>(batch_.schemas[index]);
  }

  // Index of a topic or schema in the batch's tables, added if new. Tables grow in the arena. The last ones added are
  // found at once. kNoIndex: the arena's limit is reached.
  static constexpr std::uint32_t kNoIndex = UINT32_MAX - 1;
  std::uint32_t topic_index(std::string_view topic);
  std::uint32_t schema_index(const Schema* schema);  // nullptr gives SLUICE_NO_SCHEMA

  // Room for `count` records, zeroed except for "none" values; replaces the record array. For sources of records inside
  // the worker (sink tasks, tests). False: the arena's limit is reached.
  bool allocate_records(std::uint32_t count);

  // Gives everything back and starts empty; keeps the arena's blocks.
  void reset();

 private:
  Arena arena_;
  sluice_batch batch_;
  const sluice_str* topics_owned_ = nullptr;  // the tables that the capacities are of
  const sluice_schema* const* schemas_owned_ = nullptr;
  std::uint32_t topic_capacity_ = 0;
  std::uint32_t schema_capacity_ = 0;
  TableIndex topic_lookup_;
  TableIndex schema_lookup_;
};

}  // namespace sluice::data
