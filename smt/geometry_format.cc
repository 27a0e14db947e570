#include "smt/geometry_format.h"

#include "runtime/base/strings.h"
#include "smt/debezium_fields.h"
#include "smt/geometry_bytes.h"
#include "smt/geometry_walk.h"

namespace sluice::smt {
namespace {

// Debezium's `format` names what the geometries are: `wkb` becomes EWKB, `ewkb` becomes WKB. The first extended
// geometry that is met turns the transform to `ewkb` for good.
class GeometryFormat final : public GeometryTransform {
 public:
  explicit GeometryFormat(bool extended) : GeometryTransform(false), extended_(extended) {}

 protected:
  base::Result<Value> geometry_of(sluice_arena* arena, const Value& geometry) override {
    SLUICE_TRY_ASSIGN(const GeometryParts parts, geometry_parts(geometry));
    if (is_extended(parts.wkb)) extended_ = true;
    if (extended_) {
      SLUICE_TRY_ASSIGN(const std::string_view plain, to_plain(arena, parts.wkb));
      return with_wkb(arena, geometry, parts, plain);
    }
    if (parts.srid.is_null())
      return base::fail(base::Code::kBadRecord, base::exceptions::kConnect, "Cannot convert to EWKB when SRID is null");
    SLUICE_TRY_ASSIGN(const std::string_view wide,
                      to_extended(arena, parts.wkb, static_cast<std::int32_t>(parts.srid.i64())));
    return with_wkb(arena, geometry, parts, wide);
  }

 private:
  bool extended_;
};

const DebeziumFields& fields() {
  static const DebeziumFields kFields(
      {debezium_field("format", config::Type::kString, config::Importance::kLow, "Target Format",
                      "The target Geometry format to convert to. Options are 'wkb' and 'ewkb'")
           .width(config::Width::kMedium)
           .one_of({"wkb", "ewkb"})
           .defaults_to("wkb")});
  return kFields;
}

}  // namespace

config::ConfigDef geometry_format_config() {
  return fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_geometry_format(const config::ConfigMap& config) {
  SLUICE_TRY(fields().validate(config));
  const std::string format = *fields().text(config, "format");
  return std::make_unique<GeometryFormat>(base::equals_ignore_case_ascii(base::java_trim(format), "ewkb"));
}

}  // namespace sluice::smt
