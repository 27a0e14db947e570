#pragma once
// The conversions of Cast: between primitive types as Java casts and parses, texts of anything primitive.

#include <string>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::smt {

// A `value` as `target`, INT8 to STRING; null stays null. `schema` is the value's, or nullptr; with it, dates and times
// cast by their base values. New texts are made in `scratch` and put into the arena. Error: DataException.
base::Result<Value> cast_value(sluice_arena* arena, const Schema* schema, const Value& value, Kind target,
                               std::string& scratch);

// Schema.Type's names from INT8 to `last`, as Java prints an EnumSet of them.
std::string type_list(Kind last);

}  // namespace sluice::smt
