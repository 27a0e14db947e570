#pragma once
// Connect's Values: conversion of any value to another type, with its texts in the errors (DataException,
// NumberFormatException).

#include <string>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/converter.h"

namespace sluice::data {

// Values.convertToX. `from` is the value's schema (nullptr: none); it matters for dates and times. A null value stays
// null for boolean to string; the others need a value. Results may be the input itself; new payload is in
// context.arena, and may view `value`.
base::Result<Value> convert_to_boolean(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_number(const ConvertContext& context, Kind kind, const Schema* from,
                                      const Value& value);  // INT8..FLOAT64
base::Result<Value> convert_to_string(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_list(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_map(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_struct(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_date(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_time(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_timestamp(const ConvertContext& context, const Schema* from, const Value& value);
base::Result<Value> convert_to_decimal(const ConvertContext& context, const Schema* from, const Value& value,
                                       std::int32_t scale);

// Values.convertTo: by the type and logical name of `to`. Null passes only where `to` is optional.
base::Result<Value> convert_to(const ConvertContext& context, const Schema& to, const Schema* from, const Value& value);

// The text that Values gives a value: strings as they are (quoted and escaped inside lists, maps and structs), bytes in
// Base64, dates and times in ISO 8601. `value` is not null at the top, or "null" is appended.
void append_values_text(const Value& value, bool embedded, std::string& out);

}  // namespace sluice::data
