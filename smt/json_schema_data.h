#pragma once
// Schemas and values inferred from JSON texts, as Debezium's JsonSchemaData infers them, oddities included: every field
// is optional, empty arrays have no schema, the objects of an array are merged into one schema that is required.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/convert/json_tree.h"
#include "runtime/data/schema.h"

namespace sluice::smt {

enum class JsonNulls { kIgnored, kOptionalBytes };

// Owned by one transform, used on its task's thread. A schema is inferred once for each shape of text; kShapesMax
// shapes are remembered.
class JsonSchemaData {
 public:
  static constexpr std::size_t kShapesMax = 1000;
  static constexpr std::size_t kShapeBytesMax = 64 * 1024;  // a longer shape is inferred each time

  using NameAdjuster = std::function<std::string(std::string_view name)>;

  // `name` is the name of the outermost schema, and what those of its fields begin with. Without an adjuster names of
  // fields stay as they are.
  JsonSchemaData(std::optional<std::string> name, JsonNulls nulls, NameAdjuster adjuster = {});

  // JsonSchemaData.toConnectSchema; nullptr: none. Error: ConnectException for an array of mixed elements,
  // SchemaBuilderException for an empty name.
  base::Result<const Schema*> schema_of(data::SchemaPool& pool, const convert::json::Node& node);

  // JsonSchemaData.toConnectData: a struct of `schema`, its texts views of what `node` views. Error: DataException if
  // the text does not fit (an array at the top, a whole number of more than 64 bits, merged objects of other types);
  // a null pointer for a null schema.
  static base::Result<Value> value_of(sluice_arena* arena, const convert::json::Node& node, const Schema* schema);

 private:
  struct Text {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Name = std::optional<std::string>;

  base::Result<const Schema*> infer(data::SchemaPool& pool, const Name& name, const convert::json::Node& node) const;
  base::Result<const Schema*> infer_object(data::SchemaPool& pool, const Name& name,
                                           const convert::json::Node& node) const;
  base::Result<const Schema*> infer_element(data::SchemaPool& pool, const Name& name,
                                            const convert::json::Node& array) const;
  base::Result<const convert::json::Node*> sample(const convert::json::Node& array) const;

  const Name name_;
  const JsonNulls nulls_;
  const NameAdjuster adjuster_;
  std::unordered_map<std::string, const Schema*, Text, std::equal_to<>> shapes_;
  std::string shape_;  // scratch
};

}  // namespace sluice::smt
