#pragma once
// Connect's SchemaProjector: reads a value written with one schema as another, with its texts in the errors
// (SchemaProjectorException).

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/converter.h"

namespace sluice::data {

// Numbers widen, missing fields take the target's default or null, surplus fields go. Results live in context.arena or
// are parts of `value`; structs have `target` (a handle of any pool) as their schema.
base::Result<Value> project(const ConvertContext& context, const Schema& source, const Value& value,
                            const Schema& target);

}  // namespace sluice::data
