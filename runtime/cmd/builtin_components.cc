#include "runtime/cmd/builtin_components.h"

#include <string_view>

#include "runtime/convert/builtin.h"
#include "smt/builtin.h"

namespace sluice::cmd {
namespace {

// A worker of stock Connect lists Kafka's own: what is more here must not change the answers that its clients compare.
bool is_kafkas(std::string_view class_name) {
  return class_name.starts_with("org.apache.kafka.");
}

}  // namespace

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
    component.listed = is_kafkas(transform.class_name);
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
