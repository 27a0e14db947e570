#include "runtime/convert/json_tree_decoder.h"

#include <optional>
#include <unordered_set>
#include <vector>

#include "runtime/convert/base64.h"
#include "runtime/data/check_value.h"
#include "runtime/data/logical.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"

namespace sluice::convert::json {
namespace {

using base::Code;
using base::data_error;
using base::Error;
using base::fail;
using base::Result;

tl::unexpected<Error> no_memory() {
  return fail(Code::kNoMemory, base::exceptions::kConnect, "The message does not fit into the memory of its batch");
}

tl::unexpected<Error> builder_error(std::string message) {
  return fail(Error(Code::kBadRecord, base::exceptions::kSchemaBuilder, std::move(message)));
}

// Java's longValue of a node: 0 for anything but a number.
std::int64_t long_value(const Node& node) {
  if (node.kind == NodeKind::kInteger) return node.low64;
  return node.kind == NodeKind::kDecimal ? number_low64(node.text) : 0;
}

double double_value(const Node& node) {
  if (node.kind == NodeKind::kInteger && node.width != IntegerWidth::kBig) return static_cast<double>(node.low64);
  return node.is_number() ? number_to_double(node.text) : 0;
}

float float_value(const Node& node) {
  if (node.kind == NodeKind::kInteger && node.width != IntegerWidth::kBig) return static_cast<float>(node.low64);
  return node.is_number() ? number_to_float(node.text) : 0;
}

std::optional<Kind> type_of_name(std::string_view name) {
  if (name == "float") return Kind::kFloat32;
  if (name == "double") return Kind::kFloat64;
  if (name == "float32" || name == "float64") return std::nullopt;
  for (int type = SLUICE_INT8; type <= SLUICE_STRUCT; ++type)
    if (data::type_name_lower(static_cast<Kind>(type)) == name) return static_cast<Kind>(type);
  return std::nullopt;
}

}  // namespace

// ---- schemas
// -------------------------------------------------------------------------------------------------------------

Result<const Schema*> TreeDecoder::schema(const Node& node) const {
  if (node.is_null()) return nullptr;
  const Node* const type_node = node.get("type");
  if (type_node == nullptr || !type_node->is_string()) return data_error("Schema must contain 'type' field");
  const auto type = type_of_name(type_node->text);
  if (!type) return data_error("Unknown schema type: {}", type_node->text);

  data::SchemaBuilder builder(*type);
  if (*type == Kind::kArray) {
    const Node* const items = node.get("items");
    if (items == nullptr || items->is_null()) return data_error("Array schema did not specify the element type");
    SLUICE_TRY_ASSIGN(const Schema* element, schema(*items));
    builder = data::SchemaBuilder::array(element);
  } else if (*type == Kind::kMap) {
    const Node* const keys = node.get("keys");
    if (keys == nullptr) return data_error("Map schema did not specify the key type");
    const Node* const values = node.get("values");
    if (values == nullptr) return data_error("Map schema did not specify the value type");
    SLUICE_TRY_ASSIGN(const Schema* key_schema, schema(*keys));
    SLUICE_TRY_ASSIGN(const Schema* value_schema, schema(*values));
    if (key_schema == nullptr) return builder_error("keySchema cannot be null.");
    if (value_schema == nullptr) return builder_error("valueSchema cannot be null.");
    builder = data::SchemaBuilder::map(key_schema, value_schema);
  } else if (*type == Kind::kStruct) {
    const Node* const fields = node.get("fields");
    if (fields == nullptr || fields->kind != NodeKind::kArray)
      return data_error("Struct schema's \"fields\" argument is not an array.");
    std::unordered_set<std::string_view> names;
    for (const Node& field : fields->items()) {
      const Node* const name = field.get("field");
      if (name == nullptr || !name->is_string()) return data_error("Struct schema's field name not specified properly");
      SLUICE_TRY_ASSIGN(const Schema* field_schema, schema(field));
      if (name->text.empty()) return builder_error("fieldName cannot be null.");
      if (!names.insert(name->text).second)
        return builder_error(fmt::format("Cannot create field because of field name duplication {}", name->text));
      builder.field(name->text, field_schema);
    }
  }

  const Node* const optional = node.get("optional");
  builder.optional(optional != nullptr && optional->kind == NodeKind::kTrue);
  if (const Node* const name = node.get("name"); name != nullptr && name->is_string()) builder.name(name->text);
  if (const Node* const version = node.get("version"); version != nullptr && version->kind == NodeKind::kInteger)
    builder.version(static_cast<std::int32_t>(version->low64));
  if (const Node* const doc = node.get("doc"); doc != nullptr && doc->is_string()) builder.doc(doc->text);
  if (const Node* const parameters = node.get("parameters"); parameters != nullptr) {
    for (const Member& entry : parameters->fields()) {
      if (!entry.value.is_string()) return data_error("Schema parameters must have string values.");
      builder.parameter(entry.name, entry.value.text);
    }
  }
  SLUICE_TRY_ASSIGN(const Schema* plain, builder.build(*context_.schemas));

  const Node* const default_node = node.get("default");
  if (default_node == nullptr) return plain;
  SLUICE_TRY_ASSIGN(const Value default_value, value(plain, default_node));
  // Connect compares the struct's schema with the unfinished schema here, which never is equal.
  base::Status fit = default_value.is(Kind::kStruct) ? base::Status(data_error("Struct schemas do not match."))
                                                     : data::check_value(*plain, default_value);
  if (!fit)
    return fail(Error(Code::kBadRecord, base::exceptions::kSchemaBuilder, "Invalid default value")
                    .with_cause(std::move(fit).error()));
  if (default_value.is_null()) return plain;
  return builder.default_value(default_value).build(*context_.schemas);
}

// ---- values
// --------------------------------------------------------------------------------------------------------------

Result<Value> TreeDecoder::value(const Schema* schema, const Node* node) const {
  if (schema == nullptr) return node == nullptr ? Value() : schemaless(*node);
  if (node == nullptr || node->is_null()) {
    if (options_.replace_null_with_default && schema->has_default()) return schema->default_value();
    if (schema->optional()) return Value();
    return data_error("Invalid null value for required {} field", data::type_name(schema->type()));
  }
  if (schema->has_name()) {
    bool is_logical = false;
    auto result = logical(*schema, *node, &is_logical);
    if (is_logical) return result;
  }
  switch (schema->type()) {
    case Kind::kInt8:
      return Value::int8(static_cast<std::int8_t>(long_value(*node)));
    case Kind::kInt16:
      return Value::int16(static_cast<std::int16_t>(long_value(*node)));
    case Kind::kInt32:
      return Value::int32(static_cast<std::int32_t>(long_value(*node)));
    case Kind::kInt64:
      return Value::int64(long_value(*node));
    case Kind::kFloat32:
      return Value::float32(float_value(*node));
    case Kind::kFloat64:
      return Value::float64(double_value(*node));
    case Kind::kBoolean:
      return Value::boolean(node->kind == NodeKind::kTrue);
    case Kind::kString:
      return node->is_string() ? Value::string(node->text) : Value();
    case Kind::kBytes: {
      if (!node->is_string()) return Value();
      auto bytes = binary(*node);
      if (bytes || bytes.error().code() == Code::kNoMemory) return bytes;
      return fail(
          Error(Code::kBadRecord, base::exceptions::kData, "Invalid bytes field").with_cause(std::move(bytes).error()));
    }
    case Kind::kArray:
      return array(schema->value_schema(), *node);
    case Kind::kMap:
      return schema->key_schema()->type() == Kind::kString ? object_map(schema->value_schema(), *node)
                                                           : pair_map(*schema, *node);
    case Kind::kStruct:
      return structure(*schema, *node);
    default:
      return data_error("Unknown schema type: {}", data::type_name(schema->type()));
  }
}

Result<Value> TreeDecoder::schemaless(const Node& node) const {
  switch (node.kind) {
    case NodeKind::kMissing:
    case NodeKind::kNull:
      return Value();
    case NodeKind::kFalse:
      return Value::boolean(false);
    case NodeKind::kTrue:
      return Value::boolean(true);
    case NodeKind::kInteger:
      return Value::int64(node.low64);
    case NodeKind::kDecimal:
      return Value::float64(number_to_double(node.text));
    case NodeKind::kString:
      return Value::string(node.text);
    case NodeKind::kArray:
      return array(nullptr, node);
    case NodeKind::kObject:
      return object_map(nullptr, node);
  }
  return Value();
}

// Base64 text; the error is what goes beneath Connect's own.
Result<Value> TreeDecoder::binary(const Node& node) const {
  auto* const out = static_cast<char*>(arena_alloc(context_.arena, node.text.size() * 3 / 4 + 4, 1));
  if (out == nullptr) return no_memory();
  const char* const end = read_base64(out, node.text);
  if (end == nullptr)
    return fail(Code::kBadRecord, "com.fasterxml.jackson.databind.exc.InvalidFormatException",
                "Cannot access contents of TextNode as binary due to broken Base64 encoding");
  return Value::bytes({out, static_cast<std::size_t>(end - out)});
}

Result<Value> TreeDecoder::logical(const Schema& schema, const Node& node, bool* is_logical) const {
  const std::string_view name = schema.name();
  *is_logical = true;
  if (name == kDecimalName) return decimal(schema, node);
  if (name == kDateName || name == kTimeName) {
    const bool date = name == kDateName;
    if (!node.is_int())
      return data_error("Invalid type for {}, underlying representation should be integer but was {}",
                        date ? "Date" : "Time", node_type_name(node));
    const auto number = static_cast<std::int32_t>(node.low64);
    return date ? data::date_to_logical(schema, number) : data::time_to_logical(schema, number);
  }
  if (name == kTimestampName) {
    if (node.kind != NodeKind::kInteger)
      return data_error("Invalid type for Timestamp, underlying representation should be integral but was {}",
                        node_type_name(node));
    return data::timestamp_to_logical(schema, node.low64);
  }
  *is_logical = false;
  return Value();
}

Result<Value> TreeDecoder::decimal(const Schema& schema, const Node& node) const {
  if (node.is_number()) {
    const Value number = number_to_decimal(node.text, context_.arena);
    if (number.is_null()) return no_memory();
    return number;
  }
  if (!node.is_string())
    return data_error("Invalid type for Decimal, underlying representation should be numeric or bytes but was {}",
                      node_type_name(node));
  const auto invalid = [](Error cause) {
    return fail(Error(Code::kBadRecord, base::exceptions::kData, "Invalid bytes for Decimal field")
                    .with_cause(std::move(cause)));
  };
  auto bytes = binary(node);
  if (!bytes) return bytes.error().code() == Code::kNoMemory ? fail(bytes.error()) : invalid(std::move(bytes).error());
  if (bytes->text().empty())
    return invalid(Error(Code::kBadRecord, base::exceptions::kNumberFormat, "Zero length BigInteger"));
  auto number = data::decimal_to_logical(schema, bytes->text(), context_.arena);
  if (!number && number.error().code() != Code::kNoMemory) return invalid(std::move(number).error());
  return number;
}

Result<Value> TreeDecoder::array(const Schema* element, const Node& node) const {
  // An object counts as the array of its values, anything else as an empty one.
  auto* const items = arena_array<sluice_value>(context_.arena, node.items().size() + node.fields().size());
  if (items == nullptr) return no_memory();
  std::size_t count = 0;
  for (const Node& item : node.items()) {
    SLUICE_TRY_ASSIGN(items[count++], value(element, &item));
  }
  for (const Member& member : node.fields()) {
    SLUICE_TRY_ASSIGN(items[count++], value(element, &member.value));
  }
  return Value::array(items, count);
}

Result<Value> TreeDecoder::object_map(const Schema* value_schema, const Node& node) const {
  if (node.kind != NodeKind::kObject)
    return data_error("Maps with string fields should be encoded as JSON objects, but found {}", node_type_name(node));
  auto* const items = arena_array<sluice_value>(context_.arena, node.fields().size() * 2);
  if (items == nullptr) return no_memory();
  std::size_t count = 0;
  for (const Member& member : node.fields()) {
    items[count++] = Value::string(member.name);
    SLUICE_TRY_ASSIGN(items[count++], value(value_schema, &member.value));
  }
  return Value::map(items, count / 2);
}

Result<Value> TreeDecoder::pair_map(const Schema& schema, const Node& node) const {
  if (node.kind != NodeKind::kArray)
    return data_error("Maps with non-string fields should be encoded as JSON array of tuples, but found {}",
                      node_type_name(node));
  auto* const items = arena_array<sluice_value>(context_.arena, node.items().size() * 2);
  if (items == nullptr) return no_memory();
  // Equal keys are one entry; byte arrays are never equal in Java.
  const auto hash = [&](std::size_t at) { return static_cast<std::size_t>(data::hash_value(Value(items[at]))); };
  const auto equal = [&](std::size_t a, std::size_t b) {
    return !Value(items[a]).is(Kind::kBytes) && data::values_equal(Value(items[a]), Value(items[b]));
  };
  std::unordered_set<std::size_t, decltype(hash), decltype(equal)> places(16, hash, equal);
  std::size_t count = 0;
  for (const Node& entry : node.items()) {
    if (entry.kind != NodeKind::kArray)
      return data_error("Found invalid map entry instead of array tuple: {}", node_type_name(entry));
    if (entry.count != 2) return data_error("Found invalid map entry, expected length 2 but found :{}", entry.count);
    SLUICE_TRY_ASSIGN(items[count], value(schema.key_schema(), &entry.elements[0]));
    SLUICE_TRY_ASSIGN(const Value item, value(schema.value_schema(), &entry.elements[1]));
    const auto [place, is_new] = places.insert(count);
    items[*place + 1] = item;
    if (is_new) count += 2;
  }
  return Value::map(items, count / 2);
}

Result<Value> TreeDecoder::structure(const Schema& schema, const Node& node) const {
  if (node.kind != NodeKind::kObject)
    return data_error("Structs should be encoded as JSON objects, but found {}", node_type_name(node));
  sluice_struct* const record = arena_struct(context_.arena, &schema);
  if (record == nullptr) return no_memory();
  std::size_t at = 0, hint = 0;
  for (const Field& field : schema.fields()) {
    SLUICE_TRY_ASSIGN(const Value item, value(&field.schema(), node.get(field.name(), &hint)));
    SLUICE_TRY(data::check_field(field, item));
    record->fields[at++] = item;
  }
  return Value::record(record, at);
}

}  // namespace sluice::convert::json
