#pragma once
// Does a value fit a schema? Connect's ConnectSchema.validateValue, with its literal texts (DataException).

#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::data {

// `place` is how the text names the value: "value", or "field: \"name\"". Arrays, maps and structs are checked to their
// leaves.
base::Status check_value(const Schema& schema, const Value& value, std::string_view place = "value");
// The same for the value of a field.
base::Status check_field(const Field& field, const Value& value);
// Struct.validate: every field of a struct, where null passes if the field is optional or has a default.
base::Status check_struct(const Value& record);

}  // namespace sluice::data
