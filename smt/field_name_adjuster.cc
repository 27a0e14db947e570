#include "smt/field_name_adjuster.h"

#include "smt/debezium_schema_names.h"

namespace sluice::smt {

base::Result<std::function<std::string(std::string_view)>> field_name_adjuster(std::string_view mode) {
  const auto adjustment = parse_schema_name_adjustment(mode);
  if (!adjustment)
    return base::fail(base::Code::kInvalidConfig, base::exceptions::kNullPointer, "field.name.adjustment.mode");
  if (*adjustment == SchemaNameAdjustment::kNone) return std::function<std::string(std::string_view)>();
  return [adjustment = *adjustment](std::string_view name) { return adjust_field_name(adjustment, name); };
}

}  // namespace sluice::smt
