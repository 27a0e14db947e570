#pragma once
// The fields that a header of the record names are taken out of its value, and its key if wanted: the options
// `drop.fields.*` of ExtractNewRecordState.

#include <map>
#include <string>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/converter.h"
#include "runtime/data/schema.h"
#include "smt/per_schema.h"

namespace sluice::smt {

// Owned by one transform, used on its task's thread. Remembers one schema for each set of fields that was dropped.
class DropFields {
 public:
  // `optional_only`: fields that are required stay.
  explicit DropFields(bool optional_only) : optional_only_(optional_only) {}

  // `names` is the header's value. Fields that stay take their defaults for nulls, as in Java's ReplaceField. Error:
  // `schema` is null or of no struct where the optional fields are asked for; the value is no struct or map.
  base::Result<data::SchemaAndValue> drop(data::SchemaPool& pool, sluice_arena* arena, const Schema* schema,
                                          const Value& value, const Value& names);

 private:
  struct Kept {
    const Schema* schema = nullptr;
    std::vector<std::size_t> positions;
  };
  using Dropped = std::vector<bool>;  // by position
  struct Plans {
    mutable std::map<Dropped, Kept> by_dropped;
  };

  base::Result<bool> drops_any(const Schema* schema, const Value& names) const;
  bool drops(const Field& field, const Value& names) const;
  base::Result<const Kept*> kept_of(data::SchemaPool& pool, const Schema& schema, const Value& names);

  const bool optional_only_;
  PerSchema<Plans> plans_;
  Dropped dropped_;  // of the record at hand
};

}  // namespace sluice::smt
