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

// put_copied() of a null or a struct.
base::Status put_copied_special(const Field& field, const Value& value, bool use_default, sluice_value& out);

// Struct.put of a value that a field of the same schema held, a null as its default if `use_default`: only a null and a
// struct can be wrong there (check_copied).
inline base::Status put_copied(const Field& field, const Value& value, bool use_default, sluice_value& out) {
  out = value;
  if (!value.is_null() && !value.is(Kind::kStruct)) [[likely]]
    return {};
  return put_copied_special(field, value, use_default, out);
}

// Copies the fields of `record` from `begin` to before `end` to the same places of a struct that has the same fields
// there.
inline base::Status put_range_copied(const Value& record, std::size_t begin, std::size_t end, bool use_default,
                                     sluice_struct& out) {
  const auto values = record.items();
  const auto fields = static_cast<const Schema*>(out.schema)->fields();
  for (std::size_t i = begin; i < end; ++i) SLUICE_TRY(put_copied(fields[i], values[i], use_default, out.fields[i]));
  return {};
}
inline base::Status put_all_copied(const Value& record, bool use_default, sluice_struct& out) {
  return put_range_copied(record, 0, record.size, use_default, out);
}

// A struct of `schema` with every field null. Error: the batch's memory is spent.
base::Result<sluice_struct*> new_struct(sluice_arena* arena, const Schema* schema);
// The same for whoever sets every field: they hold anything. nullptr: the batch's memory is spent.
inline sluice_struct* unset_struct(sluice_arena* arena, const Schema* schema) {
  auto* made = static_cast<sluice_struct*>(
      arena_alloc(arena, sizeof(sluice_struct) + sizeof(sluice_value) * schema->field_count, alignof(sluice_value)));
  if (made == nullptr) [[unlikely]]
    return nullptr;
  made->schema = schema;
  made->reserved = 0;
  return made;
}
inline Value struct_value(const sluice_struct* fields) {
  return Value::record(fields, fields->schema->field_count);
}

// A required schema of the same type with what describes `schema`, and of its parts only the element schema of an
// array: Kafka's copySchemaBasics.
data::SchemaBuilder basics_like(const Schema& schema);
// struct_like() with the fields of `schema`.
data::SchemaBuilder struct_with_fields_of(const Schema& schema);

// A field that a transform looked up once per schema and then asks for by position; -1 stands for a field that the
// schema lacks.
struct NamedField {
  std::string_view name;
  int at = -1;
};

// Struct.get: the value, or the field's default where it is null. Error: DataException "NAME is not a valid field
// name".
base::Result<Value> struct_get(const Value& record, NamedField field);

// Struct.getString, getInt32 and the like: no default. Error: as above, or "Field 'NAME' is not of type INT64".
base::Result<Value> struct_get_typed(const Value& record, NamedField field, Kind type);

// Struct.put of a field that `record` has: the value is checked against the field's schema. Error: DataException with
// the text of ConnectSchema.validateValue.
base::Status struct_put(sluice_struct* record, std::size_t at, const Value& value);

// A struct with the fields of another, to change some of them; nullptr: the batch's memory is spent.
sluice_struct* copy_struct(sluice_arena* arena, const Value& record);

}  // namespace sluice::smt
