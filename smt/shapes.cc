#include "smt/shapes.h"

#include <algorithm>
#include <utility>

#include "runtime/data/value_text.h"

namespace sluice::smt {
namespace {

std::string_view class_of(const Value& value) {
  return value.is_null() ? std::string_view("null") : data::java_class_name(value);
}

}  // namespace

tl::unexpected<base::Error> not_a_map(const Value& value, std::string_view purpose) {
  return base::data_error("Only Map objects supported in absence of schema for [{}], found: {}", purpose,
                          class_of(value));
}

tl::unexpected<base::Error> not_a_struct(const Value& value, std::string_view purpose) {
  return base::data_error("Only Struct objects supported for [{}], found: {}", purpose, class_of(value));
}

base::Status require_struct_type(const Schema& schema) {
  if (schema.type() == Kind::kStruct) return {};
  return base::data_error("Cannot list fields on non-struct type");
}

base::Status require_equal_fields(const Schema& own, const Schema& schema) {
  const auto same = [](const Field& a, const Field& b) { return a.name() == b.name() && &a.schema() == &b.schema(); };
  if (std::ranges::equal(own.fields(), schema.fields(), same)) return {};
  return base::data_error("Struct schemas do not match.");
}

data::SchemaBuilder with_basics_of(const Schema& schema, data::SchemaBuilder builder) {
  if (schema.has_name()) builder.name(schema.name());
  if (schema.has_version()) builder.version(schema.version);
  if (schema.has_doc()) builder.doc(schema.doc());
  if (schema.has_parameters()) builder.empty_parameters();
  for (const auto& [key, value] : schema.parameters()) builder.parameter(view(key), view(value));
  return builder;
}

base::Result<const Schema*> build_with_default(data::SchemaBuilder builder, const Value& default_value,
                                               data::SchemaPool& pool) {
  SLUICE_TRY_ASSIGN(const Schema* plain, builder.build(pool));
  if (default_value.is_null()) return plain;
  if (auto fits = data::check_value(*plain, default_value); !fits)
    return base::fail(base::Error(base::Code::kBadRecord, base::exceptions::kSchemaBuilder, "Invalid default value")
                          .with_cause(std::move(fits).error()));
  return builder.default_value(default_value).build(pool);
}

config::ConfigKey replace_null_with_default_key() {
  return config::optional_key("replace.null.with.default", config::Type::kBoolean, config::Value(true),
                              config::Importance::kMedium,
                              "Whether to replace fields that have a default value and that are null to the default "
                              "value. When set to true, the default value is used, otherwise null is used.");
}

config::Validator non_empty_list() {
  return config::Validator(
      [](std::string_view name, const config::Value& value) -> base::Status {
        const auto* list = std::get_if<config::List>(&value);
        if (list != nullptr && !list->empty()) return {};
        return base::fail(config::invalid_value(name, value, "Empty list"));
      },
      "non-empty list");
}

}  // namespace sluice::smt
