#include "runtime/data/check_value.h"

#include <fmt/format.h>

#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"

namespace sluice::data {
namespace {

using base::data_error;

// Java looks at a known logical name first, whatever the type.
bool right_class(const Schema& schema, const Value& value) {
  const std::string_view name = schema.name();
  if (name == kDecimalName) return value.is(Kind::kDecimal) && (value.flags & SLUICE_VALUE_INTEGER) == 0;
  if (name == kDateName || name == kTimeName || name == kTimestampName) return value.is(Kind::kInstant);
  return value.kind() == schema.type();
}

tl::unexpected<base::Error> wrong_class(const Schema& schema, const Value& value, std::string_view place) {
  const std::string name = schema.has_name() ? fmt::format(" \"{}\"", schema.name()) : std::string();
  return data_error("Invalid Java object for schema{} with type {}: class {} for {}", name, type_name(schema.type()),
                    java_class_name(value), place);
}

base::Status check_child(const Schema* schema, const Value& value, const std::string& place) {
  if (schema == nullptr) return data_error("No schema defined for {}", place);
  return check_value(*schema, value, place);
}

base::Status check_array(const Schema& schema, const Value& value, std::string_view place) {
  const std::string element = fmt::format("element of array {}", place);
  if (schema.value_schema() == nullptr) return data_error("No schema defined for {}", element);
  for (const Value& item : value.items()) SLUICE_TRY(check_value(*schema.value_schema(), item, element));
  return {};
}

base::Status check_map(const Schema& schema, const Value& value, std::string_view place) {
  const std::string key_place = fmt::format("key of map {}", place);
  const std::string value_place = fmt::format("value of map {}", place);
  if (schema.key_schema() == nullptr) return data_error("No schema defined for {}", key_place);
  if (schema.value_schema() == nullptr) return data_error("No schema defined for {}", value_place);
  const auto items = value.items();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    SLUICE_TRY(check_child(schema.key_schema(), items[i], key_place));
    SLUICE_TRY(check_child(schema.value_schema(), items[i + 1], value_place));
  }
  return {};
}

}  // namespace

base::Status check_value(const Schema& schema, const Value& value, std::string_view place) {
  if (value.is_null()) {
    if (schema.optional()) return {};
    return data_error("Invalid value: null used for required {}, schema type: {}", place, type_name(schema.type()));
  }
  if (!right_class(schema, value)) return wrong_class(schema, value, place);
  if (schema.type() != Kind::kArray && schema.type() != Kind::kMap && schema.type() != Kind::kStruct) return {};
  if (value.kind() != schema.type())  // a logical name on a container: Java casts and fails
    return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "class {} cannot be cast to {}",
                      java_class_name(value), type_name(schema.type()));
  switch (schema.type()) {
    case Kind::kArray:
      return check_array(schema, value, place);
    case Kind::kMap:
      return check_map(schema, value, place);
    default:
      if (!schemas_equal(&value.struct_schema(), &schema)) return data_error("Struct schemas do not match.");
      return check_struct(value);
  }
}

base::Status check_field(const Field& field, const Value& value) {
  // The place is only read when something is wrong; most values pass here.
  if (!value.is_null() && right_class(field.schema(), value) && value.kind() != Kind::kArray &&
      value.kind() != Kind::kMap && value.kind() != Kind::kStruct)
    return {};
  return check_value(field.schema(), value, fmt::format("field: \"{}\"", field.name()));
}

base::Status check_struct(const Value& record) {
  const auto fields = record.struct_schema().fields();
  const auto items = record.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].is_null() && (fields[i].schema().optional() || fields[i].schema().has_default())) continue;
    SLUICE_TRY(check_field(fields[i], items[i]));
  }
  return {};
}

}  // namespace sluice::data
