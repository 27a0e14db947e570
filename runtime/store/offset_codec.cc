#include "runtime/store/offset_codec.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "runtime/base/java_number.h"
#include "runtime/base/json_text.h"
#include "runtime/base/strings.h"

namespace sluice::store {
namespace {

constexpr int kDepthMax = 64;

std::string_view schema_type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kArray:
      return "ARRAY";
    case Kind::kMap:
      return "MAP";
    case Kind::kStruct:
      return "STRUCT";
    case Kind::kDecimal:
      return "java.math.BigDecimal";
    case Kind::kInstant:
      return "java.util.Date";
    default:
      return "null";
  }
}

// What OffsetUtils.validateFormat refuses.
base::Status check_format(const Value& offsets) {
  if (offsets.is_null()) return {};
  if (!offsets.is(Kind::kMap)) return base::data_error("Offsets must be specified as a Map");
  const auto items = offsets.items();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!items[i].is(Kind::kString)) return base::data_error("Offsets may only use String keys");
    const Value& value = items[i + 1];
    if (value.sluice_value::kind > SLUICE_BYTES)
      return base::data_error("Offsets may only contain primitive types as values, but field {} contains {}",
                              items[i].text(), schema_type_name(value));
  }
  return {};
}

void append_double(double value, std::string& out) {
  const std::string text = base::java_double_text(value);
  // JSON has no such numbers; the JSON library writes them as strings.
  if (std::isfinite(value)) {
    out += text;
  } else {
    base::append_json_string(text, out);
  }
}

// The shortest digits of a float, read as a double, are also that double's shortest digits.
double widen(float value) {
  if (!std::isfinite(value)) return value;
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  double wide = 0;
  std::from_chars(digits, end, wide);
  return wide;
}

void append_primitive(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::kInt8:
    case Kind::kInt16:
    case Kind::kInt32:
    case Kind::kInt64:
      out += std::to_string(value.i64());
      break;
    case Kind::kFloat32:
      append_double(widen(value.f32()), out);
      break;
    case Kind::kFloat64:
      append_double(value.f64(), out);
      break;
    case Kind::kBoolean:
      out += value.boolean_value() ? "true" : "false";
      break;
    case Kind::kString:
      base::append_json_string(value.text(), out);
      break;
    case Kind::kBytes:
      out += '"';
      base::append_base64(value.text(), out);
      out += '"';
      break;
    default:
      out += "null";
  }
}

void append_map(const Value& map, std::string& out) {
  if (map.is_null()) {
    out += "null";
    return;
  }
  const auto items = map.items();
  out += '{';
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (i > 0) out += ',';
    base::append_json_string(items[i].text(), out);
    out += ':';
    append_primitive(items[i + 1], out);
  }
  out += '}';
}

tl::unexpected<base::Error> no_memory() {
  return base::fail(base::Code::kNoMemory, base::exceptions::kConnect, "The offset is too large");
}

base::Result<Value> to_value(const nlohmann::ordered_json& json, sluice_arena* arena, int depth) {
  using Type = nlohmann::ordered_json::value_t;
  if (depth > kDepthMax) return base::data_error("The offset is nested too deeply");
  switch (json.type()) {
    case Type::boolean:
      return Value::boolean(json.get<bool>());
    case Type::number_integer:
      return Value::int64(json.get<std::int64_t>());
    case Type::number_unsigned:
      return Value::int64(static_cast<std::int64_t>(json.get<std::uint64_t>()));
    case Type::number_float:
      return Value::float64(json.get<double>());
    case Type::string: {
      const auto text = arena_copy(arena, json.get_ref<const std::string&>());
      if (text.data() == nullptr) return no_memory();
      return Value::string(text);
    }
    case Type::array: {
      auto* items = arena_array<sluice_value>(arena, json.size() + 1);
      if (items == nullptr) return no_memory();
      std::size_t count = 0;
      for (const auto& item : json) {
        SLUICE_TRY_ASSIGN(items[count++], to_value(item, arena, depth + 1));
      }
      return Value::array(items, count);
    }
    case Type::object: {
      auto* items = arena_array<sluice_value>(arena, json.size() * 2 + 1);
      if (items == nullptr) return no_memory();
      std::size_t count = 0;
      for (const auto& [name, member] : json.items()) {
        const auto key = arena_copy(arena, name);
        if (key.data() == nullptr) return no_memory();
        items[count++] = Value::string(key);
        SLUICE_TRY_ASSIGN(items[count++], to_value(member, arena, depth + 1));
      }
      return Value::map(items, count / 2);
    }
    default:
      return Value::null();
  }
}

}  // namespace

base::Result<std::string> offset_key(std::string_view connector, const Value& partition) {
  SLUICE_TRY(check_format(partition));
  std::string key = "[";
  base::append_json_string(connector, key);
  key += ',';
  append_map(partition, key);
  key += ']';
  return key;
}

base::Result<std::string> offset_value(const Value& offset) {
  SLUICE_TRY(check_format(offset));
  std::string value;
  append_map(offset, value);
  return value;
}

base::Result<Value> parse_offset_value(std::string_view bytes, sluice_arena* arena) {
  const auto json = nlohmann::ordered_json::parse(bytes, nullptr, false);
  if (json.is_discarded())
    return base::fail(base::Code::kBadRecord, base::exceptions::kSerialization, "Stored offsets are not JSON: {} bytes",
                      bytes.size());
  return to_value(json, arena, 0);
}

}  // namespace sluice::store
