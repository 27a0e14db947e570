#include "smt/debezium_drop_fields.h"

#include <algorithm>
#include <utility>

#include "smt/map_edit.h"
#include "smt/shapes.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "field replacement";

bool names_text(const Value& names, const Value& text) {
  if (!text.is(Kind::kString)) return false;
  const auto items = names.items();
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& name) { return name.is(Kind::kString) && name.text() == text.text(); });
}

base::Result<data::SchemaAndValue> drop_keys(sluice_arena* arena, const Value& map, const Value& names) {
  SLUICE_TRY(require_map(map, kPurpose));
  SLUICE_TRY_ASSIGN(auto kept, MapEdit::copy(arena, map, 0));
  for (const Value& name : names.items())
    if (name.is(Kind::kString)) kept.remove(name.text());
  return data::SchemaAndValue{nullptr, kept.map()};
}

}  // namespace

bool DropFields::drops(const Field& field, const Value& names) const {
  if (optional_only_ && !field.schema().optional()) return false;
  return names_text(names, Value::string(field.name()));
}

base::Result<bool> DropFields::drops_any(const Schema* schema, const Value& names) const {
  if (!optional_only_) return true;
  if (schema == nullptr)
    return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer,
                      "The fields to drop cannot be told apart without a schema");
  SLUICE_TRY(require_struct_type(*schema));
  const auto fields = schema->fields();
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) { return drops(field, names); });
}

base::Result<const DropFields::Kept*> DropFields::kept_of(data::SchemaPool& pool, const Schema& schema,
                                                          const Value& names) {
  SLUICE_TRY_ASSIGN(const Plans* plans, plans_.get(&schema, [] { return base::Result<Plans>(Plans()); }));
  dropped_.clear();
  for (const Field& field : schema.fields()) dropped_.push_back(drops(field, names));
  const auto found = plans->by_dropped.find(dropped_);
  if (found != plans->by_dropped.end()) return &found->second;
  Kept kept;
  auto builder = struct_like(schema);
  for (std::size_t i = 0; i < dropped_.size(); ++i) {
    if (dropped_[i]) continue;
    const Field& field = schema.fields()[i];
    builder.field(field.name(), &field.schema());
    kept.positions.push_back(i);
  }
  SLUICE_TRY_ASSIGN(kept.schema, builder.build(pool));
  return &plans->by_dropped.emplace(dropped_, std::move(kept)).first->second;
}

base::Result<data::SchemaAndValue> DropFields::drop(data::SchemaPool& pool, sluice_arena* arena, const Schema* schema,
                                                    const Value& value, const Value& names) {
  SLUICE_TRY_ASSIGN(const bool any, drops_any(schema, names));
  if (!any || value.is_null()) return data::SchemaAndValue{schema, value};
  if (schema == nullptr) return drop_keys(arena, value, names);
  SLUICE_TRY(require_struct(value, kPurpose));
  const Schema& old = value.struct_schema();
  SLUICE_TRY_ASSIGN(const Kept* kept, kept_of(pool, old, names));
  SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(arena, kept->schema));
  for (std::size_t i = 0; i < kept->positions.size(); ++i)
    SLUICE_TRY(put_copied(kept->schema->fields()[i], value.items()[kept->positions[i]], true, fields->fields[i]));
  return data::SchemaAndValue{kept->schema, struct_value(fields)};
}

}  // namespace sluice::smt
