#pragma once
// Schemas and values of MongoDB's documents, as Debezium's MongoDataConverter makes them.

#include <functional>
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

struct MongoConversion {
  bool arrays_as_documents = false;  // array.encoding=document: a struct with the fields _0, _1 and so on
  std::function<std::string(std::string_view)> adjust_name;  // of fields; empty: none. With it, empty arrays are nulls
};

// A struct schema in the making. A field that there is already stays, unless it is said to be new.
class MongoStruct {
 public:
  // `name`: empty for none. `conversion` outlives it.
  MongoStruct(const MongoConversion& conversion, std::string name) : conversion_(&conversion), name_(std::move(name)) {}

  bool has(std::string_view name) const { return names_.count(name) != 0; }
  void add(std::string_view name, const Schema* schema);
  // Adds the field that the value of a document asks for; none for types without a schema. Error: DebeziumException,
  // an array of mixed elements.
  base::Status add(data::SchemaPool& pool, std::string_view name, const MongoValue& value);
  // Error: SchemaBuilderException, there is a field of that name.
  base::Status add_new(std::string_view name, const Schema* schema);

  bool empty() const { return fields_.empty(); }
  base::Result<const Schema*> build(data::SchemaPool& pool, bool optional) const;

 private:
  std::string field_name(std::string_view name) const {
    return conversion_->adjust_name ? conversion_->adjust_name(name) : std::string(name);
  }
  // What a struct in the field `name` is called.
  std::string path_to(std::string_view name) const;
  base::Status add_adjusted(data::SchemaPool& pool, std::string_view name, const MongoValue& value);
  base::Status add_document(data::SchemaPool& pool, std::string_view name, const MongoValue& document);

  base::Status add_array(data::SchemaPool& pool, std::string_view name, const MongoValue& array);
  base::Status add_nested(data::SchemaPool& pool, std::string_view name, const MongoValue& inner);
  base::Result<const Schema*> documents(data::SchemaPool& pool, std::string name, const MongoValue& array) const;

  base::Status add_array_as_document(data::SchemaPool& pool, std::string_view name, const MongoValue& array);
  base::Status add_elements(data::SchemaPool& pool, const MongoValue& array);
  base::Status add_scalars(data::SchemaPool& pool, const MongoValue& array);
  base::Status add_in_element(data::SchemaPool& pool, std::string_view name, const MongoValue& value);

  const MongoConversion* conversion_;
  std::string name_;  // empty: none
  std::vector<std::pair<std::string, const Schema*>> fields_;
  std::set<std::string, std::less<>> names_;
};

// The value for a schema that was made of it. Its texts are those of `value`, the rest is in `arena`. Error:
// DataException and others, the value has a part without a schema.
base::Result<Value> mongo_to_connect(sluice_arena* arena, const MongoConversion& conversion, const MongoValue& value,
                                     const Schema& schema);

// Puts one field of a document into a struct. Error: as above.
base::Status put_mongo_field(sluice_arena* arena, const MongoConversion& conversion, std::string_view name,
                             const MongoValue& value, sluice_struct* record);

// Appends what the schema of a value depends on: equal texts, equal schemas.
void append_mongo_shape(const MongoConversion& conversion, const MongoValue& value, std::string& shape);

}  // namespace sluice::smt
