#include "smt/added_fields.h"

#include <algorithm>
#include <array>

#include "runtime/base/strings.h"
#include "smt/map_edit.h"
#include "smt/shapes.h"

namespace sluice::smt {
namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 9> kTypes = {{{"int8", Kind::kInt8},
                                                                      {"int16", Kind::kInt16},
                                                                      {"int32", Kind::kInt32},
                                                                      {"int64", Kind::kInt64},
                                                                      {"float32", Kind::kFloat32},
                                                                      {"float64", Kind::kFloat64},
                                                                      {"boolean", Kind::kBoolean},
                                                                      {"string", Kind::kString},
                                                                      {"timestamp", Kind::kInstant}}};

}  // namespace

base::Result<Kind> parse_field_type(std::string_view config_key, std::string_view text) {
  const std::string name = base::to_lower_ascii(base::java_trim(text));
  for (const auto& [known, kind] : kTypes)
    if (known == name) return kind;
  return base::config_error(
      "Invalid value {} for configuration {}: unknown type; use int8, int16, int32, int64, float32, float64, boolean, "
      "string or timestamp",
      text, config_key);
}

std::string_view field_type_name(Kind type) {
  return std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& one) { return one.second == type; })->first;
}

base::Result<const Schema*> field_type_schema(data::SchemaPool& pool, Kind type) {
  if (type == Kind::kInstant) return data::SchemaBuilder::timestamp().optional().build(pool);
  return pool.primitive(type, true);
}

base::Status AddedFields::write(const data::TransformContext& context, data::Batch& batch, data::Record& record,
                                std::span<const Value> values) {
  const Value& value = side_value(record, side_);
  const Schema* schema = side_schema(batch, record, side_);
  if (schema != nullptr) return write_struct(*context.schemas, batch, record, *schema, values);
  SLUICE_TRY(require_map(value, purpose_));
  if (values.empty()) return {};
  SLUICE_TRY_ASSIGN(auto edit, MapEdit::copy(batch.arena().c(), value, fields_.size()));
  for (std::size_t i = 0; i < fields_.size(); ++i) edit.put(fields_[i].name, values[i]);
  return set_side(batch, record, side_, nullptr, edit.map());
}

base::Status AddedFields::write_struct(data::SchemaPool& pool, data::Batch& batch, data::Record& record,
                                       const Schema& schema, std::span<const Value> values) {
  const Value value = side_value(record, side_);
  SLUICE_TRY(require_struct(value, purpose_));
  SLUICE_TRY(require_fields_of(value, schema));
  SLUICE_TRY_ASSIGN(const Plan* plan, plans_.get(&schema, [&] { return prepare(pool, schema); }));
  sluice_struct* made = arena_struct(batch.arena().c(), plan->schema);
  if (made == nullptr) return out_of_memory();
  const auto old = value.items();
  std::copy(old.begin(), old.end(), made->fields);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (!values.empty())
      made->fields[plan->positions[i]] = values[i];
    else if (!plan->kept[i])
      made->fields[plan->positions[i]] = Value();
  }
  return set_side(batch, record, side_, plan->schema, Value::record(made, plan->schema->field_count));
}

base::Result<AddedFields::Plan> AddedFields::prepare(data::SchemaPool& pool, const Schema& old) const {
  Plan plan;
  std::vector<const Schema*> types;
  for (const Field& field : old.fields()) types.push_back(&field.schema());
  std::size_t count = types.size();
  for (const AddedField& field : fields_) {
    SLUICE_TRY_ASSIGN(const Schema* type, field_type_schema(pool, field.type));
    const int position = old.field_index(field.name);
    plan.positions.push_back(position < 0 ? count++ : static_cast<std::size_t>(position));
    const Schema* before = position < 0 ? nullptr : types[plan.positions.back()];
    plan.kept.push_back(before != nullptr && before->type() == type->type() && before->has_name() == type->has_name() &&
                        before->name() == type->name());
    if (position >= 0) types[plan.positions.back()] = type;
  }
  auto builder = struct_like(old);
  builder.optional(old.optional());
  for (std::size_t i = 0; i < types.size(); ++i) builder.field(old.fields()[i].name(), types[i]);
  for (const AddedField& field : fields_) {
    if (old.field_index(field.name) >= 0) continue;
    SLUICE_TRY_ASSIGN(const Schema* type, field_type_schema(pool, field.type));
    builder.field(field.name, type);
  }
  SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
  return plan;
}

}  // namespace sluice::smt
