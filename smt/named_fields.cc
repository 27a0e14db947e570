#include "smt/named_fields.h"

#include <algorithm>

#include "runtime/data/check_value.h"
#include "smt/shapes.h"
#include "smt/struct_fields.h"

namespace sluice::smt {

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
