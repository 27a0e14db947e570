#include "smt/hoist_field.h"

#include <optional>
#include <string>
#include <utility>

#include "runtime/data/schema.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

class HoistField final : public data::RecordTransform {
 public:
  HoistField(Side side, std::optional<std::string> field) : side_(side), field_(std::move(field)) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Schema* schema = side_schema(batch, record, side_);
    sluice_arena* arena = batch.arena().c();
    if (schema == nullptr) {
      auto* items = arena_array<sluice_value>(arena, 2);
      if (items == nullptr) return out_of_memory();
      items[0] = field_ ? Value::string(*field_) : Value();  // a null name is a null key, as in Java
      items[1] = side_value(record, side_);
      return set_side(batch, record, side_, nullptr, Value::map(items, 1));
    }
    SLUICE_TRY_ASSIGN(const auto* plan, wrappers_.get(schema, [&] { return wrapper_of(*context.schemas, schema); }));
    const Schema* wrapper = *plan;
    sluice_struct* fields = arena_struct(arena, wrapper);
    if (fields == nullptr) return out_of_memory();
    SLUICE_TRY(check_copied(wrapper->fields()[0], side_value(record, side_)));
    fields->fields[0] = side_value(record, side_);
    return set_side(batch, record, side_, wrapper, Value::record(fields, 1));
  }

 private:
  base::Result<const Schema*> wrapper_of(data::SchemaPool& pool, const Schema* schema) const {
    if (!field_ || field_->empty())
      return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder, "fieldName cannot be null.");
    return data::SchemaBuilder::structure().field(*field_, schema).build(pool);
  }

  const Side side_;
  const std::optional<std::string> field_;
  PerSchema<const Schema*> wrappers_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, hoist_field_config().parse(config));
  return std::make_unique<HoistField>(side, parsed.string_or_null("field"));
}

}  // namespace

config::ConfigDef hoist_field_config() {
  return config::ConfigDef(
      {config::required_key("field", config::Type::kString, config::Importance::kMedium,
                            "Field name for the single field that will be created in the resulting Struct or Map.")});
}

base::Result<std::unique_ptr<data::Transform>> make_hoist_field_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_hoist_field_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
