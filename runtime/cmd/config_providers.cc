#include "runtime/cmd/config_providers.h"

#include "runtime/base/strings.h"
#include "runtime/config/value.h"

namespace sluice::cmd {
namespace {

std::vector<std::string> list_of(const config::ConfigMap& properties, std::string_view key) {
  const auto* text = properties.find(key);
  const auto parsed =
      config::parse_type(key, text == nullptr ? std::nullopt : *text, config::Type::kList, config::ClassResolver());
  if (!parsed) return {};
  const auto* list = std::get_if<config::List>(&*parsed);
  return list == nullptr ? config::List() : *list;
}

}  // namespace

KnownProviders known_config_providers(const config::ConfigMap& properties,
                                      const std::function<const plugin::Registry&()>& plugins) {
  KnownProviders known = config::builtin_config_providers();
  bool foreign = false;
  for (const auto& alias : list_of(properties, "config.providers")) {
    const auto class_name = properties.get("config.providers." + alias + ".class");
    foreign = foreign || (class_name && !known.contains(base::java_trim(*class_name)));
  }
  if (foreign) known.merge(plugins().config_providers());
  return known;
}

std::vector<std::string> written_plugin_path(const config::ConfigMap& properties) {
  return list_of(properties, "plugin.path");
}

}  // namespace sluice::cmd
