// check_value, convert, project and text.

#include <charconv>

#include "runtime/data/check_value.h"
#include "runtime/data/convert.h"
#include "runtime/data/project.h"
#include "runtime/data/value_text.h"
#include "tests/vectors/runner.h"

namespace sluice::vectors {
namespace {

using base::Result;

Outcome value_outcome(const Value& value, const Schema* schema, const Json& expected, Notation& notation) {
  return {same_value(value, notation.read_value(expected, schema)), notation.write_value(value, schema)};
}

Result<Outcome> run_check_value(const Json& test_case, const Json&, Notation& notation) {
  const Schema* schema = notation.read_schema(test_case.at("schema"));
  SLUICE_TRY(data::check_value(*schema, notation.read_value(test_case.at("value"), schema)));
  return Outcome{true, Json::object()};
}

Result<Outcome> run_project(const Json& test_case, const Json& expected, Notation& notation) {
  const Schema* schema = notation.read_schema(test_case.at("schema"));
  const Schema* target = notation.read_schema(test_case.at("target"));
  SLUICE_TRY_ASSIGN(const Value value, data::project(notation.context(), *schema,
                                                     notation.read_value(test_case.at("value"), schema), *target));
  return value_outcome(value, target, expected, notation);
}

Result<Outcome> run_text(const Json& test_case, const Json& expected, Notation& notation) {
  const Schema* schema = notation.read_schema(test_case.at("schema"));
  const Value value = notation.read_value(test_case.at("value"), schema);
  Json got;
  got["value_text"] = value.is_null() ? Json() : write_text(without_identities(data::value_text(value)));
  got["schema_text"] = schema == nullptr ? Json() : write_text(data::schema_text(*schema));
  return Outcome{got == expected, got};
}

Result<Value> convert(const std::string& type, const data::ConvertContext& context, const Schema* schema,
                      const Value& value) {
  if (type == "boolean") return data::convert_to_boolean(context, schema, value);
  if (type == "int8") return data::convert_to_number(context, Kind::kInt8, schema, value);
  if (type == "int16") return data::convert_to_number(context, Kind::kInt16, schema, value);
  if (type == "int32") return data::convert_to_number(context, Kind::kInt32, schema, value);
  if (type == "int64") return data::convert_to_number(context, Kind::kInt64, schema, value);
  if (type == "float32") return data::convert_to_number(context, Kind::kFloat32, schema, value);
  if (type == "float64") return data::convert_to_number(context, Kind::kFloat64, schema, value);
  if (type == "string") return data::convert_to_string(context, schema, value);
  if (type == "list" || type == "array") return data::convert_to_list(context, schema, value);
  if (type == "map") return data::convert_to_map(context, schema, value);
  if (type == "struct") return data::convert_to_struct(context, schema, value);
  if (type == "date") return data::convert_to_date(context, schema, value);
  if (type == "time") return data::convert_to_time(context, schema, value);
  if (type == "timestamp") return data::convert_to_timestamp(context, schema, value);
  if (type.starts_with("decimal")) {
    std::int32_t scale = 0;
    std::from_chars(type.data() + 7, type.data() + type.size(), scale);
    return data::convert_to_decimal(context, schema, value, scale);
  }
  throw NotationError("unknown target type " + type);
}

Result<Outcome> run_convert(const Json& test_case, const Json& expected, Notation& notation) {
  const Schema* schema = notation.read_schema(test_case.at("schema"));
  SLUICE_TRY_ASSIGN(const Value value, convert(test_case.at("type").get<std::string>(), notation.context(), schema,
                                               notation.read_value(test_case.at("value"), schema)));
  return value_outcome(value, nullptr, expected, notation);
}

}  // namespace

void add_data_operations(Operations& operations) {
  operations["check_value"] = run_check_value;
  operations["convert"] = run_convert;
  operations["project"] = run_project;
  operations["text"] = run_text;
}

}  // namespace sluice::vectors
