#pragma once
// Finds the geometries in a record's value, for transforms that change their bytes.

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/batch.h"
#include "runtime/data/transform.h"
#include "smt/per_schema.h"

namespace sluice::smt {

// Gives each geometry struct in the value to geometry_of(), also in structs within structs, and in arrays and maps if
// `into_collections`. As Debezium's transforms, which read each field and put it back, it leaves nulls of fields with a
// default as the default. Values other than structs pass.
class GeometryTransform : public data::RecordTransform {
 protected:
  explicit GeometryTransform(bool into_collections) : into_collections_(into_collections) {}

  // A geometry in `arena`; `geometry` is not null.
  virtual base::Result<Value> geometry_of(sluice_arena* arena, const Value& geometry) = 0;

  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) final;

 private:
  bool changes(const Schema& schema) const;
  base::Result<Value> walk(sluice_arena* arena, const Value& value, const Schema& schema);
  base::Result<Value> walk_struct(sluice_arena* arena, const Value& value);
  base::Result<Value> walk_items(sluice_arena* arena, const Value& value, const Schema& schema);

  const bool into_collections_;
  PerSchema<bool> changing_;  // whether values of the schema can come out other than they were
};

// The field `wkb` of a geometry and its identifier; the bytes have a null pointer where they are null. Error: as
// Struct's getters.
struct GeometryParts {
  int wkb_at = -1;
  std::string_view wkb;
  Value srid;
};
base::Result<GeometryParts> geometry_parts(const Value& geometry);
// The geometry with other bytes.
base::Result<Value> with_wkb(sluice_arena* arena, const Value& geometry, const GeometryParts& parts,
                             std::string_view wkb);

}  // namespace sluice::smt
