#include "smt/side.h"

namespace sluice::smt {

base::Status set_side(data::Batch& batch, data::Record& record, Side side, const Schema* schema, const Value& value) {
  const std::uint32_t index = batch.schema_index(schema);
  if (index == data::Batch::kNoIndex) return out_of_memory();
  (side == Side::kKey ? record.key_schema : record.value_schema) = index;
  (side == Side::kKey ? record.key : record.value) = value;
  return {};
}

tl::unexpected<base::Error> out_of_memory() {
  return base::fail(base::Code::kNoMemory, base::exceptions::kConnect, "The memory for a batch of records is used up");
}

}  // namespace sluice::smt
