#include "smt/drop.h"

#include <string>

#include "runtime/base/strings.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"
#include "smt/per_schema.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

// What becomes of the schema.
enum class SchemaBehavior { kNullify, kRetain, kValidate, kForceOptional };

SchemaBehavior parse_behavior(const std::string& text) {
  const std::string name = base::to_lower_ascii(text);
  if (name == "retain") return SchemaBehavior::kRetain;
  if (name == "validate") return SchemaBehavior::kValidate;
  return name == "force_optional" ? SchemaBehavior::kForceOptional : SchemaBehavior::kNullify;
}

class Drop final : public data::RecordTransform {
 public:
  Drop(Side side, SchemaBehavior behavior) : side_(side), behavior_(behavior) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Schema* schema = side_schema(batch, record, side_);
    if (schema != nullptr) {
      SLUICE_TRY_ASSIGN(const auto* dropped, schemas_.get(schema, [&] { return prepare(*context.schemas, *schema); }));
      schema = *dropped;
    }
    return set_side(batch, record, side_, schema, Value());
  }

 private:
  base::Result<const Schema*> prepare(data::SchemaPool& pool, const Schema& schema) const {
    switch (behavior_) {
      case SchemaBehavior::kNullify:
        return nullptr;
      case SchemaBehavior::kRetain:
        return &schema;
      case SchemaBehavior::kValidate:
        if (schema.optional()) return &schema;
        return base::data_error(
            "The {0} cannot be dropped, for its schema {1} is not optional; set schema.behavior to nullify, retain or "
            "force_optional to drop it all the same",
            side_ == Side::kKey ? "key" : "value", data::schema_text(schema));
      case SchemaBehavior::kForceOptional:
        break;
    }
    return data::SchemaBuilder::like(schema).optional().build(pool);
  }

  const Side side_;
  const SchemaBehavior behavior_;
  PerSchema<const Schema*> schemas_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, drop_config().parse(config));
  return std::make_unique<Drop>(side, parse_behavior(parsed.string("schema.behavior")));
}

}  // namespace

config::ConfigDef drop_config() {
  return config::ConfigDef(
      {config::optional_key("schema.behavior", config::Type::kString, "nullify", config::Importance::kMedium,
                            "What becomes of the schema: <code>nullify</code> leaves none, <code>retain</code> keeps "
                            "it, <code>validate</code> keeps it and fails if it is not optional, "
                            "<code>force_optional</code> makes it optional.")
           .checked_by(config::one_of_ignoring_case({"nullify", "retain", "validate", "force_optional"}))});
}

base::Result<std::unique_ptr<data::Transform>> make_drop_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_drop_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
