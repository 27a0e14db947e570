#include "smt/shapes.h"

#include "runtime/data/value_text.h"

namespace sluice::smt {
namespace {

std::string_view class_of(const Value& value) {
  return value.is_null() ? std::string_view("null") : data::java_class_name(value);
}

}  // namespace

base::Status require_map(const Value& value, std::string_view purpose) {
  if (value.is(Kind::kMap)) return {};
  return base::data_error("Only Map objects supported in absence of schema for [{}], found: {}", purpose,
                          class_of(value));
}

base::Status require_struct(const Value& value, std::string_view purpose) {
  if (value.is(Kind::kStruct)) return {};
  return base::data_error("Only Struct objects supported for [{}], found: {}", purpose, class_of(value));
}

data::SchemaBuilder struct_like(const Schema& schema) {
  auto builder = data::SchemaBuilder::structure();
  if (schema.has_name()) builder.name(schema.name());
  if (schema.has_version()) builder.version(schema.version);
  if (schema.has_doc()) builder.doc(schema.doc());
  if (schema.has_parameters()) builder.empty_parameters();
  for (const auto& [key, value] : schema.parameters()) builder.parameter(view(key), view(value));
  return builder;
}

config::ConfigKey replace_null_with_default_key() {
  return config::optional_key("replace.null.with.default", config::Type::kBoolean, config::Value(true),
                              config::Importance::kMedium,
                              "Whether to replace fields that have a default value and that are null to the default "
                              "value. When set to true, the default value is used, otherwise null is used.");
}

}  // namespace sluice::smt
