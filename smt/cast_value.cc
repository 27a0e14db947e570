#include "smt/cast_value.h"

#include <utility>

#include "runtime/base/strings.h"
#include "runtime/data/convert.h"
#include "runtime/data/java_text.h"
#include "runtime/data/logical.h"
#include "runtime/data/number_value.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

using base::data_error;
using base::Result;

base::Status check_input(const Schema* schema, const Value& value) {
  if (schema == nullptr && (value.is(Kind::kDecimal) || value.is(Kind::kInstant)))
    return data_error(
        "Cast transformation was passed a value of type class {} which is not supported by Connect's data API",
        data::java_class_name(value));
  const Kind type = schema != nullptr ? schema->type() : value.kind();
  if (type != Kind::kArray && type != Kind::kMap && type != Kind::kStruct) return {};
  return data_error("Cast transformation does not support casting from {}; supported types are {}",
                    data::type_name(type), type_list(Kind::kBytes));
}

// The base value of a date or time whose schema says which it is; other values as they are.
Result<Value> base_value(const Schema* schema, const Value& value) {
  if (schema == nullptr || !schema->has_name()) return value;
  const std::string_view name = schema->name();
  if (name != kDateName && name != kTimeName && name != kTimestampName) return value;
  if (!value.is(Kind::kInstant))
    return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "class {} cannot be cast to {}",
                      data::java_class_name(value), "class java.util.Date");
  if (name == kTimestampName) {
    SLUICE_TRY_ASSIGN(const auto ms, data::timestamp_from_logical(*schema, value.i64()));
    return Value::int64(ms);
  }
  SLUICE_TRY_ASSIGN(const auto number, name == kDateName ? data::date_from_logical(*schema, value.i64())
                                                         : data::time_from_logical(*schema, value.i64()));
  return Value::int32(number);
}

Value from_number(const Value& value, Kind target) {
  if (target == Kind::kBoolean) return Value::boolean(data::number_to_int64(value) != 0);
  return data::convert_number(value, target);
}

template <typename T>
Result<Value> parsed(std::string_view text, Result<T> number, Value (*make)(T) noexcept) {
  if (number) return make(*number);
  return base::fail(base::Error(base::Code::kBadRecord, base::exceptions::kData,
                                fmt::format("Value ({}) was out of range for requested data type", text))
                        .with_cause(std::move(number).error()));
}

Result<Value> from_text(std::string_view text, Kind target) {
  switch (target) {
    case Kind::kInt8:
      return parsed(text, data::parse_int8(text), Value::int8);
    case Kind::kInt16:
      return parsed(text, data::parse_int16(text), Value::int16);
    case Kind::kInt32:
      return parsed(text, data::parse_int32(text), Value::int32);
    case Kind::kInt64:
      return parsed(text, data::parse_int64(text), Value::int64);
    case Kind::kFloat32:
      return parsed(text, data::parse_float(text), Value::float32);
    case Kind::kFloat64:
      return parsed(text, data::parse_double(text), Value::float64);
    default:
      return Value::boolean(base::equals_ignore_case_ascii(text, "true"));
  }
}

Result<Value> cast_integer(sluice_arena* arena, const Value& value, Kind target) {
  if (target != Kind::kString) return value.is(target) ? value : from_number(value, target);
  char digits[data::kIntegerTextMax];
  const char* const end = data::write_integer(digits, value.i64());
  const std::string_view text = arena_copy(arena, {digits, static_cast<std::size_t>(end - digits)});
  if (text.data() == nullptr) return out_of_memory();
  return Value::string(text);
}

}  // namespace

Result<Value> cast_value(sluice_arena* arena, const Schema* schema, const Value& value, Kind target,
                         std::string& scratch) {
  if (value.is_null()) return value;
  const bool plain_type = schema == nullptr || (!schema->has_name() && schema->type() <= Kind::kBytes);
  if (value.is_integer() && plain_type) return cast_integer(arena, value, target);
  SLUICE_TRY(check_input(schema, value));
  if (target == Kind::kString) {
    if (value.is(Kind::kString)) return value;
    scratch.clear();
    // Java prints containers here that stand under a primitive schema with their toString, not as Values does.
    if (value.is(Kind::kArray) || value.is(Kind::kMap) || value.is(Kind::kStruct))
      data::append_value_text(value, scratch);
    else
      data::append_values_text(value, false, scratch);
    const std::string_view text = arena_copy(arena, scratch);
    if (text.data() == nullptr) return out_of_memory();
    return Value::string(text);
  }
  SLUICE_TRY_ASSIGN(const Value plain, base_value(schema, value));
  if (plain.is(target)) return plain;
  if (data::is_number(plain)) return from_number(plain, target);
  if (plain.is(Kind::kBoolean)) return data::convert_number(Value::int8(plain.boolean_value() ? 1 : 0), target);
  if (plain.is(Kind::kString)) return from_text(plain.text(), target);
  return data_error("Unexpected type in Cast transformation: class {}", data::java_class_name(plain));
}

std::string type_list(Kind last) {
  std::string list = "[";
  for (int kind = static_cast<int>(Kind::kInt8); kind <= static_cast<int>(last); ++kind) {
    if (list.size() > 1) list += ", ";
    list += data::type_name(static_cast<Kind>(kind));
  }
  return list + "]";
}

}  // namespace sluice::smt
