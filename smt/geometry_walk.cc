#include "smt/geometry_walk.h"

#include <algorithm>

#include "smt/geometry_bytes.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {

base::Status GeometryTransform::apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) {
  const Value value = record.value_value();
  if (!value.is(Kind::kStruct)) return {};
  const Schema& schema = value.struct_schema();
  SLUICE_TRY_ASSIGN(const bool* changing, changing_.get(&schema, [&] { return base::Result<bool>(changes(schema)); }));
  if (!*changing) return {};
  SLUICE_TRY_ASSIGN(record.value, walk_struct(batch.arena().c(), value));
  return {};
}

bool GeometryTransform::changes(const Schema& schema) const {
  switch (schema.type()) {
    case Kind::kStruct:
      return schema.name() == kGeometryName ||
             std::any_of(schema.fields().begin(), schema.fields().end(), [this](const Field& field) {
               return field.schema().has_default() || changes(field.schema());
             });
    case Kind::kArray:
      return into_collections_ && changes(*schema.value_schema());
    case Kind::kMap:
      return into_collections_ && (changes(*schema.key_schema()) || changes(*schema.value_schema()));
    default:
      return false;
  }
}

base::Result<Value> GeometryTransform::walk(sluice_arena* arena, const Value& value, const Schema& schema) {
  if (value.is_null()) return value;
  switch (schema.type()) {
    case Kind::kStruct:
      return schema.name() == kGeometryName ? geometry_of(arena, value) : walk_struct(arena, value);
    case Kind::kArray:
    case Kind::kMap:
      return into_collections_ ? walk_items(arena, value, schema) : value;
    default:
      return value;
  }
}

base::Result<Value> GeometryTransform::walk_struct(sluice_arena* arena, const Value& value) {
  const Schema& schema = value.struct_schema();
  sluice_struct* fields = arena_struct(arena, &schema);
  if (fields == nullptr) return out_of_memory();
  for (std::size_t i = 0; i < schema.field_count; ++i) {
    SLUICE_TRY_ASSIGN(const Value field, walk(arena, field_value(value, schema, i, true), schema.fields()[i].schema()));
    SLUICE_TRY(struct_put(fields, i, field));
  }
  return Value::record(fields, schema.field_count);
}

base::Result<Value> GeometryTransform::walk_items(sluice_arena* arena, const Value& value, const Schema& schema) {
  const auto items = value.items();
  const bool map = value.is(Kind::kMap);
  auto* out = arena_array<sluice_value>(arena, items.size());
  if (out == nullptr) return out_of_memory();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool key = map && i % 2 == 0;
    SLUICE_TRY_ASSIGN(const Value item, walk(arena, items[i], key ? *schema.key_schema() : *schema.value_schema()));
    // Java collects the entries into a map that takes no null.
    if (map && !key && item.is_null())
      return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "value");
    out[i] = item;
  }
  return map ? Value::map(out, items.size() / 2) : Value::array(out, items.size());
}

base::Result<GeometryParts> geometry_parts(const Value& geometry) {
  const Schema& schema = geometry.struct_schema();
  GeometryParts parts;
  parts.wkb_at = schema.field_index("wkb");
  SLUICE_TRY_ASSIGN(parts.srid, struct_get_typed(geometry, {"srid", schema.field_index("srid")}, Kind::kInt32));
  SLUICE_TRY_ASSIGN(const Value wkb, struct_get_typed(geometry, {"wkb", parts.wkb_at}, Kind::kBytes));
  if (!wkb.is_null()) parts.wkb = wkb.text();
  return parts;
}

base::Result<Value> with_wkb(sluice_arena* arena, const Value& geometry, const GeometryParts& parts,
                             std::string_view wkb) {
  sluice_struct* fields = copy_struct(arena, geometry);
  if (fields == nullptr) return out_of_memory();
  fields->fields[parts.wkb_at] = Value::bytes(wkb);
  return Value::record(fields, fields->schema->field_count);
}

}  // namespace sluice::smt
