#include "smt/set_schema_metadata.h"

#include <optional>
#include <string>
#include <utility>

#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

class SetSchemaMetadata final : public data::RecordTransform {
 public:
  SetSchemaMetadata(Side side, std::optional<std::string> name, std::optional<std::int32_t> version, bool use_default)
      : side_(side), name_(std::move(name)), version_(version), use_default_(use_default) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value value = side_value(record, side_);
    const Schema* schema = side_schema(batch, record, side_);
    if (schema == nullptr) {
      if (value.is_null()) return {};
      return base::data_error("Schema required for [updating schema metadata]");
    }
    SLUICE_TRY_ASSIGN(const auto* plan, renamed_.get(schema, [&] { return rename(*context.schemas, *schema); }));
    const Schema* renamed = *plan;
    if (!value.is(Kind::kStruct)) return set_side(batch, record, side_, renamed, value);

    SLUICE_TRY(require_fields_of(value, *schema));
    sluice_struct* fields = unset_struct(batch.arena().c(), renamed);
    if (fields == nullptr) return out_of_memory();
    SLUICE_TRY(put_all_copied(value, use_default_, *fields));
    return set_side(batch, record, side_, renamed, struct_value(fields));
  }

 private:
  base::Result<const Schema*> rename(data::SchemaPool& pool, const Schema& schema) const {
    SLUICE_TRY(require_struct_type(schema));
    auto builder = data::SchemaBuilder::like(schema);
    if (name_) builder.name(*name_);
    if (version_) builder.version(*version_);
    return builder.build(pool);
  }

  const Side side_;
  const std::optional<std::string> name_;
  const std::optional<std::int32_t> version_;
  const bool use_default_;
  PerSchema<const Schema*> renamed_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, set_schema_metadata_config().parse(config));
  auto name = parsed.string_or_null("schema.name");
  std::optional<std::int32_t> version;
  if (parsed.has("schema.version")) version = parsed.int32("schema.version");
  if (!name && !version) return base::config_error("Neither schema name nor version configured");
  return std::make_unique<SetSchemaMetadata>(side, std::move(name), version,
                                             parsed.boolean("replace.null.with.default"));
}

}  // namespace

config::ConfigDef set_schema_metadata_config() {
  return config::ConfigDef({config::optional_key("schema.name", config::Type::kString, config::Null{},
                                                 config::Importance::kHigh, "Schema name to set."),
                            config::optional_key("schema.version", config::Type::kInt, config::Null{},
                                                 config::Importance::kHigh, "Schema version to set."),
                            replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_set_schema_metadata_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_set_schema_metadata_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
