#include "smt/mongo_schema.h"

#include <algorithm>
#include <map>

#include "smt/debezium_envelope.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

tl::unexpected<base::Error> mixed() {
  return base::fail(base::Code::kBadRecord, kDebeziumException,
                    "Array elements with different Bson types are not supported");
}

// MongoDataConverter.getSchema; nullptr: the type is not supported there.
base::Result<const Schema*> schema_of(data::SchemaPool& pool, MongoType type) {
  switch (type) {
    case MongoType::kNull:
    case MongoType::kString:
    case MongoType::kJavaScript:
    case MongoType::kObjectId:
    case MongoType::kDecimal128:
      return pool.primitive(Kind::kString, true);
    case MongoType::kDouble:
      return pool.primitive(Kind::kFloat64, true);
    case MongoType::kBinary:
      return pool.primitive(Kind::kBytes, true);
    case MongoType::kInt32:
      return pool.primitive(Kind::kInt32, true);
    case MongoType::kInt64:
      return pool.primitive(Kind::kInt64, true);
    case MongoType::kBoolean:
      return pool.primitive(Kind::kBoolean, true);
    case MongoType::kDateTime:
    case MongoType::kTimestamp:
      return data::SchemaBuilder::timestamp().optional().build(pool);
    case MongoType::kArray:
      return data::SchemaBuilder::array(pool.primitive(Kind::kString, true)).optional().build(pool);
    case MongoType::kDocument:
      return data::SchemaBuilder::structure().optional().build(pool);
    case MongoType::kRegularExpression:
    case MongoType::kUndefined:
    case MongoType::kOther:
      break;
  }
  return nullptr;
}

base::Result<const Schema*> supported_schema_of(data::SchemaPool& pool, MongoType type) {
  SLUICE_TRY_ASSIGN(const Schema* schema, schema_of(pool, type));
  if (schema != nullptr) return schema;
  return base::fail(base::Code::kBadRecord, base::exceptions::kIllegalArgument,
                    "The value type is not supported for sub schema");
}

base::Result<const Schema*> array_of(data::SchemaPool& pool, const Schema* element) {
  return data::SchemaBuilder::array(element).optional().build(pool);
}

// What an element of an array is called as a field.
std::string element_name(std::size_t position) {
  return "_" + std::to_string(position);
}

bool is_scalar(const MongoValue& value) {
  return value.type != MongoType::kArray && value.type != MongoType::kDocument;
}

// The schema of the scalars of an array, which must be one; nullptr: there are none.
base::Result<const Schema*> scalar_element(data::SchemaPool& pool, const MongoValue& array) {
  const Schema* element = nullptr;
  for (const MongoValue& item : array.items) {
    if (!is_scalar(item)) continue;
    SLUICE_TRY_ASSIGN(const Schema* schema, supported_schema_of(pool, item.type));
    if (element != nullptr && schema != element) return mixed();
    element = schema;
  }
  return element;
}

}  // namespace

void MongoStruct::add(std::string_view name, const Schema* schema) {
  if (names_.emplace(name).second) fields_.emplace_back(std::string(name), schema);
}

base::Status MongoStruct::add_new(std::string_view name, const Schema* schema) {
  if (has(name))
    return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder,
                      "Cannot create field because of field name duplication {}", name);
  add(name, schema);
  return {};
}

// Java prints the name of a struct that has none.
std::string MongoStruct::path_to(std::string_view name) const {
  return (name_.empty() ? "null" : name_) + "." + std::string(name);
}

base::Status MongoStruct::add(data::SchemaPool& pool, std::string_view name, const MongoValue& value) {
  return conversion_->adjust_name ? add_adjusted(pool, field_name(name), value) : add_adjusted(pool, name, value);
}

base::Status MongoStruct::add_adjusted(data::SchemaPool& pool, std::string_view name, const MongoValue& value) {
  if (has(name)) return {};
  switch (value.type) {
    case MongoType::kUndefined:
    case MongoType::kOther:
      return {};
    case MongoType::kRegularExpression: {
      const Schema* text = pool.primitive(Kind::kString, true);
      SLUICE_TRY_ASSIGN(const Schema* schema, data::SchemaBuilder::structure()
                                                  .name("io.debezium.mongodb.regex")
                                                  .optional()
                                                  .field("regex", text)
                                                  .field("options", text)
                                                  .build(pool));
      add(name, schema);
      return {};
    }
    case MongoType::kDocument:
      if (!value.fields.empty()) return add_document(pool, name, value);
      break;
    case MongoType::kArray:
      return conversion_->arrays_as_documents ? add_array_as_document(pool, name, value) : add_array(pool, name, value);
    default:
      break;
  }
  SLUICE_TRY_ASSIGN(const Schema* schema, schema_of(pool, value.type));
  add(name, schema);
  return {};
}

base::Status MongoStruct::add_document(data::SchemaPool& pool, std::string_view name, const MongoValue& document) {
  MongoStruct inner(*conversion_, path_to(name));
  for (const auto& [field, value] : document.fields) SLUICE_TRY(inner.add(pool, field, value));
  SLUICE_TRY_ASSIGN(const Schema* schema, inner.build(pool, true));
  add(name, schema);
  return {};
}

// Nested arrays count first, then documents, then scalars; the first of them that gives a schema decides.
base::Status MongoStruct::add_array(data::SchemaPool& pool, std::string_view name, const MongoValue& array) {
  bool anything = false;
  for (const MongoValue& item : array.items) {
    if (item.type != MongoType::kArray) continue;
    anything = true;
    SLUICE_TRY(add_nested(pool, name, item));
  }
  SLUICE_TRY_ASSIGN(const Schema* element, documents(pool, path_to(name), array));
  if (element != nullptr && !has(name)) {
    SLUICE_TRY_ASSIGN(const Schema* schema, array_of(pool, element));
    add(name, schema);
  }
  const bool scalars = std::any_of(array.items.begin(), array.items.end(), is_scalar);
  if (scalars && !has(name)) {
    SLUICE_TRY_ASSIGN(element, scalar_element(pool, array));
    SLUICE_TRY_ASSIGN(const Schema* schema, array_of(pool, element));
    add(name, schema);
  }
  if (anything || scalars || element != nullptr) return {};
  SLUICE_TRY_ASSIGN(const Schema* schema, schema_of(pool, MongoType::kArray));
  add(name, schema);
  return {};
}

// An array within an array. Deeper ones fail, as in Java.
base::Status MongoStruct::add_nested(data::SchemaPool& pool, std::string_view name, const MongoValue& inner) {
  if (has(name)) return {};
  const bool deeper = std::any_of(inner.items.begin(), inner.items.end(),
                                  [](const MongoValue& item) { return item.type == MongoType::kArray; });
  if (deeper)
    return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast,
                      "class org.bson.BsonType cannot be cast to class org.bson.BsonValue");
  SLUICE_TRY_ASSIGN(const Schema* element, documents(pool, "", inner));
  if (element == nullptr) {
    SLUICE_TRY_ASSIGN(element, scalar_element(pool, inner));
  }
  if (element == nullptr) return {};  // empty: no schema at all, and the value will fail
  SLUICE_TRY_ASSIGN(const Schema* array, array_of(pool, element));
  SLUICE_TRY_ASSIGN(const Schema* schema, array_of(pool, array));
  add(name, schema);
  return {};
}

// One schema for all documents of an array; nullptr: there are none, or none has a field. A field must have one type;
// a document or an array in it counts as it is in the last of them.
base::Result<const Schema*> MongoStruct::documents(data::SchemaPool& pool, std::string name,
                                                   const MongoValue& array) const {
  std::vector<std::pair<std::string_view, const MongoValue*>> merged;
  std::map<std::string_view, std::size_t> places;
  for (const MongoValue& item : array.items) {
    if (item.type != MongoType::kDocument) continue;
    for (const auto& [field, value] : item.fields) {
      SLUICE_TRY_ASSIGN(const Schema* schema, supported_schema_of(pool, value.type));
      const auto [place, added] = places.emplace(field, merged.size());
      if (added) {
        merged.emplace_back(field, &value);
        continue;
      }
      SLUICE_TRY_ASSIGN(const Schema* known, supported_schema_of(pool, merged[place->second].second->type));
      if (known != schema) return mixed();
      merged[place->second].second = &value;
    }
  }
  if (merged.empty()) return nullptr;
  MongoStruct inner(*conversion_, std::move(name));
  for (const auto& [field, value] : merged) SLUICE_TRY(inner.add(pool, field, *value));
  return inner.build(pool, true);
}

// The struct of an array, named after its field.
base::Status MongoStruct::add_array_as_document(data::SchemaPool& pool, std::string_view name,
                                                const MongoValue& array) {
  MongoStruct elements(*conversion_, path_to(name));
  SLUICE_TRY(elements.add_elements(pool, array));
  SLUICE_TRY_ASSIGN(const Schema* schema, elements.build(pool, true));
  add(name, schema);
  return {};
}

// Documents and arrays count by themselves, in one row, and the scalars by themselves behind them, as in Java: in an
// array that mixes them, an element may find no field of its number. An element without a field of its own has none.
base::Status MongoStruct::add_elements(data::SchemaPool& pool, const MongoValue& array) {
  std::size_t documents = 0;
  std::size_t arrays = 0;
  for (const MongoValue& item : array.items) {
    const bool document = item.type == MongoType::kDocument;
    if (!document && item.type != MongoType::kArray) continue;
    const std::string element = element_name(document ? documents++ : arrays);
    MongoStruct inner(*conversion_, path_to(element));
    if (document) {
      for (const auto& [field, value] : item.fields) SLUICE_TRY(inner.add_in_element(pool, field_name(field), value));
    } else {
      SLUICE_TRY(inner.add_scalars(pool, item));
    }
    if (inner.empty()) continue;
    if (!document) ++arrays;
    SLUICE_TRY_ASSIGN(const Schema* schema, inner.build(pool, true));
    SLUICE_TRY(add_new(element, schema));
  }
  return add_scalars(pool, array);
}

base::Status MongoStruct::add_scalars(data::SchemaPool& pool, const MongoValue& array) {
  std::size_t count = 0;
  for (const MongoValue& item : array.items) {
    if (!is_scalar(item)) continue;
    SLUICE_TRY_ASSIGN(const Schema* schema, supported_schema_of(pool, item.type));
    SLUICE_TRY(add_new(element_name(count++), schema));
  }
  return {};
}

// A field of a document that is an element of an array.
base::Status MongoStruct::add_in_element(data::SchemaPool& pool, std::string_view name, const MongoValue& value) {
  if (value.type == MongoType::kDocument && !value.fields.empty()) return add_adjusted(pool, name, value);
  if (value.type == MongoType::kArray || value.type == MongoType::kDocument) {
    const std::string path = path_to(name);
    MongoStruct inner(*conversion_, value.items.empty() ? field_name(path) : path);
    SLUICE_TRY(inner.add_elements(pool, value));
    SLUICE_TRY_ASSIGN(const Schema* schema, inner.build(pool, true));
    return add_new(name, schema);
  }
  SLUICE_TRY_ASSIGN(const Schema* schema, supported_schema_of(pool, value.type));
  return add_new(name, schema);
}

base::Result<const Schema*> MongoStruct::build(data::SchemaPool& pool, bool optional) const {
  auto builder = data::SchemaBuilder::structure().optional(optional);
  if (!name_.empty()) builder.name(name_);
  for (const auto& [name, schema] : fields_) builder.field(name, schema);
  return builder.build(pool);
}

namespace {

// Struct.put of a field of a document.
base::Result<std::size_t> place_of(const MongoConversion& conversion, std::string_view name, const Schema& schema) {
  if (!conversion.adjust_name) return named_field(schema, name);
  return named_field(schema, conversion.adjust_name(name));
}

base::Result<Value> regex_value(sluice_arena* arena, const MongoValue& value, const Schema& schema) {
  SLUICE_TRY_ASSIGN(const std::size_t pattern, named_field(schema, "regex"));
  SLUICE_TRY_ASSIGN(const std::size_t options, named_field(schema, "options"));
  SLUICE_TRY_ASSIGN(sluice_struct* const regex, new_struct(arena, &schema));
  SLUICE_TRY(struct_put(regex, pattern, Value::string(value.text)));
  SLUICE_TRY(struct_put(regex, options, Value::string(value.options)));
  return struct_value(regex);
}

base::Result<Value> array_value(sluice_arena* arena, const MongoConversion& conversion, const MongoValue& value,
                                const Schema& schema) {
  if (schema.value_schema() == nullptr)
    return base::data_error("Cannot look up value schema on non-array and non-map type");
  auto* items = arena_array<sluice_value>(arena, value.items.size());
  if (items == nullptr) return out_of_memory();
  std::size_t count = 0;
  for (const MongoValue& item : value.items) {
    if (item.type == MongoType::kArray && item.items.empty()) continue;  // left out, as in Java
    SLUICE_TRY_ASSIGN(items[count++], mongo_to_connect(arena, conversion, item, *schema.value_schema()));
  }
  return Value::array(items, count);
}

base::Result<Value> struct_of_array(sluice_arena* arena, const MongoConversion& conversion, const MongoValue& value,
                                    const Schema& schema) {
  if (schema.type() != Kind::kStruct)
    return base::data_error("Not a struct schema: {}", data::type_name(schema.type()));
  SLUICE_TRY_ASSIGN(sluice_struct* const elements, new_struct(arena, &schema));
  for (std::size_t i = 0; i < value.items.size(); ++i)
    SLUICE_TRY(put_mongo_field(arena, conversion, element_name(i), value.items[i], elements));
  return struct_value(elements);
}

base::Result<Value> document_value(sluice_arena* arena, const MongoConversion& conversion, const MongoValue& value,
                                   const Schema& schema) {
  if (schema.type() != Kind::kStruct)
    return base::data_error("Not a struct schema: {}", data::type_name(schema.type()));
  SLUICE_TRY_ASSIGN(sluice_struct* const record, new_struct(arena, &schema));
  for (const auto& [name, field] : value.fields) SLUICE_TRY(put_mongo_field(arena, conversion, name, field, record));
  return struct_value(record);
}

}  // namespace

base::Result<Value> mongo_to_connect(sluice_arena* arena, const MongoConversion& conversion, const MongoValue& value,
                                     const Schema& schema) {
  switch (value.type) {
    case MongoType::kString:
    case MongoType::kObjectId:
    case MongoType::kDecimal128:
    case MongoType::kJavaScript:
      return Value::string(value.text);
    case MongoType::kBinary:
      return Value::bytes(value.text);
    case MongoType::kDouble:
      return Value::float64(value.real);
    case MongoType::kInt32:
      return Value::int32(static_cast<std::int32_t>(value.number));
    case MongoType::kInt64:
      return Value::int64(value.number);
    case MongoType::kBoolean:
      return Value::boolean(value.number != 0);
    case MongoType::kDateTime:
      return Value::instant(value.number);
    case MongoType::kTimestamp:
      return Value::instant(value.number * 1000);
    case MongoType::kRegularExpression:
      return regex_value(arena, value, schema);
    case MongoType::kArray:
      return conversion.arrays_as_documents ? struct_of_array(arena, conversion, value, schema)
                                            : array_value(arena, conversion, value, schema);
    case MongoType::kDocument:
      return document_value(arena, conversion, value, schema);
    case MongoType::kNull:
    case MongoType::kUndefined:
    case MongoType::kOther:
      break;
  }
  return Value();
}

base::Status put_mongo_field(sluice_arena* arena, const MongoConversion& conversion, std::string_view name,
                             const MongoValue& value, sluice_struct* record) {
  if (value.type == MongoType::kUndefined) return {};
  const bool empty_array = value.type == MongoType::kArray && value.items.empty();
  if (empty_array && conversion.adjust_name) return {};
  const auto& schema = *static_cast<const Schema*>(record->schema);
  SLUICE_TRY_ASSIGN(const std::size_t at, place_of(conversion, name, schema));
  SLUICE_TRY_ASSIGN(const Value put, mongo_to_connect(arena, conversion, value, schema.fields()[at].schema()));
  return struct_put(record, at, put);
}

// An element that is like the one before it changes nothing, unless elements are fields.
void append_mongo_shape(const MongoConversion& conversion, const MongoValue& value, std::string& shape) {
  shape += static_cast<char>('a' + static_cast<int>(value.type));
  if (value.type == MongoType::kArray) {
    std::size_t before = shape.size();
    for (const MongoValue& item : value.items) {
      const std::size_t begin = shape.size();
      append_mongo_shape(conversion, item, shape);
      const std::string_view whole = shape;
      if (!conversion.arrays_as_documents && whole.substr(before, begin - before) == whole.substr(begin))
        shape.resize(begin);
      else
        before = begin;
    }
    shape += ']';
  } else if (value.type == MongoType::kDocument) {
    for (const auto& [name, field] : value.fields) {
      shape.append(std::to_string(name.size())).append(":").append(name);
      append_mongo_shape(conversion, field, shape);
    }
    shape += '}';
  }
}

}  // namespace sluice::smt
