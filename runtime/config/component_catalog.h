#pragma once
// What configuration needs to know of the components on this worker. Implemented by the plugin registry; any thread may
// call.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"

namespace sluice::config {

enum class ComponentKind { kSource, kSink, kConverter, kHeaderConverter, kTransformation, kPredicate };
// The simple name of the Java interface: "Converter", "Transformation", ... ("SourceConnector" and "SinkConnector").
std::string_view kind_interface(ComponentKind kind);

class ComponentCatalog {
 public:
  virtual ~ComponentCatalog() = default;

  // The canonical (class) name that a full name or an alias means, of whatever kind; nothing if unknown or ambiguous.
  virtual std::optional<std::string> resolve(std::string_view name_or_alias) const = 0;
  // Whether the component with this canonical name can serve as `kind`.
  virtual bool is_a(std::string_view class_name, ComponentKind kind) const = 0;
  // Canonical names of all components of `kind`, in the order in which Connect would list them.
  virtual std::vector<std::string> list(ComponentKind kind) const = 0;
  // Versions of a component, newest last; empty if unknown.
  virtual std::vector<std::string> versions(std::string_view class_name) const = 0;
  // The definition of a component's own keys. Error: the component cannot give one; its message is shown to the user.
  virtual base::Result<std::shared_ptr<const ConfigDef>> config_def(std::string_view class_name,
                                                                    ComponentKind kind) const = 0;

  // resolve() as a ClassResolver, extended by the platform's own class names (see platform_classes.h). The catalog must
  // outlive it.
  ClassResolver resolver() const;
};

}  // namespace sluice::config
