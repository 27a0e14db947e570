#include "runtime/convert/json_converter.h"

#include "runtime/base/strings.h"
#include "runtime/config/validator.h"
#include "runtime/data/arena.h"
#include "runtime/data/schema.h"

namespace sluice::convert {

using base::Result;
using config::ConfigDef;
using config::Importance;
using config::optional_key;
using config::Type;
using config::Width;

ConfigDef JsonConverter::config_def() {
  constexpr const char* kSchemas = "Schemas";
  constexpr const char* kSerialization = "Serialization";
  return ConfigDef({
      optional_key("schemas.enable", Type::kBoolean, config::Value(true), Importance::kHigh,
                   "Include schemas within each of the serialized values and keys.")
          .in_group(kSchemas, 0, Width::kMedium, "Enable Schemas"),
      optional_key("schemas.cache.size", Type::kInt, 1000, Importance::kHigh,
                   "The maximum number of schemas that can be cached in this converter instance.")
          .in_group(kSchemas, 1, Width::kMedium, "Schema Cache Size"),
      optional_key(
          "schema.content", Type::kString, config::Value(config::Null{}), Importance::kHigh,
          "When set, this is used as the schema for all messages, and the schemas within each of the message will be "
          "ignored.Otherwise, the schema will be included in the content of each message. This configuration applies "
          "only "
          "'schemas.enable' is true, and it exclusively affects the sink connector.")
          .in_group(kSchemas, 2, Width::kMedium, "Schema Content"),
      optional_key("decimal.format", Type::kString, "BASE64", Importance::kLow,
                   "Controls which format this converter will serialize decimals in. This value is case insensitive "
                   "and can be either "
                   "'BASE64' (default) or 'NUMERIC'")
          .checked_by(config::one_of_ignoring_case({"NUMERIC", "BASE64"}))
          .in_group(kSerialization, 0, Width::kMedium, "Decimal Format"),
      optional_key("replace.null.with.default", Type::kBoolean, config::Value(true), Importance::kLow,
                   "Whether to replace fields that have a default value and that are null to the default value. When "
                   "set to true, the "
                   "default value is used, otherwise null is used.")
          .in_group(kSerialization, 1, Width::kMedium, "Replace null with default"),
  });
}

JsonConverter::JsonConverter(const json::Options& options, std::string schema_content)
    : encoder_(options), decoder_(options, std::move(schema_content)) {}

Result<std::unique_ptr<JsonConverter>> JsonConverter::create(const config::ParsedConfig& config) {
  json::Options options;
  options.schemas_enabled = config.boolean("schemas.enable");
  options.cache_size = config.int32("schemas.cache.size");
  options.replace_null_with_default = config.boolean("replace.null.with.default");
  if (base::equals_ignore_case_ascii(config.string("decimal.format"), "NUMERIC"))
    options.decimal_format = json::DecimalFormat::kNumeric;
  auto converter = std::unique_ptr<JsonConverter>(new JsonConverter(
      options, config.string_or_null("schema.content").value_or("")));  // NOLINT: the constructor is private
  // A bad schema must fail here, before the task's own schemas exist.
  data::Arena arena(64 * 1024 * 1024);
  data::SchemaPool schemas;
  SLUICE_TRY(converter->decoder_.check_fixed_schema({arena.c(), &schemas}));
  return converter;
}

Result<data::Bytes> JsonConverter::encode(const data::ConvertContext& context, const Schema* schema,
                                          const Value& value) {
  return encoder_.encode(context.arena, schema, value);
}

Result<data::SchemaAndValue> JsonConverter::decode(const data::ConvertContext& context, data::Bytes bytes) {
  return decoder_.decode(context, bytes);
}

}  // namespace sluice::convert
