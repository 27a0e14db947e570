#pragma once
// Fields of structs read and written as Connect's Struct does, with its texts. A transform looks the position of a
// field up once per schema and then asks by position; -1 stands for a field that the schema lacks.

#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::smt {

struct NamedField {
  std::string_view name;
  int at = -1;
};

// Struct.get: the value, or the field's default where it is null. Error: DataException "NAME is not a valid field
// name".
base::Result<Value> struct_get(const Value& record, NamedField field);

// Struct.getString, getInt32 and the like: no default. Error: as above, or "Field 'NAME' is not of type INT64".
base::Result<Value> struct_get_typed(const Value& record, NamedField field, Kind type);

// Struct.put of a field that `record` has: the value is checked against the field's schema. Error: DataException with
// the text of ConnectSchema.validateValue.
base::Status struct_put(sluice_struct* record, std::size_t at, const Value& value);

// A struct with the fields of another, to change some of them; nullptr: the batch's memory is spent.
sluice_struct* copy_struct(sluice_arena* arena, const Value& record);

}  // namespace sluice::smt
