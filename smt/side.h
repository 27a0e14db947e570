#pragma once
// A record's key or its value: what the $Key and the $Value form of a transform work on.

#include "runtime/base/status.h"
#include "runtime/data/batch.h"

namespace sluice::smt {

enum class Side { kKey, kValue };

inline const Value& side_value(const data::Record& record, Side side) {
  return side == Side::kKey ? record.key_value() : record.value_value();
}
inline const Schema* side_schema(const data::Batch& batch, const data::Record& record, Side side) {
  return side == Side::kKey ? batch.key_schema(record) : batch.value_schema(record);
}
// The batch's memory is spent.
tl::unexpected<base::Error> out_of_memory();

// Error: the batch's memory is spent; the record is as it was.
inline base::Status set_side(data::Batch& batch, data::Record& record, Side side, const Schema* schema,
                             const Value& value) {
  const std::uint32_t index = schema == nullptr ? SLUICE_NO_SCHEMA : batch.schema_index(schema);
  if (index == data::Batch::kNoIndex) [[unlikely]]
    return out_of_memory();
  (side == Side::kKey ? record.key_schema : record.value_schema) = index;
  (side == Side::kKey ? record.key : record.value) = value;
  return {};
}

}  // namespace sluice::smt
