#pragma once
// Geometries as bytes: WKB, and PostGIS's EWKB, which also holds the spatial reference identifier. What Debezium's
// GeometryBytes does with them.

#include <cstdint>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::smt {

inline constexpr std::string_view kGeometryName = "io.debezium.data.geometry.Geometry";

// Whether the bytes say that an identifier follows the type.
bool is_extended(std::string_view geometry);

// The results live in `arena`. Errors: as noted, or the batch's memory is spent.
// EWKB of WKB. BufferUnderflowException if the bytes end too soon.
base::Result<std::string_view> to_extended(sluice_arena* arena, std::string_view wkb, std::int32_t srid);
// WKB of EWKB: only the outermost geometry loses its identifier. BufferUnderflowException if the bytes end too soon.
base::Result<std::string_view> to_plain(sluice_arena* arena, std::string_view ewkb);
// The first two ordinates of each coordinate swapped; bytes behind the geometry are left out. DebeziumException "Failed
// to swap EWKB/WKB coordinates". Limit: kGeometryDepthMax collections within each other.
inline constexpr int kGeometryDepthMax = 200;
base::Result<std::string_view> swap_coordinates(sluice_arena* arena, std::string_view geometry);

}  // namespace sluice::smt
