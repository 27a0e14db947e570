#include "tests/vectors/notation.h"

#include <bit>
#include <charconv>

#include "runtime/base/strings.h"
#include "runtime/data/decimal.h"
#include "runtime/data/java_text.h"
#include "runtime/data/utf16.h"
#include "runtime/data/value_ops.h"

namespace sluice::vectors {
namespace {

[[noreturn]] void malformed(std::string_view what, const Json& json) {
  throw NotationError(std::string(what) + ": " +
                      json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 200));
}

template <typename T>
T take(base::Result<T> result) {
  if (!result) throw NotationError(result.error().to_string());
  return std::move(*result);
}

std::int64_t read_long(const Json& json) {
  if (json.is_number_integer()) return json.get<std::int64_t>();
  return take(data::parse_int64(json.get<std::string>()));
}

std::string read_hex(const Json& json) {
  auto bytes = base::from_hex(json.get<std::string>());
  if (!bytes) malformed("not hex", json);
  return *std::move(bytes);
}

template <typename Bits>
Bits read_bits(const Json& json) {
  const auto text = json.at("bits").get<std::string>();
  Bits bits = 0;
  std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  return bits;
}

Kind read_type(const Json& json) {
  const auto name = json.get<std::string>();
  for (int type = SLUICE_INT8; type <= SLUICE_STRUCT; ++type)
    if (data::type_name_lower(static_cast<Kind>(type)) == name) return static_cast<Kind>(type);
  malformed("unknown type", json);
}

bool has_lone_surrogate(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (static_cast<unsigned char>(text[i]) == 0xED && static_cast<unsigned char>(text[i + 1]) >= 0xA0) return true;
  return false;
}

std::string bits_text(std::uint64_t bits, int digits) {
  std::string text = base::to_hex({});
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) text.push_back("0123456789abcdef"[bits >> shift & 15]);
  return text;
}

const Schema* child(const Schema* place, Kind kind, bool key) {
  if (place == nullptr || place->type() != kind) return nullptr;
  return key ? place->key_schema() : place->value_schema();
}

}  // namespace

std::optional<std::string> read_text(const Json& json) {
  if (json.is_null()) return std::nullopt;
  if (json.is_string()) return json.get<std::string>();
  const std::string bytes = read_hex(json.at("utf16"));
  std::u16string units;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    units.push_back(
        static_cast<char16_t>(static_cast<unsigned char>(bytes[i]) << 8 | static_cast<unsigned char>(bytes[i + 1])));
  std::string text;
  data::append_utf16(units, text);
  return text;
}

std::string require_text(const Json& json) {
  auto text = read_text(json);
  if (!text) malformed("a text is missing", json);
  return *std::move(text);
}

Json write_text(std::string_view text) {
  if (!has_lone_surrogate(text)) return std::string(text);
  std::string bytes;
  for (const char16_t unit : data::to_utf16(text)) {
    bytes.push_back(static_cast<char>(unit >> 8));
    bytes.push_back(static_cast<char>(unit & 0xFF));
  }
  return Json{{"utf16", base::to_hex(bytes)}};
}

// ---- schemas
// ------------------------------------------------------------------------------------------------------------

const Schema* Notation::read_schema(const Json& json) {
  if (json.is_null()) return nullptr;
  const Kind type = read_type(json.at("type"));
  data::SchemaBuilder builder(type);
  const auto child_of = [&](const char* member) {
    return json.contains(member) ? read_schema(json.at(member)) : nullptr;
  };
  if (type == Kind::kArray) builder = data::SchemaBuilder::array(child_of("value"));
  if (type == Kind::kMap) builder = data::SchemaBuilder::map(child_of("key"), child_of("value"));
  builder.optional(json.value("optional", false));
  if (json.contains("name")) builder.name(require_text(json.at("name")));
  if (json.contains("version")) builder.version(json.at("version").get<std::int32_t>());
  if (json.contains("doc")) builder.doc(require_text(json.at("doc")));
  if (json.contains("parameters")) {
    builder.empty_parameters();
    for (const auto& [key, value] : json.at("parameters").items()) builder.parameter(key, require_text(value));
  }
  if (json.contains("fields"))
    for (const Json& field : json.at("fields"))
      builder.field(require_text(field.at("field")), read_schema(field.at("schema")));
  if (json.contains("default") && !json.at("default").is_null()) {
    // A struct's default has the schema that is being described, without the default.
    const Schema* bare = take(builder.build(schemas_));
    builder.default_value(read_value(json.at("default"), bare));
  }
  return take(builder.build(schemas_));
}

Json Notation::write_schema(const Schema* schema) const {
  if (schema == nullptr) return nullptr;
  Json json{{"type", data::type_name_lower(schema->type())}};
  if (schema->optional()) json["optional"] = true;
  if (schema->has_name()) json["name"] = write_text(schema->name());
  if (schema->has_version()) json["version"] = schema->sluice_schema::version;
  if (schema->has_doc()) json["doc"] = write_text(schema->doc());
  if (schema->has_parameters()) {
    json["parameters"] = Json::object();
    for (const sluice_kv& entry : schema->parameters())
      json["parameters"][std::string(view(entry.key))] = write_text(view(entry.value));
  }
  if (schema->has_default()) json["default"] = write_value(schema->default_value(), schema);
  if (schema->type() == Kind::kStruct) {
    json["fields"] = Json::array();
    for (const Field& field : schema->fields())
      json["fields"].push_back({{"field", write_text(field.name())}, {"schema", write_schema(&field.schema())}});
  }
  if (schema->type() == Kind::kMap) json["key"] = write_schema(schema->key_schema());
  if (schema->type() == Kind::kMap || schema->type() == Kind::kArray)
    json["value"] = write_schema(schema->value_schema());
  return json;
}

// ---- values
// -------------------------------------------------------------------------------------------------------------

Value Notation::read_items(const Json& pairs, const Schema* place) {
  auto* items = arena_.alloc_array<sluice_value>(pairs.size() * 2);
  std::size_t at = 0;
  for (const Json& pair : pairs) {
    items[at++] = read_value(pair.at(0), child(place, Kind::kMap, true));
    items[at++] = read_value(pair.at(1), child(place, Kind::kMap, false));
  }
  return Value::map(items, pairs.size());
}

Value Notation::read_struct(const Json& json, const Schema* place) {
  const Schema* schema = json.contains("schema") ? read_schema(json.at("schema")) : place;
  if (schema == nullptr || schema->type() != Kind::kStruct) malformed("a struct without a schema", json);
  sluice_struct* record = arena_struct(arena(), schema);
  for (const Json& pair : json.at("struct")) {
    const int index = schema->field_index(require_text(pair.at(0)));
    if (index < 0) malformed("no such field", pair);
    record->fields[index] = read_value(pair.at(1), &schema->fields()[static_cast<std::size_t>(index)].schema());
  }
  return Value::record(record, schema->field_count);
}

Value Notation::read_value(const Json& json, const Schema* place) {
  if (json.is_null()) return {};
  if (json.contains("struct")) return read_struct(json, place);
  const std::string tag = json.begin().key();
  const Json& content = json.begin().value();
  if (tag == "i8") return Value::int8(static_cast<std::int8_t>(read_long(content)));
  if (tag == "i16") return Value::int16(static_cast<std::int16_t>(read_long(content)));
  if (tag == "i32") return Value::int32(static_cast<std::int32_t>(read_long(content)));
  if (tag == "i64") return Value::int64(read_long(content));
  if (tag == "f32") return Value::float32(std::bit_cast<float>(read_bits<std::uint32_t>(json)));
  if (tag == "f64") return Value::float64(std::bit_cast<double>(read_bits<std::uint64_t>(json)));
  if (tag == "bool") return Value::boolean(content.get<bool>());
  if (tag == "str") return Value::string(keep(require_text(content)));
  if (tag == "bytes" || tag == "buffer") {
    Value value = Value::bytes(keep(read_hex(content)));
    if (tag == "buffer") value.flags = SLUICE_VALUE_BUFFER;
    return value;
  }
  if (tag == "decimal")
    return arena_decimal(arena(), json.at("scale").get<std::int32_t>(), read_hex(json.at("unscaled")));
  if (tag == "bigint") {
    Value value = data::make_decimal(arena(), take(data::parse_decimal(content.get<std::string>())));
    value.flags = SLUICE_VALUE_INTEGER;
    return value;
  }
  if (tag == "date" || tag == "time" || tag == "timestamp") return Value::instant(read_long(content));
  if (tag == "array") {
    auto* items = arena_.alloc_array<sluice_value>(content.size());
    for (std::size_t i = 0; i < content.size(); ++i)
      items[i] = read_value(content[i], child(place, Kind::kArray, false));
    return Value::array(items, content.size());
  }
  if (tag == "map" || tag == "hmap") return read_items(content, place);
  malformed("unknown value", json);
}

Json Notation::write_value(const Value& value, const Schema* place) const {
  switch (value.kind()) {
    case Kind::kNull:
      return nullptr;
    case Kind::kInt8:
      return {{"i8", value.i64()}};
    case Kind::kInt16:
      return {{"i16", value.i64()}};
    case Kind::kInt32:
      return {{"i32", value.i64()}};
    case Kind::kInt64:
      return {{"i64", std::to_string(value.i64())}};
    case Kind::kFloat32: {
      std::string text;
      data::append_float(value.f32(), text);
      return {{"f32", text}, {"bits", bits_text(std::bit_cast<std::uint32_t>(value.f32()), 8)}};
    }
    case Kind::kFloat64: {
      std::string text;
      data::append_double(value.f64(), text);
      return {{"f64", text}, {"bits", bits_text(std::bit_cast<std::uint64_t>(value.f64()), 16)}};
    }
    case Kind::kBoolean:
      return {{"bool", value.boolean_value()}};
    case Kind::kString:
      return {{"str", write_text(value.text())}};
    case Kind::kBytes:
      return {{(value.flags & SLUICE_VALUE_BUFFER) != 0 ? "buffer" : "bytes", base::to_hex(value.text())}};
    case Kind::kInstant:
      return {{"timestamp", value.i64()}};
    case Kind::kDecimal: {
      std::string text;
      data::append_decimal(value.decimal_unscaled(), value.decimal_scale(), text);
      if ((value.flags & SLUICE_VALUE_INTEGER) != 0) return {{"bigint", text}};
      return {
          {"decimal", text}, {"unscaled", base::to_hex(value.decimal_unscaled())}, {"scale", value.decimal_scale()}};
    }
    case Kind::kArray: {
      Json items = Json::array();
      for (const Value& item : value.items()) items.push_back(write_value(item, child(place, Kind::kArray, false)));
      return {{"array", items}};
    }
    case Kind::kMap: {
      Json pairs = Json::array();
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); i += 2)
        pairs.push_back(Json::array({write_value(items[i], child(place, Kind::kMap, true)),
                                     write_value(items[i + 1], child(place, Kind::kMap, false))}));
      return {{"map", pairs}};
    }
    case Kind::kStruct: {
      const Schema& schema = value.struct_schema();
      Json fields = Json::array();
      for (std::size_t i = 0; i < value.items().size(); ++i)
        fields.push_back(Json::array(
            {write_text(schema.fields()[i].name()), write_value(value.items()[i], &schema.fields()[i].schema())}));
      Json json{{"struct", fields}};
      if (!data::schemas_equal(&schema, place)) json["schema"] = write_schema(&schema);
      return json;
    }
  }
  return nullptr;
}

bool same_value(const Value& a, const Value& b) {
  return data::values_equal(a, b);
}

}  // namespace sluice::vectors
