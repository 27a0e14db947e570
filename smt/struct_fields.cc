#include "smt/struct_fields.h"

#include <algorithm>

#include "runtime/data/check_value.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {

base::Result<std::size_t> named_field(const Schema& schema, std::string_view name) {
  const int position = schema.field_index(name);
  if (position < 0) return base::data_error("{} is not a valid field name", name);
  return static_cast<std::size_t>(position);
}

base::Result<std::size_t> typed_field(const Schema& schema, std::string_view name, Kind type) {
  SLUICE_TRY_ASSIGN(const std::size_t position, named_field(schema, name));
  if (schema.fields()[position].schema().type() != type)
    return base::data_error("Field '{}' is not of type {}", name, data::type_name(type));
  return position;
}

base::Result<std::size_t> extracted_field(const Schema& schema, std::string_view name) {
  const int position = schema.field_index(name);
  if (position < 0)
    return base::fail(base::Code::kBadRecord, base::exceptions::kIllegalArgument, "Unknown field: {}", name);
  return static_cast<std::size_t>(position);
}

base::Result<int> look_up_field(const Schema& schema, std::string_view name) {
  if (schema.type() != Kind::kStruct) return base::data_error("Cannot look up fields on non-struct type");
  return schema.field_index(name);
}

Value field_at(const Value& record, const Schema& schema, std::size_t position) {
  if (&record.struct_schema() == &schema) return record.items()[position];
  const int found = record.struct_schema().field_index(schema.fields()[position].name());
  return found < 0 ? Value() : record.items()[static_cast<std::size_t>(found)];
}

base::Status put_copied_special(const Field& field, const Value& value, bool use_default, sluice_value& out) {
  const Value copied = value.is_null() && use_default ? field.schema().default_value() : value;
  SLUICE_TRY(check_copied(field, copied));
  out = copied;
  return {};
}

base::Result<sluice_struct*> new_struct(sluice_arena* arena, const Schema* schema) {
  sluice_struct* fields = arena_struct(arena, schema);
  if (fields == nullptr) return out_of_memory();
  return fields;
}

data::SchemaBuilder basics_like(const Schema& schema) {
  return with_basics_of(schema, schema.type() == Kind::kArray ? data::SchemaBuilder::array(schema.value_schema())
                                                              : data::SchemaBuilder(schema.type()));
}

data::SchemaBuilder struct_with_fields_of(const Schema& schema) {
  auto builder = struct_like(schema);
  for (const Field& field : schema.fields()) builder.field(field.name(), &field.schema());
  return builder;
}

base::Result<Value> struct_get(const Value& record, NamedField field) {
  const Schema& schema = record.struct_schema();
  auto at = static_cast<std::size_t>(field.at);
  if (field.at < 0) {
    SLUICE_TRY_ASSIGN(at, named_field(schema, field.name));
  }
  return field_value(record, schema, at, true);
}

base::Result<Value> struct_get_typed(const Value& record, NamedField field, Kind type) {
  const Schema& schema = record.struct_schema();
  auto at = static_cast<std::size_t>(field.at);
  if (field.at < 0 || schema.fields()[at].schema().type() != type) {
    SLUICE_TRY_ASSIGN(at, typed_field(schema, field.name, type));
  }
  return record.items()[at];
}

base::Status struct_put(sluice_struct* record, std::size_t at, const Value& value) {
  const auto& schema = *static_cast<const Schema*>(record->schema);
  const Field& field = schema.fields()[at];
  if (!value.is_null() || !field.schema().optional()) SLUICE_TRY(data::check_field(field, value));
  record->fields[at] = value;
  return {};
}

sluice_struct* copy_struct(sluice_arena* arena, const Value& record) {
  sluice_struct* copy = arena_struct(arena, &record.struct_schema());
  if (copy == nullptr) return nullptr;
  const auto items = record.items();
  std::copy(items.begin(), items.end(), static_cast<sluice_value*>(copy->fields));
  return copy;
}

}  // namespace sluice::smt
