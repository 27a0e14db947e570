#pragma once
// What transforms ask of the shape of their input, with Connect's texts, and schemas made after another.

#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/schema.h"

namespace sluice::smt {

// DataException "Only Map objects supported in absence of schema for [PURPOSE], found: C".
base::Status require_map(const Value& value, std::string_view purpose);
// DataException "Only Struct objects supported for [PURPOSE], found: C".
base::Status require_struct(const Value& value, std::string_view purpose);

// A required struct schema with the name, version, doc and parameters of `schema`, and no fields.
data::SchemaBuilder struct_like(const Schema& schema);

// A field of a struct as getters see it: a null gives the field's default if `use_default`.
inline Value field_value(const Value& record, const Schema& schema, std::size_t field, bool use_default) {
  const Value& value = record.items()[field];
  return value.is_null() && use_default ? schema.fields()[field].schema().default_value() : value;
}

// The key `replace.null.with.default`.
config::ConfigKey replace_null_with_default_key();

}  // namespace sluice::smt
