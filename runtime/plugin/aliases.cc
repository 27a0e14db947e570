#include "runtime/plugin/aliases.h"

#include <algorithm>

namespace sluice::plugin {
namespace {

using config::ComponentKind;

std::string_view suffix(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::kSource:
    case ComponentKind::kSink:
      return "Connector";
    case ComponentKind::kConverter:
      return "Converter";
    case ComponentKind::kHeaderConverter:
      return "HeaderConverter";
    case ComponentKind::kTransformation:
      return "Transformation";
    case ComponentKind::kPredicate:
      return "Predicate";
  }
  return {};
}

constexpr std::string_view kConnectPackage = "org.apache.kafka.connect.";

// "org.x.Cast$Value" -> "Cast$Value": the only short name of a nested class that tells it from others.
std::string_view nested_name(std::string_view class_name) {
  return class_name.substr(class_name.rfind('.') + 1);
}

}  // namespace

std::string_view simple_name(std::string_view class_name) {
  const std::size_t at = class_name.find_last_of(".$");
  return at == std::string_view::npos ? class_name : class_name.substr(at + 1);
}

std::string_view pruned_name(std::string_view class_name, ComponentKind kind) {
  const std::string_view simple = simple_name(class_name);
  const std::size_t at = simple.rfind(suffix(kind));
  return at == std::string_view::npos || at == 0 ? simple : simple.substr(0, at);
}

AliasTable::AliasTable(std::span<const NamedComponent> components) {
  const auto add = [this](std::string_view name, std::string_view class_name) {
    auto& classes = names_[std::string(name)];
    if (std::find(classes.begin(), classes.end(), class_name) == classes.end()) classes.emplace_back(class_name);
  };
  for (const auto& component : components) {
    add(simple_name(component.class_name), component.class_name);
    add(pruned_name(component.class_name, component.kind), component.class_name);
    if (!component.class_name.starts_with(kConnectPackage))
      add(nested_name(component.class_name), component.class_name);
    for (const auto declared : component.declared) {
      add(declared, component.class_name);
      // Another Java class that it stands in for is known by the short forms of its name too.
      if (declared.find('.') == std::string_view::npos) continue;
      add(simple_name(declared), component.class_name);
      add(pruned_name(declared, component.kind), component.class_name);
    }
  }
  // Kafka Connect's own keeps its short name where another built-in class has it too: both have a Filter.
  for (auto& [name, classes] : names_) {
    const auto own = [](const std::string& name_of_class) { return name_of_class.starts_with(kConnectPackage); };
    if (std::count_if(classes.begin(), classes.end(), own) == 1)
      classes = {*std::find_if(classes.begin(), classes.end(), own)};
  }
  // A class name always means itself.
  for (const auto& component : components)
    names_[std::string(component.class_name)] = {std::string(component.class_name)};
}

std::optional<std::string> AliasTable::resolve(std::string_view name) const {
  const auto found = names_.find(std::string(name));
  if (found == names_.end() || found->second.size() != 1) return std::nullopt;
  return found->second[0];
}

std::vector<std::string> AliasTable::ambiguous(std::string_view name) const {
  const auto found = names_.find(std::string(name));
  if (found == names_.end() || found->second.size() < 2) return {};
  return found->second;
}

}  // namespace sluice::plugin
