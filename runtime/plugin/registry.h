#pragma once
// Which components this worker has: those of the plugins on plugin.path and the built-in ones that main registers. A
// value, built once per worker; rescan() finds plugins dropped in since. Identity is the canonical name: the Java class
// name that a component replaces, or its own name.
//
// Threads: everything here may be called from any thread; what is returned is immutable or shared.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/config/component_catalog.h"
#include "runtime/config/config_map.h"
#include "runtime/config/config_provider.h"
#include "runtime/data/converter.h"
#include "runtime/data/transform.h"
#include "runtime/plugin/connector_component.h"
#include "runtime/plugin/host_services.h"
#include "runtime/plugin/manifest.h"
#include "runtime/plugin/probe.h"

namespace sluice::plugin {

// A component written in C++ inside the worker. Exactly one factory is set for each kind listed.
struct BuiltinComponent {
  std::string class_name;                    // canonical
  std::string version;                       // empty: the worker's
  std::vector<config::ComponentKind> kinds;  // a converter may serve as header converter too
  bool listed = true;                        // false: not in list(), known to who names it
  std::function<config::ConfigDef()> config_def;
  std::function<base::Result<std::unique_ptr<data::Converter>>(const config::ConfigMap&, bool is_key)> converter;
  std::function<base::Result<std::unique_ptr<data::HeaderConverter>>(const config::ConfigMap&)> header_converter;
  std::function<base::Result<std::unique_ptr<data::Transform>>(const config::ConfigMap&)> transform;
  std::function<base::Result<std::unique_ptr<data::Predicate>>(const config::ConfigMap&)> predicate;
};

// What GET /connector-plugins shows of one component.
struct PluginInfo {
  std::string class_name;
  config::ComponentKind kind;
  std::string version;  // empty: none shown
};

// A file on plugin.path that is not used, and why.
struct Quarantined {
  std::string path;
  std::string reason;
};

// A library on plugin.path whose components are offered.
struct LibraryInfo {
  std::string path;
  std::string origin;  // where its description comes from: "manifest", "cache" or "probe"
  Manifest manifest;
};

class Registry final : public config::ComponentCatalog {
 public:
  struct Options {
    std::vector<std::string> plugin_path;
    std::string state_dir;       // staged copies and cached manifests; created if missing
    std::string worker_version;  // shown for built-in components without one of their own
    std::string probe_command;   // the worker's own binary: `<probe_command> plugins probe FILE`
    std::chrono::milliseconds probe_timeout = kProbeTimeout;
    std::chrono::milliseconds rescan_wait{2'000};  // the longest that rescan(), and so a lookup, waits for a probe
  };

  explicit Registry(Options options);
  ~Registry() override;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Before scan(). A duplicate canonical name is an error.
  base::Status add(BuiltinComponent component);
  // Reads plugin.path: manifests, or the probe in a child process. Never loads a library. Bad plugins are quarantined,
  // not errors.
  void scan();
  // Scans again if something on plugin.path changed since (a cheap look at names, sizes and times). Waits for the scan
  // a while only, so that one plugin that hangs its probe holds nobody up. True: the components changed.
  bool rescan();

  // Connect's order: sinks, sources, transformations, predicates, converters, header converters; by class name within
  // each.
  std::vector<PluginInfo> plugins() const;
  std::vector<Quarantined> quarantined() const;
  std::vector<LibraryInfo> libraries() const;

  // ComponentCatalog. A miss looks at plugin.path again before it answers; so do list() and plugins(), at most every 50
  // ms.
  std::optional<std::string> resolve(std::string_view name_or_alias) const override;
  bool is_a(std::string_view class_name, config::ComponentKind kind) const override;
  std::vector<std::string> list(config::ComponentKind kind) const override;
  std::vector<std::string> versions(std::string_view class_name) const override;
  base::Result<std::shared_ptr<const config::ConfigDef>> config_def(std::string_view class_name,
                                                                    config::ComponentKind kind) const override;

  // Config providers of the plugins, under every name they answer to. The factories do not need the registry; a library
  // is loaded when its provider is configured.
  std::map<std::string, config::ConfigProviderFactory, std::less<>> config_providers() const;

  // Finds by class name or alias (the newest version where there are several) and loads the library if that has not
  // happened and `isolation` asks for no process. Errors with Connect's texts for an unknown or an ambiguous name;
  // kFatal with the reason where the library does not load. May take long (dlopen): not for the herder thread.
  base::Result<ConnectorComponent> connector(std::string_view name_or_alias, const Isolation& isolation = {});

  // New instances, built-in or from a plugin; `services` is for plugin components. Errors: unknown name, refused
  // configuration.
  base::Result<std::unique_ptr<data::Transform>> make_transform(std::string_view class_name,
                                                                const config::ConfigMap& config,
                                                                HostServices& services);
  base::Result<std::unique_ptr<data::Predicate>> make_predicate(std::string_view class_name,
                                                                const config::ConfigMap& config,
                                                                HostServices& services);
  base::Result<std::unique_ptr<data::Converter>> make_converter(std::string_view class_name,
                                                                const config::ConfigMap& config, bool is_key,
                                                                HostServices& services);
  base::Result<std::unique_ptr<data::HeaderConverter>> make_header_converter(std::string_view class_name,
                                                                             const config::ConfigMap& config,
                                                                             HostServices& services);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::plugin
