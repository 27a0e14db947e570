#include "smt/named_fields.h"

#include <algorithm>

#include "runtime/data/check_value.h"
#include "runtime/data/schema.h"
#include "smt/shapes.h"

namespace sluice::smt {
namespace {

base::Status require_field(NamedField field) {
  if (field.at >= 0) return {};
  return base::data_error("{} is not a valid field name", field.name);
}

}  // namespace

base::Result<Value> struct_get(const Value& record, NamedField field) {
  SLUICE_TRY(require_field(field));
  return field_value(record, record.struct_schema(), static_cast<std::size_t>(field.at), true);
}

base::Result<Value> struct_get_typed(const Value& record, NamedField field, Kind type) {
  SLUICE_TRY(require_field(field));
  const auto at = static_cast<std::size_t>(field.at);
  if (record.struct_schema().fields()[at].schema().type() != type)
    return base::data_error("Field '{}' is not of type {}", field.name, data::type_name(type));
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
