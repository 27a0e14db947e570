#pragma once
// Schemas and values of MongoDB's documents, as Debezium's MongoDataConverter makes them with arrays as arrays.

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/schema.h"
#include "smt/mongo_value.h"

namespace sluice::smt {

// A struct schema in the making. The first field of a name stays.
class MongoStruct {
 public:
  explicit MongoStruct(std::string name) : name_(std::move(name)) {}

  bool has(std::string_view name) const { return names_.count(name) != 0; }
  void add(std::string_view name, const Schema* schema);
  // Adds the field that the value of a document asks for; none for types without a schema. Error: DebeziumException,
  // an array of mixed elements.
  base::Status add(data::SchemaPool& pool, std::string_view name, const MongoValue& value);

  bool empty() const { return fields_.empty(); }
  base::Result<const Schema*> build(data::SchemaPool& pool, bool optional) const;

 private:
  base::Status add_array(data::SchemaPool& pool, std::string_view name, const MongoValue& array);
  base::Status add_nested(data::SchemaPool& pool, std::string_view name, const MongoValue& inner);
  base::Result<const Schema*> documents(data::SchemaPool& pool, std::string name, const MongoValue& array) const;

  std::string name_;  // empty: none
  std::vector<std::pair<std::string, const Schema*>> fields_;
  std::set<std::string, std::less<>> names_;
};

// The value for a schema that was made of it, in `arena`. Error: DataException and others,
// the value has a part without a schema.
base::Result<Value> mongo_to_connect(sluice_arena* arena, const MongoValue& value, const Schema& schema);

// Puts one field of a document into a struct. Error: as above.
base::Status put_mongo_field(sluice_arena* arena, std::string_view name, const MongoValue& value,
                             sluice_struct* record);

}  // namespace sluice::smt
