#include "smt/swap_geometry_coordinates.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/data/java_text.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_fields.h"
#include "smt/geometry_bytes.h"
#include "smt/geometry_walk.h"

namespace sluice::smt {
namespace {

class SwapGeometryCoordinates final : public GeometryTransform {
 public:
  explicit SwapGeometryCoordinates(std::vector<std::int32_t> srids)
      : GeometryTransform(true), srids_(std::move(srids)) {}

 protected:
  base::Result<Value> geometry_of(sluice_arena* arena, const Value& geometry) override {
    SLUICE_TRY_ASSIGN(const GeometryParts parts, geometry_parts(geometry));
    if (parts.srid.is_null() || std::find(srids_.begin(), srids_.end(), parts.srid.i64()) == srids_.end())
      return geometry;
    SLUICE_TRY_ASSIGN(const std::string_view swapped, swap_coordinates(arena, parts.wkb));
    return with_wkb(arena, geometry, parts, swapped);
  }

 private:
  const std::vector<std::int32_t> srids_;
};

const DebeziumFields& fields() {
  static const DebeziumFields kFields(
      {debezium_field("srids", config::Type::kString, config::Importance::kLow,
                      "Geometry SRIDs that should be considered for coordinate swapping",
                      "A comma-separated list of Geometry SRIDs that indicate which geometry fields should be included "
                      "when swapping coordinates.")
           .width(config::Width::kMedium)});
  return kFields;
}

}  // namespace

config::ConfigDef swap_geometry_coordinates_config() {
  return fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_swap_geometry_coordinates(const config::ConfigMap& config) {
  SLUICE_TRY(fields().validate(config));
  std::vector<std::int32_t> srids;
  for (const auto& item : fields().list(config, "srids")) {
    auto srid = data::parse_int32(item);
    if (!srid)
      return base::fail(base::Code::kInvalidConfig, base::exceptions::kNumberFormat, "{}", srid.error().message());
    srids.push_back(*srid);
  }
  if (!config.contains("srids")) srids = {4326, 3857, 4269};
  return std::make_unique<SwapGeometryCoordinates>(std::move(srids));
}

}  // namespace sluice::smt
