#include "runtime/data/convert.h"

#include <fmt/format.h>

#include "runtime/base/strings.h"
#include "runtime/data/date_format.h"
#include "runtime/data/decimal.h"
#include "runtime/data/java_calendar.h"
#include "runtime/data/java_text.h"
#include "runtime/data/logical.h"
#include "runtime/data/number_value.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"
#include "runtime/data/values_parser.h"

namespace sluice::data {
namespace {

using base::Code;
using base::fail;
using base::Result;

tl::unexpected<base::Error> no_memory() {
  return fail(Code::kNoMemory, base::exceptions::kConnect, "The batch's memory limit is reached");
}

base::Error cannot_convert(const Value& value, std::string_view target) {
  if (value.is_null())  // Java asks the null for its class
    return {Code::kBadRecord, base::exceptions::kNullPointer,
            "Cannot invoke \"Object.getClass()\" because \"value\" is null"};
  return {Code::kBadRecord, base::exceptions::kData,
          fmt::format("Unable to convert {} (class {}) to {}", value_text(value), java_class_name(value), target)};
}

tl::unexpected<base::Error> null_value() {
  return base::data_error("Unable to convert a null value to a schema that requires a value");
}

bool has_name(const Schema* schema, std::string_view name) {
  return schema != nullptr && schema->name() == name;
}

Result<std::int64_t> as_int64(const Value& value, const Schema* from) {
  if (is_number(value)) return number_to_int64(value);
  if (value.is(Kind::kString)) {
    auto number = parse_decimal(value.text());
    if (number) return decimal_to_int64(*number);
    return fail(
        cannot_convert(value, from != nullptr ? schema_text(*from) : "a number").with_cause(std::move(number).error()));
  }
  if (value.is(Kind::kInstant)) {
    if (has_name(from, kDateName)) return date_from_logical(*from, value.i64());
    if (has_name(from, kTimeName)) return time_from_logical(*from, value.i64());
    if (has_name(from, kTimestampName)) return timestamp_from_logical(*from, value.i64());
  }
  return fail(cannot_convert(value, from != nullptr ? schema_text(*from) : "a number"));
}

Result<double> as_double(const Value& value, const Schema* from) {
  if (is_number(value)) return number_to_double(value);
  if (value.is(Kind::kString)) {
    if (auto number = parse_decimal(value.text())) return decimal_to_double(*number);
  }
  SLUICE_TRY_ASSIGN(const std::int64_t number, as_int64(value, from));
  return static_cast<double>(number);
}

// What a text means to parse_values_text, for conversions that take a text of the target type.
Result<Value> parsed_if_text(const ConvertContext& context, const Value& value) {
  if (!value.is(Kind::kString)) return value;
  SLUICE_TRY_ASSIGN(const SchemaAndValue parsed, parse_values_text(context, value.text()));
  return parsed.value;
}

Result<Value> to_date(const ConvertContext& context, const Schema& to, const Schema* from, const Value& input) {
  SLUICE_TRY_ASSIGN(const Value value, parsed_if_text(context, input));
  if (value.is(Kind::kInstant)) {
    if (from == nullptr || has_name(from, kDateName)) return value;
    if (has_name(from, kTimestampName))
      return date_to_logical(to, static_cast<std::int32_t>(value.i64() / kMillisPerDay));  // towards zero
  }
  SLUICE_TRY_ASSIGN(const std::int64_t number, as_int64(value, from));
  return date_to_logical(to, static_cast<std::int32_t>(number));
}

Result<Value> to_time(const ConvertContext& context, const Schema& to, const Schema* from, const Value& input) {
  SLUICE_TRY_ASSIGN(const Value value, parsed_if_text(context, input));
  if (value.is(Kind::kInstant)) {
    if (from == nullptr || has_name(from, kTimeName)) return value;
    if (has_name(from, kTimestampName)) {
      // Java moves the calendar to 1 January 1970 of the same era.
      const CalendarFields fields = calendar_fields(value.i64());
      const std::int64_t time_of_day =
          ((fields.hour * 60 + fields.minute) * 60 + fields.second) * std::int64_t{1000} + fields.millisecond;
      return time_to_logical(
          to, static_cast<std::int32_t>(calendar_epoch_ms(fields.before_christ ? -1969 : 1970, 1, 1, time_of_day)));
    }
  }
  SLUICE_TRY_ASSIGN(const std::int64_t number, as_int64(value, from));
  return time_to_logical(to, static_cast<std::int32_t>(number));
}

Result<Value> to_timestamp(const ConvertContext& context, const Schema& to, const Schema* from, const Value& input) {
  SLUICE_TRY_ASSIGN(const Value value, parsed_if_text(context, input));
  if (value.is(Kind::kInstant)) {
    if (from == nullptr || has_name(from, kTimestampName)) return value;
    if (has_name(from, kDateName)) {
      SLUICE_TRY_ASSIGN(const std::int32_t days, date_from_logical(*from, value.i64()));
      return timestamp_to_logical(to, days * kMillisPerDay);
    }
    if (has_name(from, kTimeName)) {
      SLUICE_TRY_ASSIGN(const std::int32_t time, time_from_logical(*from, value.i64()));
      return timestamp_to_logical(to, time);
    }
  }
  SLUICE_TRY_ASSIGN(const std::int64_t number, as_int64(value, from));
  return timestamp_to_logical(to, number);
}

// `scale`: of the target, needed for bytes only.
Result<Value> to_decimal(const ConvertContext& context, const Schema* to, std::int32_t scale, const Value& value) {
  switch (value.kind()) {
    case Kind::kBytes: {
      if (to != nullptr) return decimal_to_logical(*to, value.text(), context.arena);
      if (value.size == 0) return fail(Code::kBadRecord, base::exceptions::kNumberFormat, "Zero length BigInteger");
      const Value decimal = arena_decimal(context.arena, scale, value.text());
      if (decimal.is_null()) return no_memory();
      return decimal;
    }
    case Kind::kDecimal:
      if ((value.flags & SLUICE_VALUE_INTEGER) == 0) return value;
      break;
    case Kind::kString: {
      SLUICE_TRY_ASSIGN(const DecimalNumber number, parse_decimal(value.text()));
      const Value decimal = make_decimal(context.arena, number);
      if (decimal.is_null()) return no_memory();
      return decimal;
    }
    default:
      break;
  }
  if (!is_number(value)) return fail(cannot_convert(value, fmt::format("Schema{{{}:BYTES}}", kDecimalName)));
  SLUICE_TRY_ASSIGN(const DecimalNumber number, decimal_from_double(number_to_double(value)));
  const Value decimal = make_decimal(context.arena, number);
  if (decimal.is_null()) return no_memory();
  return decimal;
}

Result<Value> to_bytes(const Schema& to, const Value& value) {
  if (value.is(Kind::kBytes)) return Value::bytes(value.text());
  if (value.is(Kind::kDecimal) && (value.flags & SLUICE_VALUE_INTEGER) == 0) {
    SLUICE_TRY_ASSIGN(const std::string_view bytes, decimal_from_logical(to, value));
    return Value::bytes(bytes);
  }
  return fail(cannot_convert(value, schema_text(to)));
}

Result<Value> to_container(const ConvertContext& context, Kind kind, std::string_view target, const Value& input) {
  if (input.is_null()) return null_value();
  SLUICE_TRY_ASSIGN(const Value value, kind == Kind::kStruct ? Result<Value>(input) : parsed_if_text(context, input));
  if (value.is(kind)) return value;
  return fail(cannot_convert(value, target));
}

void append_escaped(std::string_view text, std::string& out) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

const DateFormat& values_date_format(std::int64_t epoch_ms) {
  static const DateFormat kTime = DateFormat::compile("HH:mm:ss.SSS'Z'").value();
  static const DateFormat kDate = DateFormat::compile("yyyy-MM-dd").value();
  static const DateFormat kTimestamp = DateFormat::compile("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").value();
  if (epoch_ms < kMillisPerDay) return kTime;
  return epoch_ms % kMillisPerDay == 0 ? kDate : kTimestamp;
}

void append_record(const Value& value, std::string& out) {
  const auto fields = value.struct_schema().fields();
  const auto items = value.items();
  out.push_back('{');
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_escaped(fields[i].name(), out);
    out.push_back(':');
    append_values_text(items[i].is_null() ? fields[i].schema().default_value() : items[i], true, out);
  }
  out.push_back('}');
}

}  // namespace

Result<Value> convert_to_boolean(const ConvertContext& context, const Schema* from, const Value& value) {
  if (value.is_null() || value.is(Kind::kBoolean)) return value;
  if (value.is(Kind::kString)) {
    SLUICE_TRY_ASSIGN(const Value parsed, parsed_if_text(context, value));
    if (parsed.is(Kind::kBoolean)) return parsed;
  }
  SLUICE_TRY_ASSIGN(const std::int64_t number, as_int64(value, from));
  return Value::boolean(number != 0);
}

Result<Value> convert_to_number(const ConvertContext&, Kind kind, const Schema* from, const Value& value) {
  if (value.is_null() || value.is(kind)) return value;
  if (kind == Kind::kFloat32 || kind == Kind::kFloat64) {
    SLUICE_TRY_ASSIGN(const double number, as_double(value, from));
    return kind == Kind::kFloat64 ? Value::float64(number) : Value::float32(static_cast<float>(number));
  }
  SLUICE_TRY_ASSIGN(const std::int64_t number, as_int64(value, from));
  return integer_value(kind, number);
}

Result<Value> convert_to_string(const ConvertContext& context, const Schema*, const Value& value) {
  if (value.is_null() || value.is(Kind::kString)) return value;
  std::string text;
  append_values_text(value, false, text);
  const std::string_view kept = arena_copy(context.arena, text);
  if (kept.data() == nullptr) return no_memory();
  return Value::string(kept);
}

Result<Value> convert_to_list(const ConvertContext& context, const Schema*, const Value& value) {
  return to_container(context, Kind::kArray, "Schema{ARRAY}", value);
}
Result<Value> convert_to_map(const ConvertContext& context, const Schema*, const Value& value) {
  return to_container(context, Kind::kMap, "Schema{MAP}", value);
}
Result<Value> convert_to_struct(const ConvertContext& context, const Schema*, const Value& value) {
  return to_container(context, Kind::kStruct, "Schema{STRUCT}", value);
}

Result<Value> convert_to_date(const ConvertContext& context, const Schema* from, const Value& value) {
  if (value.is_null()) return null_value();
  SLUICE_TRY_ASSIGN(const Schema* to, SchemaBuilder::date().build(*context.schemas));
  return to_date(context, *to, from, value);
}
Result<Value> convert_to_time(const ConvertContext& context, const Schema* from, const Value& value) {
  if (value.is_null()) return null_value();
  SLUICE_TRY_ASSIGN(const Schema* to, SchemaBuilder::time().build(*context.schemas));
  return to_time(context, *to, from, value);
}
Result<Value> convert_to_timestamp(const ConvertContext& context, const Schema* from, const Value& value) {
  if (value.is_null()) return null_value();
  SLUICE_TRY_ASSIGN(const Schema* to, SchemaBuilder::timestamp().build(*context.schemas));
  return to_timestamp(context, *to, from, value);
}
Result<Value> convert_to_decimal(const ConvertContext& context, const Schema*, const Value& value, std::int32_t scale) {
  if (value.is_null()) return null_value();
  return to_decimal(context, nullptr, scale, value);
}

Result<Value> convert_to(const ConvertContext& context, const Schema& to, const Schema* from, const Value& value) {
  if (value.is_null()) {
    if (to.optional()) return value;
    return null_value();
  }
  switch (to.type()) {
    case Kind::kBytes:
      return to.name() == kDecimalName ? to_decimal(context, &to, 0, value) : to_bytes(to, value);
    case Kind::kString:
      return convert_to_string(context, from, value);
    case Kind::kBoolean:
      return convert_to_boolean(context, from, value);
    case Kind::kInt32:
      if (to.name() == kDateName) return to_date(context, to, from, value);
      if (to.name() == kTimeName) return to_time(context, to, from, value);
      break;
    case Kind::kInt64:
      if (to.name() == kTimestampName) return to_timestamp(context, to, from, value);
      break;
    case Kind::kArray:
    case Kind::kMap:
    case Kind::kStruct:
      return to_container(context, to.type(), schema_text(to), value);
    default:
      break;
  }
  return convert_to_number(context, to.type(), from, value);
}

void append_values_text(const Value& value, bool embedded, std::string& out) {
  switch (value.kind()) {
    case Kind::kString:
      if (embedded)
        append_escaped(value.text(), out);
      else
        out.append(value.text());
      return;
    case Kind::kBytes:
      if (embedded) out.push_back('"');
      base::append_base64(value.text(), out);
      if (embedded) out.push_back('"');
      return;
    case Kind::kArray:
    case Kind::kMap: {
      const bool map = value.is(Kind::kMap);
      out.push_back(map ? '{' : '[');
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out.push_back(map && i % 2 == 1 ? ':' : ',');
        append_values_text(items[i], true, out);
      }
      out.push_back(map ? '}' : ']');
      return;
    }
    case Kind::kStruct:
      append_record(value, out);
      return;
    case Kind::kInstant:
      values_date_format(value.i64()).append(value.i64(), out);
      return;
    default:
      append_value_text(value, out);
      return;
  }
}

}  // namespace sluice::data
