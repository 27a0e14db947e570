#include "smt/value_to_key.h"

#include <utility>
#include <vector>

#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "copying fields from value to key";

class ValueToKey final : public data::RecordTransform {
 public:
  ValueToKey(config::List fields, bool use_default) : fields_(std::move(fields)), use_default_(use_default) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value& value = record.value_value();
    sluice_arena* arena = batch.arena().c();
    if (batch.value_schema(record) == nullptr) {
      SLUICE_TRY(require_map(value, kPurpose));
      SLUICE_TRY_ASSIGN(auto key, MapEdit::empty(arena, fields_.size()));
      for (const auto& field : fields_) key.put(field, map_value(value, field));
      return set_side(batch, record, Side::kKey, nullptr, key.map());
    }
    SLUICE_TRY(require_struct(value, kPurpose));
    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&schema, [&] { return prepare(*context.schemas, schema); }));
    sluice_struct* key = unset_struct(arena, plan->schema);
    if (key == nullptr) return out_of_memory();
    const auto values = value.items();
    for (std::size_t i = 0; i < plan->sources.size(); ++i)
      SLUICE_TRY(put_copied(plan->schema->fields()[i], values[plan->sources[i]], use_default_, key->fields[i]));
    // The value's schema becomes the struct's own.
    SLUICE_TRY(set_side(batch, record, Side::kValue, &schema, value));
    return set_side(batch, record, Side::kKey, plan->schema, struct_value(key));
  }

 private:
  struct Plan {
    const Schema* schema = nullptr;
    std::vector<std::size_t> sources;  // fields of the value, by field of the key
  };

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& schema) const {
    Plan plan;
    auto builder = data::SchemaBuilder::structure();
    for (const auto& name : fields_) {
      const int source = schema.field_index(name);
      if (source < 0) return base::data_error("Field does not exist: {}", name);
      plan.sources.push_back(static_cast<std::size_t>(source));
      builder.field(name, &schema.fields()[plan.sources.back()].schema());
    }
    SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
    return plan;
  }

  const config::List fields_;
  const bool use_default_;
  PerSchema<Plan> plans_;
};

}  // namespace

config::ConfigDef value_to_key_config() {
  return config::ConfigDef({config::required_key("fields", config::Type::kList, config::Importance::kHigh,
                                                 "Field names on the record value to extract as the record key.")
                                .checked_by(config::list_without_duplicates(false, false)),
                            replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_value_to_key(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, value_to_key_config().parse(config));
  return std::make_unique<ValueToKey>(parsed.list("fields"), parsed.boolean("replace.null.with.default"));
}

}  // namespace sluice::smt
