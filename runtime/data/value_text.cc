#include "runtime/data/value_text.h"

#include <fmt/format.h>

#include "runtime/data/decimal.h"
#include "runtime/data/java_calendar.h"
#include "runtime/data/java_text.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"

namespace sluice::data {
namespace {

void append_struct(const Value& value, std::string& out) {
  out += "Struct{";
  const auto fields = value.struct_schema().fields();
  const auto items = value.items();
  bool first = true;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].is_null()) continue;
    if (!first) out.push_back(',');
    first = false;
    out.append(fields[i].name()).push_back('=');
    append_value_text(items[i], out);
  }
  out.push_back('}');
}

void append_bytes(const Value& value, std::string& out) {
  if ((value.flags & SLUICE_VALUE_BUFFER) != 0)
    fmt::format_to(std::back_inserter(out), "java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", value.size);
  else
    fmt::format_to(std::back_inserter(out), "[B@{:x}", hash_value(value) & 0x7fffffff);
}

}  // namespace

void append_value_text(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kInt8:
    case Kind::kInt16:
    case Kind::kInt32:
    case Kind::kInt64:
      append_integer(value.i64(), out);
      return;
    case Kind::kFloat32:
      append_float(value.f32(), out);
      return;
    case Kind::kFloat64:
      append_double(value.f64(), out);
      return;
    case Kind::kBoolean:
      out += value.boolean_value() ? "true" : "false";
      return;
    case Kind::kString:
      out += value.text();
      return;
    case Kind::kBytes:
      append_bytes(value, out);
      return;
    case Kind::kDecimal:
      append_decimal(value.decimal_unscaled(), value.decimal_scale(), out);
      return;
    case Kind::kInstant:
      append_date_text(value.i64(), out);
      return;
    case Kind::kStruct:
      append_struct(value, out);
      return;
    case Kind::kArray:
    case Kind::kMap: {
      const bool map = value.is(Kind::kMap);
      out.push_back(map ? '{' : '[');
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += map && i % 2 == 1 ? "=" : ", ";
        append_value_text(items[i], out);
      }
      out.push_back(map ? '}' : ']');
      return;
    }
  }
}

std::string value_text(const Value& value) {
  std::string text;
  append_value_text(value, text);
  return text;
}

std::string schema_text(const Schema& schema) {
  if (!schema.has_name()) return fmt::format("Schema{{{}}}", type_name(schema.type()));
  return fmt::format("Schema{{{}:{}}}", schema.name(), type_name(schema.type()));
}

std::string parameters_text(const Schema& schema) {
  if (!schema.has_parameters()) return "null";
  std::string text = "{";
  for (const sluice_kv& entry : schema.parameters()) {
    if (text.size() > 1) text += ", ";
    text.append(view(entry.key)).append("=").append(view(entry.value));
  }
  return text + "}";
}

std::string_view java_class_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kInt8:
      return "java.lang.Byte";
    case Kind::kInt16:
      return "java.lang.Short";
    case Kind::kInt32:
      return "java.lang.Integer";
    case Kind::kInt64:
      return "java.lang.Long";
    case Kind::kFloat32:
      return "java.lang.Float";
    case Kind::kFloat64:
      return "java.lang.Double";
    case Kind::kBoolean:
      return "java.lang.Boolean";
    case Kind::kString:
      return "java.lang.String";
    case Kind::kBytes:
      return (value.flags & SLUICE_VALUE_BUFFER) != 0 ? "java.nio.HeapByteBuffer" : "[B";
    case Kind::kArray:
      return "java.util.ArrayList";
    case Kind::kMap:
      return "java.util.LinkedHashMap";
    case Kind::kStruct:
      return "org.apache.kafka.connect.data.Struct";
    case Kind::kDecimal:
      return (value.flags & SLUICE_VALUE_INTEGER) != 0 ? "java.math.BigInteger" : "java.math.BigDecimal";
    case Kind::kInstant:
      return "java.util.Date";
  }
  return "java.lang.Object";
}

}  // namespace sluice::data
