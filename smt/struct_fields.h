#pragma once
// Structs read by name and filled field by field, with the checks and texts of Connect's Struct. A lookup belongs into
// what is prepared once per schema.

#include <cstddef>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/schema.h"

namespace sluice::smt {

// The position of a field. DataException "X is not a valid field name".
base::Result<std::size_t> named_field(const Schema& schema, std::string_view name);
// The same for getString, getStruct and their kin; also "Field 'X' is not of type STRING".
base::Result<std::size_t> typed_field(const Schema& schema, std::string_view name, Kind type);
// For what ExtractField takes out: IllegalArgumentException "Unknown field: X".
base::Result<std::size_t> extracted_field(const Schema& schema, std::string_view name);
// Schema.field(name), -1 if there is none: DataException "Cannot look up fields on non-struct type".
base::Result<int> look_up_field(const Schema& schema, std::string_view name);

// A field of a struct that should be of `schema`, in which `position` was found. A struct of an equal schema under
// another handle is looked up by name, since both need not agree in a bad record.
Value field_at(const Value& record, const Schema& schema, std::size_t position);

// Struct.put of a value that a field of the same schema held: only a null can be wrong there.
base::Status put_copied(const Field& field, const Value& value, sluice_value& out);
// Copies all fields of `record` to the first fields of a struct that begins with the same ones; nulls as defaults if
// `use_default`.
base::Status put_all_copied(const Value& record, bool use_default, sluice_struct& out);

// A struct of `schema` with every field null. Error: the batch's memory is spent.
base::Result<sluice_struct*> new_struct(sluice_arena* arena, const Schema* schema);
inline Value struct_value(const sluice_struct* fields) {
  return Value::record(fields, fields->schema->field_count);
}

// A required schema of the same type with what describes `schema`, and of its parts only the element schema of an
// array: Kafka's copySchemaBasics.
data::SchemaBuilder basics_like(const Schema& schema);
// struct_like() with the fields of `schema`.
data::SchemaBuilder struct_with_fields_of(const Schema& schema);

}  // namespace sluice::smt
