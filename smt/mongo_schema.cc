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

base::Status MongoStruct::add(data::SchemaPool& pool, std::string_view name, const MongoValue& value) {
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
    case MongoType::kDocument: {
      if (value.fields.empty()) break;
      MongoStruct inner(name_ + "." + std::string(name));
      for (const auto& [field, inner_value] : value.fields) SLUICE_TRY(inner.add(pool, field, inner_value));
      SLUICE_TRY_ASSIGN(const Schema* schema, inner.build(pool, true));
      add(name, schema);
      return {};
    }
    case MongoType::kArray:
      return add_array(pool, name, value);
    default:
      break;
  }
  SLUICE_TRY_ASSIGN(const Schema* schema, schema_of(pool, value.type));
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
  SLUICE_TRY_ASSIGN(const Schema* element, documents(pool, name_ + "." + std::string(name), array));
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
  MongoStruct inner(std::move(name));
  for (const auto& [field, value] : merged) SLUICE_TRY(inner.add(pool, field, *value));
  return inner.build(pool, true);
}

base::Result<const Schema*> MongoStruct::build(data::SchemaPool& pool, bool optional) const {
  auto builder = data::SchemaBuilder::structure().optional(optional);
  if (!name_.empty()) builder.name(name_);
  for (const auto& [name, schema] : fields_) builder.field(name, schema);
  return builder.build(pool);
}

base::Result<Value> mongo_to_connect(sluice_arena* arena, const MongoValue& value, const Schema& schema) {
  switch (value.type) {
    case MongoType::kString:
    case MongoType::kObjectId:
    case MongoType::kDecimal128:
    case MongoType::kJavaScript:
    case MongoType::kBinary: {
      const std::string_view copy = arena_copy(arena, value.text);
      if (copy.data() == nullptr) return out_of_memory();
      return value.type == MongoType::kBinary ? Value::bytes(copy) : Value::string(copy);
    }
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
    case MongoType::kRegularExpression: {
      MongoValue document;
      document.type = MongoType::kDocument;
      for (const auto& [name, text] : {std::pair("regex", value.text), std::pair("options", value.options)}) {
        MongoValue part;
        part.type = MongoType::kString;
        part.text = text;
        document.fields.emplace_back(name, std::move(part));
      }
      return mongo_to_connect(arena, document, schema);
    }
    case MongoType::kArray: {
      if (schema.value_schema() == nullptr)
        return base::data_error("Cannot look up value schema on non-array and non-map type");
      auto* items = arena_array<sluice_value>(arena, value.items.size());
      if (items == nullptr) return out_of_memory();
      std::size_t count = 0;
      for (const MongoValue& item : value.items) {
        if (item.type == MongoType::kArray && item.items.empty()) continue;  // left out, as in Java
        SLUICE_TRY_ASSIGN(items[count++], mongo_to_connect(arena, item, *schema.value_schema()));
      }
      return Value::array(items, count);
    }
    case MongoType::kDocument: {
      if (schema.type() != Kind::kStruct) return base::data_error("Not a struct schema");
      sluice_struct* record = arena_struct(arena, &schema);
      if (record == nullptr) return out_of_memory();
      for (const auto& [name, field] : value.fields) SLUICE_TRY(put_mongo_field(arena, name, field, record));
      return Value::record(record, schema.field_count);
    }
    case MongoType::kNull:
    case MongoType::kUndefined:
    case MongoType::kOther:
      break;
  }
  return Value();
}

base::Status put_mongo_field(sluice_arena* arena, std::string_view name, const MongoValue& value,
                             sluice_struct* record) {
  if (value.type == MongoType::kUndefined) return {};
  const auto& schema = *static_cast<const Schema*>(record->schema);
  const int at = schema.field_index(name);
  if (at < 0) return base::data_error("{} is not a valid field name", name);
  const auto position = static_cast<std::size_t>(at);
  SLUICE_TRY_ASSIGN(const Value put, mongo_to_connect(arena, value, schema.fields()[position].schema()));
  return struct_put(record, position, put);
}

}  // namespace sluice::smt
