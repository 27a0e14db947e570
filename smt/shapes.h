#pragma once
// What transforms ask of the shape of their input, with Connect's texts, and schemas made after another.

#include <string_view>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/data/check_value.h"
#include "runtime/data/schema.h"

namespace sluice::smt {

// The errors of the two below.
tl::unexpected<base::Error> not_a_map(const Value& value, std::string_view purpose);
tl::unexpected<base::Error> not_a_struct(const Value& value, std::string_view purpose);

// DataException "Only Map objects supported in absence of schema for [PURPOSE], found: C".
inline base::Status require_map(const Value& value, std::string_view purpose) {
  if (value.is(Kind::kMap)) [[likely]]
    return {};
  return not_a_map(value, purpose);
}
// DataException "Only Struct objects supported for [PURPOSE], found: C".
inline base::Status require_struct(const Value& value, std::string_view purpose) {
  if (value.is(Kind::kStruct)) [[likely]]
    return {};
  return not_a_struct(value, purpose);
}

// DataException "Cannot list fields on non-struct type".
base::Status require_struct_type(const Schema& schema);
// A struct may bear another schema than the record's, as long as its fields are the same: what was prepared for
// `schema` holds for it then. DataException "Struct schemas do not match."
base::Status require_equal_fields(const Schema& own, const Schema& schema);
inline base::Status require_fields_of(const Value& record, const Schema& schema) {
  if (&record.struct_schema() == &schema) [[likely]]
    return {};
  return require_equal_fields(record.struct_schema(), schema);
}
// What Java refuses when a field is copied: a null that the field does not allow, and a struct of another schema, such
// as one that was its field's default. DataException.
inline base::Status check_copied(const Field& field, const Value& value) {
  const Schema& schema = field.schema();
  const bool suspect =
      value.is_null() ? !schema.optional() : value.is(Kind::kStruct) && &value.struct_schema() != &schema;
  if (!suspect) [[likely]]
    return {};
  return data::check_field(field, value);
}

// `builder` with the name, version, doc and parameters of `schema`.
data::SchemaBuilder with_basics_of(const Schema& schema, data::SchemaBuilder builder);
// A required struct schema with these, and no fields.
inline data::SchemaBuilder struct_like(const Schema& schema) {
  return with_basics_of(schema, data::SchemaBuilder::structure());
}
// Builds with a default value (null: none), which must fit. Error: SchemaBuilderException "Invalid default value".
base::Result<const Schema*> build_with_default(data::SchemaBuilder builder, const Value& default_value,
                                               data::SchemaPool& pool);

// A field of a struct as getters see it: a null gives the field's default if `use_default`.
inline Value field_value(const Value& record, const Schema& schema, std::size_t field, bool use_default) {
  const Value& value = record.items()[field];
  return value.is_null() && use_default ? schema.fields()[field].schema().default_value() : value;
}

// The key `replace.null.with.default`.
config::ConfigKey replace_null_with_default_key();
// Connect's NonEmptyListValidator: "Empty list".
config::Validator non_empty_list();

}  // namespace sluice::smt
