#include "smt/json_schema_data.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "runtime/data/java_text.h"
#include "runtime/data/value_text.h"
#include "smt/debezium_fields.h"
#include "smt/java_schema_hash.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using convert::json::IntegerWidth;
using convert::json::Node;
using convert::json::NodeKind;

// What of a text its schema depends on. Equal neighbours in an array say nothing new.
void append_shape(const Node& node, std::string& out) {
  switch (node.kind) {
    case NodeKind::kMissing:
    case NodeKind::kNull:
      out.push_back('n');
      return;
    case NodeKind::kFalse:
    case NodeKind::kTrue:
      out.push_back('b');
      return;
    case NodeKind::kInteger:
      out.push_back(node.width == IntegerWidth::kInt ? 'i' : node.width == IntegerWidth::kLong ? 'l' : 'd');
      return;
    case NodeKind::kDecimal:
      out.push_back('d');
      return;
    case NodeKind::kString:
      out.push_back('s');
      return;
    case NodeKind::kArray: {
      out.push_back('[');
      std::size_t last = out.size();
      std::size_t last_size = 0;
      for (const Node& item : node.items()) {
        const std::size_t at = out.size();
        append_shape(item, out);
        const std::string_view text = out;
        if (last_size != 0 && text.substr(at) == text.substr(last, last_size)) {
          out.resize(at);
          continue;
        }
        last = at;
        last_size = out.size() - at;
      }
      out.push_back(']');
      return;
    }
    case NodeKind::kObject:
      out.push_back('{');
      for (const auto& member : node.fields()) {
        data::append_integer(static_cast<std::int64_t>(member.name.size()), out);
        out.append(":").append(member.name);
        append_shape(member.value, out);
      }
      out.push_back('}');
      return;
  }
}

// JsonNode.asText, for messages.
std::string node_text(const Node& node) {
  switch (node.kind) {
    case NodeKind::kTrue:
      return "true";
    case NodeKind::kFalse:
      return "false";
    case NodeKind::kNull:
      return "null";
    case NodeKind::kString:
      return std::string(node.text);
    case NodeKind::kInteger:
      return node.width == IntegerWidth::kBig ? std::string(node.text) : std::to_string(node.low64);
    case NodeKind::kDecimal: {
      std::string text;
      data::append_double(data::parse_double(node.text).value_or(0), text);
      return text;
    }
    default:
      return "";
  }
}

template <typename... Args>
tl::unexpected<base::Error> refused(fmt::format_string<Args...> format, Args&&... args) {
  return base::fail(base::Code::kBadRecord, base::exceptions::kConnect, format, std::forward<Args>(args)...);
}

// JsonSchemaData.mergeSchema: the fields of both; one that is bytes (a null) gives way to another type. What the left
// one was, except optional.
base::Result<const Schema*> merge(data::SchemaPool& pool, const Schema& left, const Schema& right) {
  std::vector<std::pair<std::string_view, const Schema*>> fields;
  for (const Field& field : left.fields()) fields.emplace_back(field.name(), &field.schema());
  for (const Field& field : right.fields()) {
    const int at = left.field_index(field.name());
    if (at < 0) {
      fields.emplace_back(field.name(), &field.schema());
      continue;
    }
    const Schema*& old = fields[static_cast<std::size_t>(at)].second;
    if (old->type() == Kind::kBytes && field.schema().type() != Kind::kBytes) old = &field.schema();
  }
  auto builder = struct_like(left);
  for (const auto& [name, schema] : fields) builder.field(name, schema);
  return builder.build(pool);
}

base::Result<Value> convert(sluice_arena* arena, const Node& node, const Schema& schema);

base::Result<Value> convert_array(sluice_arena* arena, const Node& node, const Schema& schema) {
  const auto items = node.items();
  auto* values = arena_array<sluice_value>(arena, items.size());
  if (values == nullptr) return out_of_memory();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (schema.value_schema() == nullptr)
      return base::data_error("Cannot look up value schema on non-array and non-map type");
    SLUICE_TRY_ASSIGN(values[i], convert(arena, items[i], *schema.value_schema()));
  }
  return Value::array(values, items.size());
}

base::Result<Value> convert_object(sluice_arena* arena, const Node& node, const Schema& schema) {
  if (schema.type() != Kind::kStruct) return base::data_error("Not a struct schema: {}", data::schema_text(schema));
  sluice_struct* record = arena_struct(arena, &schema);
  if (record == nullptr) return out_of_memory();
  std::size_t hint = 0;
  const auto fields = schema.fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Node* member = node.get(fields[i].name(), &hint);
    if (member == nullptr) continue;
    SLUICE_TRY_ASSIGN(const Value value, convert(arena, *member, fields[i].schema()));
    SLUICE_TRY(struct_put(record, i, value));
  }
  return Value::record(record, fields.size());
}

base::Result<Value> convert(sluice_arena* arena, const Node& node, const Schema& schema) {
  switch (node.kind) {
    case NodeKind::kString:
      return Value::string(node.text);
    case NodeKind::kTrue:
    case NodeKind::kFalse:
      return Value::boolean(node.kind == NodeKind::kTrue);
    case NodeKind::kInteger: {
      if (node.width == IntegerWidth::kInt) return Value::int32(static_cast<std::int32_t>(node.low64));
      if (node.width == IntegerWidth::kLong) return Value::int64(node.low64);
      // A BigDecimal, which fits no schema that is inferred: what it is worth does not matter.
      const Value decimal = arena_decimal(arena, 0, "");
      if (decimal.is_null()) return out_of_memory();
      return decimal;
    }
    case NodeKind::kDecimal: {
      SLUICE_TRY_ASSIGN(const double number, data::parse_double(node.text));
      return Value::float64(number);
    }
    case NodeKind::kArray:
      return convert_array(arena, node, schema);
    case NodeKind::kObject:
      return convert_object(arena, node, schema);
    case NodeKind::kMissing:
    case NodeKind::kNull:
      break;
  }
  return Value();
}

}  // namespace

JsonSchemaData::JsonSchemaData(std::optional<std::string> name, JsonNulls nulls, NameAdjuster adjuster)
    : name_(std::move(name)), nulls_(nulls), adjuster_(std::move(adjuster)) {}

base::Result<const Schema*> JsonSchemaData::schema_of(data::SchemaPool& pool, const Node& node) {
  shape_.clear();
  append_shape(node, shape_);
  if (const auto known = shapes_.find(std::string_view(shape_)); known != shapes_.end()) return known->second;
  SLUICE_TRY_ASSIGN(const Schema* schema, infer(pool, name_, node));
  if (shape_.size() <= kShapeBytesMax) {
    if (shapes_.size() >= kShapesMax) shapes_.clear();
    shapes_.emplace(shape_, schema);
  }
  return schema;
}

base::Result<Value> JsonSchemaData::value_of(sluice_arena* arena, const Node& node, const Schema* schema) {
  if (schema == nullptr) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "schema");
  return convert_object(arena, node, *schema);
}

base::Result<const Schema*> JsonSchemaData::infer(data::SchemaPool& pool, const Name& name, const Node& node) const {
  switch (node.kind) {
    case NodeKind::kString:
      return pool.primitive(Kind::kString, true);
    case NodeKind::kTrue:
    case NodeKind::kFalse:
      return pool.primitive(Kind::kBoolean, true);
    case NodeKind::kInteger:
      if (node.width == IntegerWidth::kInt) return pool.primitive(Kind::kInt32, true);
      if (node.width == IntegerWidth::kLong) return pool.primitive(Kind::kInt64, true);
      return pool.primitive(Kind::kFloat64, true);
    case NodeKind::kDecimal:
      return pool.primitive(Kind::kFloat64, true);
    case NodeKind::kArray: {
      if (node.count == 0) return nullptr;
      SLUICE_TRY_ASSIGN(const Schema* element, infer_element(pool, name, node));
      return data::SchemaBuilder::array(element).optional().build(pool);
    }
    case NodeKind::kObject:
      return infer_object(pool, name, node);
    case NodeKind::kNull:
      if (nulls_ == JsonNulls::kOptionalBytes) return pool.primitive(Kind::kBytes, true);
      return nullptr;
    case NodeKind::kMissing:
      break;
  }
  return nullptr;
}

base::Result<const Schema*> JsonSchemaData::infer_object(data::SchemaPool& pool, const Name& name,
                                                         const Node& node) const {
  auto builder = data::SchemaBuilder::structure().optional();
  if (name) builder.name(*name);
  const std::string prefix = !name || is_blank(*name) ? std::string() : *name + ".";
  std::unordered_set<std::string> names;
  for (const auto& member : node.fields()) {
    std::string field = adjuster_ ? adjuster_(member.name) : std::string(member.name);
    SLUICE_TRY_ASSIGN(const Schema* schema, infer(pool, prefix + field, member.value));
    if (schema == nullptr || !names.insert(field).second) continue;
    if (field.empty())
      return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder, "fieldName cannot be null.");
    builder.field(field, schema);
  }
  return builder.build(pool);
}

base::Result<const Schema*> JsonSchemaData::infer_element(data::SchemaPool& pool, const Name& name,
                                                          const Node& array) const {
  SLUICE_TRY_ASSIGN(const Node* first, sample(array));
  if (first == nullptr || first->kind != NodeKind::kObject) {
    Node null;
    null.kind = NodeKind::kNull;
    SLUICE_TRY_ASSIGN(const Schema* schema, infer(pool, std::nullopt, first == nullptr ? null : *first));
    if (schema == nullptr) return refused("Array '' has unrecognized member schema.");
    return schema;
  }
  std::vector<const Schema*> schemas;
  std::unordered_set<const Schema*> known;
  for (const Node& item : array.items()) {
    if (item.kind != NodeKind::kObject) continue;
    SLUICE_TRY_ASSIGN(const Schema* schema, infer(pool, name, item));
    if (known.insert(schema).second) schemas.push_back(schema);
  }
  const Schema* merged = nullptr;
  for (const std::size_t at : java_hash_set_order(schemas)) {
    if (merged == nullptr) {
      merged = schemas[at];
    } else {
      SLUICE_TRY_ASSIGN(merged, merge(pool, *merged, *schemas[at]));
    }
  }
  return merged;
}

// The first element that is not null (nullptr: none), once all are known to be of its type.
base::Result<const Node*> JsonSchemaData::sample(const Node& array) const {
  const auto kind_of = [](const Node& node) {
    if (node.is_number()) return NodeKind::kInteger;
    return node.kind == NodeKind::kTrue ? NodeKind::kFalse : node.kind;
  };
  const auto number_type = [](const Node& node) -> std::string_view {
    if (node.is_int()) return "INT32";
    return node.kind == NodeKind::kInteger && node.width == IntegerWidth::kLong ? "INT64" : "FLOAT64";
  };
  const Node* first = nullptr;
  for (const Node& item : array.items()) {
    if (item.is_null()) continue;
    if (first == nullptr) first = &item;
    if (kind_of(item) != kind_of(*first))
      return refused("Field is not a homogenous array ({} x {}).", node_text(*first),
                     convert::json::node_type_name(item));
    if (item.is_number() && number_type(item) != number_type(*first))
      return refused("Field is not a homogenous array ({} x {}), different number types (Schema{{{}}} x Schema{{{}}})",
                     node_text(*first), node_text(item), number_type(*first), number_type(item));
  }
  return first;
}

}  // namespace sluice::smt
