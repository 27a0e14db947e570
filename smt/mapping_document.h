#pragma once
// The JSON document of a Mapping: where each field of the result comes from.
//
//   {"versions": {"1": {...}, "2": {"schema": "orders.v2", "fields": [
//     {"source": "$.order.id", "target": "id", "type": "int64", "required": true},
//     {"source": "$.items[*].sku", "target": "order.skus", "transform": "uppercase"},
//     {"source": "$.at", "target": "created", "transform": "date", "format": "yyyy-MM-dd"},
//     {"source": "$.note", "target": "note", "default": "none"}]}}}
//
// A document with one version only may leave "versions" out.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/data/arena.h"
#include "smt/json_path.h"
#include "smt/timestamp_forms.h"

namespace sluice::smt {

enum class MappingTransform { kIdentity, kString, kLowercase, kUppercase, kTrim, kDate };

struct MappedField {
  MappedField(JsonPath path, std::vector<std::string> names) : source(std::move(path)), target(std::move(names)) {}

  JsonPath source;
  std::vector<std::string> target;  // names from the outside in
  MappingTransform transform = MappingTransform::kIdentity;
  std::optional<Kind> type;  // what the values become; nothing: what they are
  Value default_value;       // null: none. Of its type, if there is one
  bool required = false;
  std::unique_ptr<TimestampForms> forms;  // of kDate
};

struct MappingVersion {
  static constexpr std::size_t kFieldsMax = 1000;
  static constexpr std::size_t kTargetDepthMax = 16;
  static constexpr std::size_t kDocumentBytesMax = std::size_t{4} << 20;

  std::optional<std::string> schema_name;
  std::vector<MappedField> fields;
  data::Arena arena;  // of the defaults
};

// Reads the version `version` of a document; no version means the only one. `origin` is what errors name, for instance
// "configuration mapping.file: /etc/map.json". Error: ConfigException with the place in the document.
base::Result<std::unique_ptr<MappingVersion>> read_mapping(std::string_view document, std::string_view origin,
                                                           const std::optional<std::string>& version);

// A value as a field's transform and type say. Error: DataException.
base::Result<Value> map_value_of(const MappedField& field, sluice_arena* arena, const Schema* schema,
                                 const Value& value, std::string& scratch);

}  // namespace sluice::smt
