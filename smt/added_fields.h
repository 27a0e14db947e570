#pragma once
// Fields of fixed names and types that a transform writes into a key or value: a map gets entries, a struct a schema
// with these fields, made once for each schema. A field that is there already keeps its place and changes its type.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/data/transform.h"
#include "smt/per_schema.h"
#include "smt/side.h"

namespace sluice::smt {

// "int8" to "int64", "float32", "float64", "boolean", "string" or "timestamp" (Kind::kInstant). Error: ConfigException
// for the key `config_key`, with the names allowed.
base::Result<Kind> parse_field_type(std::string_view config_key, std::string_view text);
std::string_view field_type_name(Kind type);
// The schema of such a field, optional.
base::Result<const Schema*> field_type_schema(data::SchemaPool& pool, Kind type);

struct AddedField {
  std::string name;
  Kind type = Kind::kString;
};

// Of one transform. Names live here, and so as long as the transform.
class AddedFields {
 public:
  AddedFields(Side side, std::vector<AddedField> fields, std::string purpose)
      : side_(side), fields_(std::move(fields)), purpose_(std::move(purpose)) {}

  const std::vector<AddedField>& fields() const { return fields_; }

  // Writes a value of its type, or null, for each field. Without values a map stays as it is, and a struct keeps what
  // it has where name and type agree, null elsewhere. Error: DataException, neither map nor struct.
  base::Status write(const data::TransformContext& context, data::Batch& batch, data::Record& record,
                     std::span<const Value> values);

 private:
  struct Plan {
    const Schema* schema = nullptr;
    std::vector<std::size_t> positions;  // of each field in the new schema
    std::vector<bool> kept;              // whether the old schema has it with the same type
  };
  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& old) const;
  base::Status write_struct(data::SchemaPool& pool, data::Batch& batch, data::Record& record, const Schema& schema,
                            std::span<const Value> values);

  const Side side_;
  const std::vector<AddedField> fields_;
  const std::string purpose_;
  PerSchema<Plan> plans_;
};

}  // namespace sluice::smt
