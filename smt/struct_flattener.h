#pragma once
// Structs flattened as Connect's Flatten does: the fields of nested structs become fields of the struct itself, named
// by their paths.

#include <cstddef>
#include <string>
#include <utility>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/converter.h"
#include "runtime/data/schema.h"
#include "smt/per_schema.h"

namespace sluice::smt {

// Owned by one transform, used on its task's thread.
class StructFlattener {
 public:
  // `keep_maps`: maps in structs stay as they are, instead of failing.
  StructFlattener(std::string delimiter, bool keep_maps) : delimiter_(std::move(delimiter)), keep_maps_(keep_maps) {}

  // Error: DataException, `value` is no struct of `schema`, or has a map that fails.
  base::Result<data::SchemaAndValue> flatten(data::SchemaPool& pool, sluice_arena* arena, const Schema& schema,
                                             const Value& value);

 private:
  base::Result<const Schema*> prepare(data::SchemaPool& pool, const Schema& schema) const;
  base::Status add_fields(data::SchemaPool& pool, const Schema& schema, const std::string& prefix, bool optional,
                          const Value& above, data::SchemaBuilder& builder) const;
  static base::Status fill(const Schema& schema, const Value* record, sluice_struct& flat, std::size_t& at);
  std::string joined(const std::string& prefix, std::string_view name) const;

  const std::string delimiter_;
  const bool keep_maps_;
  PerSchema<const Schema*> plans_;
};

}  // namespace sluice::smt
