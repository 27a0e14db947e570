#include "smt/struct_flattener.h"

#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

data::SchemaBuilder same_type(const Schema& schema) {
  if (schema.type() == Kind::kArray) return data::SchemaBuilder::array(schema.value_schema());
  if (schema.type() == Kind::kMap) return data::SchemaBuilder::map(schema.key_schema(), schema.value_schema());
  return data::SchemaBuilder(schema.type());
}

}  // namespace

base::Result<data::SchemaAndValue> StructFlattener::flatten(data::SchemaPool& pool, sluice_arena* arena,
                                                            const Schema& schema, const Value& value) {
  SLUICE_TRY(require_struct(value, "flattening"));
  SLUICE_TRY(require_fields_of(value, schema));
  SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&schema, [&] { return prepare(pool, schema); }));
  SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(arena, *plan));
  std::size_t at = 0;
  SLUICE_TRY(fill(schema, &value, *fields, at));
  return data::SchemaAndValue{*plan, Value::record(fields, at)};
}

base::Result<const Schema*> StructFlattener::prepare(data::SchemaPool& pool, const Schema& schema) const {
  SLUICE_TRY(require_struct_type(schema));
  auto builder = struct_like(schema);
  SLUICE_TRY(add_fields(pool, schema, "", schema.optional(), schema.default_value(), builder));
  return builder.build(pool);
}

// A field becomes optional, or takes a default, by what is above it. `above` is the default of the struct, or null.
base::Status StructFlattener::add_fields(data::SchemaPool& pool, const Schema& schema, const std::string& prefix,
                                         bool optional, const Value& above, data::SchemaBuilder& builder) const {
  for (std::size_t i = 0; i < schema.field_count; ++i) {
    const Schema& type = schema.fields()[i].schema();
    const std::string name = joined(prefix, schema.fields()[i].name());
    const bool field_optional = optional || type.optional();
    Value field_default = type.default_value();
    if (field_default.is_null() && above.is(Kind::kStruct)) field_default = above.items()[i];
    if (type.type() == Kind::kStruct) {
      SLUICE_TRY(add_fields(pool, type, name, field_optional, field_default, builder));
    } else if (type.type() == Kind::kMap && !keep_maps_) {
      return base::data_error("Flatten transformation does not support MAP for record with schemas (for field {}).",
                              name);
    } else {
      SLUICE_TRY_ASSIGN(
          const Schema* flat,
          build_with_default(with_basics_of(type, same_type(type)).optional(field_optional), field_default, pool));
      builder.field(name, flat);
    }
  }
  return {};
}

// Puts the fields of `record`, a struct of `schema`, into `flat` from `at` on. nullptr: there is no struct, and the
// fields stay null.
base::Status StructFlattener::fill(const Schema& schema, const Value* record, sluice_struct& flat, std::size_t& at) {
  const auto targets = static_cast<const Schema*>(flat.schema)->fields();
  for (std::size_t i = 0; i < schema.field_count; ++i) {
    const Schema& type = schema.fields()[i].schema();
    if (type.type() == Kind::kStruct) {
      const Value* inner = record != nullptr && record->items()[i].is(Kind::kStruct) ? &record->items()[i] : nullptr;
      if (inner != nullptr) SLUICE_TRY(require_fields_of(*inner, type));
      SLUICE_TRY(fill(type, inner, flat, at));
      continue;
    }
    if (record != nullptr) {
      const Value field = field_value(*record, schema, i, true);
      SLUICE_TRY(check_copied(targets[at], field));
      flat.fields[at] = field;
    }
    ++at;
  }
  return {};
}

std::string StructFlattener::joined(const std::string& prefix, std::string_view name) const {
  return prefix.empty() ? std::string(name) : prefix + delimiter_ + std::string(name);
}

}  // namespace sluice::smt
