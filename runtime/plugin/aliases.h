#pragma once
// The names that components answer to (spec connect-runtime.md section 2.7): the class name, the simple name, and the
// simple name without its kind's suffix, as Kafka Connect computes them; and what the component itself declares. A name
// that means more than one class means none, unless one of them is Kafka Connect's own. Outside of Connect's package a
// nested class is known by its outer name as well ("Cast$Value").

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/config/component_catalog.h"

namespace sluice::plugin {

// "org.x.FileStreamSourceConnector" -> "FileStreamSourceConnector"; "org.x.Cast$Value" -> "Value".
std::string_view simple_name(std::string_view class_name);
// "FileStreamSourceConnector" -> "FileStreamSource" for connectors, and so on.
std::string_view pruned_name(std::string_view class_name, config::ComponentKind kind);

struct NamedComponent {
  std::string_view class_name;
  config::ComponentKind kind;
  std::vector<std::string_view> declared;  // its own name and aliases
};

class AliasTable {
 public:
  AliasTable() = default;
  explicit AliasTable(std::span<const NamedComponent> components);

  // The class name; nothing if the name is unknown or ambiguous.
  std::optional<std::string> resolve(std::string_view name) const;
  // The classes that an ambiguous name could mean; empty for any other.
  std::vector<std::string> ambiguous(std::string_view name) const;

 private:
  std::unordered_map<std::string, std::vector<std::string>> names_;
};

}  // namespace sluice::plugin
