#pragma once
// Java's toString of a record, which some error messages show.

#include <string>

#include "runtime/data/transform.h"

namespace sluice::smt {

// "SourceRecord{sourcePartition=..., ...} ConnectRecord{topic='...', ...}", or the same of a SinkRecord.
std::string record_text(const data::TransformContext& context, const data::Batch& batch, const data::Record& record);

}  // namespace sluice::smt
