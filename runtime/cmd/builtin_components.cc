#include "runtime/cmd/builtin_components.h"

#include "runtime/convert/builtin.h"
#include "smt/builtin.h"

namespace sluice::cmd {

base::Status add_builtin_components(plugin::Registry& registry) {
  for (const auto& converter : convert::builtin_converters()) {
    plugin::BuiltinComponent component;
    component.class_name = converter.class_name;
    component.kinds = converter.kinds;
    component.config_def = converter.config_def;
    if (converter.create != nullptr) component.converter = converter.create;
    if (converter.create_header != nullptr) component.header_converter = converter.create_header;
    SLUICE_TRY(registry.add(std::move(component)));
  }
  for (const auto& transform : smt::builtin_transforms()) {
    plugin::BuiltinComponent component;
    component.class_name = transform.class_name;
    component.kinds = {config::ComponentKind::kTransformation};
    component.config_def = transform.config_def;
    component.transform = transform.create;
    SLUICE_TRY(registry.add(std::move(component)));
  }
  for (const auto& predicate : smt::builtin_predicates()) {
    plugin::BuiltinComponent component;
    component.class_name = predicate.class_name;
    component.kinds = {config::ComponentKind::kPredicate};
    component.config_def = predicate.config_def;
    component.predicate = predicate.create;
    SLUICE_TRY(registry.add(std::move(component)));
  }
  return {};
}

}  // namespace sluice::cmd
