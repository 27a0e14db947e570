#include "runtime/plugin/registry.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "runtime/base/log.h"
#include "runtime/plugin/aliases.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/loader.h"
#include "runtime/plugin/plugin_config_provider.h"
#include "runtime/plugin/scanner.h"
#include "runtime/plugin/version.h"

namespace sluice::plugin {
namespace {

using base::Code;
using config::ComponentKind;

using Time = std::chrono::steady_clock;

const base::Logger kLog{"sluice.plugin"};
// One request asks for several kinds in a row; plugin.path is listed once for all of them.
constexpr std::chrono::milliseconds kLookInterval{50};

// Kinds as the catalog knows them; nothing for config providers, which no catalog lists.
std::optional<ComponentKind> catalog_kind(std::int32_t kind) {
  switch (kind) {
    case SLUICE_KIND_SOURCE:
      return ComponentKind::kSource;
    case SLUICE_KIND_SINK:
      return ComponentKind::kSink;
    case SLUICE_KIND_TRANSFORM:
      return ComponentKind::kTransformation;
    case SLUICE_KIND_PREDICATE:
      return ComponentKind::kPredicate;
    case SLUICE_KIND_CONVERTER:
      return ComponentKind::kConverter;
    case SLUICE_KIND_HEADER_CONVERTER:
      return ComponentKind::kHeaderConverter;
    default:
      return std::nullopt;
  }
}

// The order of GET /connector-plugins.
int rank(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::kSink:
      return 0;
    case ComponentKind::kSource:
      return 1;
    case ComponentKind::kTransformation:
      return 2;
    case ComponentKind::kPredicate:
      return 3;
    case ComponentKind::kConverter:
      return 4;
    case ComponentKind::kHeaderConverter:
      return 5;
  }
  return 6;
}

// One thing that can be made: a component as one kind.
struct Entry {
  std::string class_name;
  ComponentKind kind;
  std::string version;
  std::shared_ptr<const config::ConfigDef> def;
  const BuiltinComponent* builtin = nullptr;  // or:
  std::shared_ptr<const ScannedLibrary> library;
  std::size_t component = 0;  // index in the library's manifest

  const ComponentManifest& manifest() const { return library->manifest.components[component]; }
};

// Everything known at one moment. Immutable.
struct Snapshot {
  std::vector<Entry> entries;  // sorted by rank, class name, version
  AliasTable names;
  std::vector<std::shared_ptr<const ScannedLibrary>> libraries;

  // The newest version of a class as a kind.
  const Entry* find(std::string_view class_name, ComponentKind kind) const {
    const Entry* newest = nullptr;
    for (const auto& entry : entries)
      if (entry.kind == kind && entry.class_name == class_name) newest = &entry;
    return newest;
  }
};

}  // namespace

struct Registry::Impl {
  explicit Impl(Options given)
      : options(std::move(given)),
        scanner({options.state_dir, options.probe_command, options.probe_timeout}),
        snapshot(std::make_shared<Snapshot>()) {}

  struct Builtin {
    BuiltinComponent component;
    std::shared_ptr<const config::ConfigDef> def;
  };

  std::shared_ptr<const Snapshot> current() const {
    std::lock_guard lock(mutex);
    return snapshot;
  }
  void build(const std::vector<std::shared_ptr<const ScannedLibrary>>& libraries);
  void scan_now();
  bool rescan();
  void look_again();
  std::optional<std::string> resolve(std::string_view name);
  base::Result<const Entry*> find(const std::shared_ptr<const Snapshot>& all, std::string_view name,
                                  ComponentKind kind) const;
  template <typename Table>
  base::Result<const Table*> table(const Entry& entry) const;

  const Options options;

  std::mutex scan_mutex;  // one scan at a time
  Scanner scanner;        // under scan_mutex

  mutable std::mutex mutex;  // the rest; held briefly
  std::deque<Builtin> builtins;
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<Candidate> seen;  // what the last scan that was begun looked at
  Time::time_point looked{};
  bool scanned = false;
  bool scanning = false;
  std::condition_variable scan_done;
  std::thread background;
};

void Registry::Impl::build(const std::vector<std::shared_ptr<const ScannedLibrary>>& libraries) {
  auto made = std::make_shared<Snapshot>();
  made->libraries = libraries;
  for (const auto& builtin : builtins)
    for (const auto kind : builtin.component.kinds)
      made->entries.push_back({builtin.component.class_name, kind,
                               builtin.component.version.empty() ? options.worker_version : builtin.component.version,
                               builtin.def, &builtin.component, nullptr, 0});
  std::set<std::tuple<int, std::string, std::string>> taken;
  for (const auto& entry : made->entries) taken.emplace(rank(entry.kind), entry.class_name, entry.version);
  for (const auto& library : libraries) {
    if (!library->refusal.empty()) continue;
    for (std::size_t i = 0; i < library->manifest.components.size(); ++i) {
      const auto& component = library->manifest.components[i];
      const auto kind = catalog_kind(component.kind);
      if (!kind) continue;
      if (!taken.emplace(rank(*kind), component.class_name(), component.version).second) {
        kLog.warn("{} {} of {} is there already, from a library earlier on plugin.path: this one is not used",
                  component.class_name(), component.version, library->path.string());
        continue;
      }
      made->entries.push_back(
          {component.class_name(), *kind, component.version, library->defs[i], nullptr, library, i});
    }
  }
  std::stable_sort(made->entries.begin(), made->entries.end(), [](const Entry& a, const Entry& b) {
    if (a.kind != b.kind) return rank(a.kind) < rank(b.kind);
    if (a.class_name != b.class_name) return a.class_name < b.class_name;
    return compare_versions(a.version, b.version) < 0;
  });
  std::vector<NamedComponent> named;
  for (const auto& entry : made->entries) {
    NamedComponent one{entry.class_name, entry.kind, {}};
    if (entry.library != nullptr) {
      one.declared.push_back(entry.manifest().name);
      for (const auto& alias : entry.manifest().aliases) one.declared.push_back(alias);
    }
    named.push_back(std::move(one));
  }
  made->names = AliasTable(named);
  snapshot = std::move(made);
}

void Registry::Impl::scan_now() {
  std::lock_guard one_at_a_time(scan_mutex);
  std::vector<std::string> missing;
  auto candidates = list_candidates(options.plugin_path, &missing);
  {
    std::lock_guard lock(mutex);
    if (!scanned)
      for (const auto& element : missing) kLog.warn("Could not get listing for plugin path: {}. Ignoring.", element);
    seen = candidates;
    scanned = true;
  }
  auto libraries = scanner.scan(candidates);
  std::lock_guard lock(mutex);
  build(libraries);
}

bool Registry::Impl::rescan() {
  const auto candidates = list_candidates(options.plugin_path);
  std::unique_lock lock(mutex);
  const auto before = snapshot;
  if (scanned && candidates == seen) return false;
  if (!scanning) {
    if (background.joinable()) background.join();  // it has ended: scanning is false
    scanning = true;
    background = std::thread([this] {
      scan_now();
      std::lock_guard done(mutex);
      scanning = false;
      scan_done.notify_all();
    });
  }
  scan_done.wait_for(lock, options.rescan_wait, [this] { return !scanning; });
  return snapshot != before;
}

void Registry::Impl::look_again() {
  {
    std::lock_guard lock(mutex);
    if (!scanned || Time::now() - looked < kLookInterval) return;
    looked = Time::now();
  }
  rescan();
}

std::optional<std::string> Registry::Impl::resolve(std::string_view name) {
  if (auto found = current()->names.resolve(name)) return found;
  if (name.empty() || !rescan()) return std::nullopt;
  return current()->names.resolve(name);
}

base::Result<const Entry*> Registry::Impl::find(const std::shared_ptr<const Snapshot>& all, std::string_view name,
                                                ComponentKind kind) const {
  const auto class_name = all->names.resolve(name);
  if (class_name) {
    if (const Entry* entry = all->find(*class_name, kind)) return entry;
  }
  std::vector<std::string> available;
  for (const auto& entry : all->entries)
    if (entry.kind == kind && (available.empty() || available.back() != entry.class_name))
      available.push_back(entry.class_name);
  return base::fail(Code::kNotFound, base::exceptions::kConnect,
                    "Failed to find any class that implements {} and which name matches {}, available plugins are: {}",
                    kind_interface(kind), name, fmt::join(available, ", "));
}

// The table of functions of a plugin's component, loading its library if need be.
template <typename Table>
base::Result<const Table*> Registry::Impl::table(const Entry& entry) const {
  SLUICE_TRY_ASSIGN(const LoadedLibrary* library,
                    load_library(entry.library->path, entry.library->manifest, options.state_dir));
  const sluice_component* component = library->component(entry.manifest().kind, entry.manifest().name);
  if (component == nullptr)
    return base::fail(Code::kFatal, base::exceptions::kConnect, "{} has lost its component {}",
                      entry.library->path.string(), entry.manifest().name);
  return static_cast<const Table*>(component->vtable);
}

Registry::Registry(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Registry::~Registry() {
  if (impl_->background.joinable()) impl_->background.join();
}

base::Status Registry::add(BuiltinComponent component) {
  std::lock_guard lock(impl_->mutex);
  for (const auto& known : impl_->builtins)
    if (known.component.class_name == component.class_name)
      return base::fail(Code::kExists, base::exceptions::kConnect, "The component {} is registered twice",
                        component.class_name);
  auto def =
      std::make_shared<const config::ConfigDef>(component.config_def ? component.config_def() : config::ConfigDef());
  impl_->builtins.push_back({std::move(component), std::move(def)});
  impl_->build(impl_->snapshot->libraries);
  return {};
}

void Registry::scan() {
  impl_->scan_now();
}

bool Registry::rescan() {
  return impl_->rescan();
}

std::vector<PluginInfo> Registry::plugins() const {
  impl_->look_again();
  std::vector<PluginInfo> all;
  for (const auto& entry : impl_->current()->entries) all.push_back({entry.class_name, entry.kind, entry.version});
  return all;
}

std::vector<Quarantined> Registry::quarantined() const {
  std::vector<Quarantined> all;
  for (const auto& library : impl_->current()->libraries)
    if (!library->refusal.empty()) all.push_back({library->path.string(), library->refusal});
  return all;
}

std::vector<LibraryInfo> Registry::libraries() const {
  std::vector<LibraryInfo> all;
  for (const auto& library : impl_->current()->libraries)
    if (library->refusal.empty()) all.push_back({library->path.string(), library->origin, library->manifest});
  return all;
}

std::map<std::string, config::ConfigProviderFactory, std::less<>> Registry::config_providers() const {
  std::map<std::string, config::ConfigProviderFactory, std::less<>> known;
  for (const auto& library : impl_->current()->libraries) {
    if (!library->refusal.empty()) continue;
    for (const auto& component : library->manifest.components) {
      if (component.kind != SLUICE_KIND_CONFIG_PROVIDER) continue;
      const auto table = [library, name = component.name,
                          state_dir =
                              impl_->options.state_dir]() -> base::Result<const sluice_config_provider_vtable*> {
        SLUICE_TRY_ASSIGN(const LoadedLibrary* loaded, load_library(library->path, library->manifest, state_dir));
        const sluice_component* found = loaded->component(SLUICE_KIND_CONFIG_PROVIDER, name);
        if (found == nullptr)
          return base::fail(Code::kFatal, base::exceptions::kConnect, "{} has lost its component {}",
                            library->path.string(), name);
        return static_cast<const sluice_config_provider_vtable*>(found->vtable);
      };
      const config::ConfigProviderFactory factory = [table] { return make_plugin_config_provider(table); };
      std::vector<std::string> names = component.aliases;
      names.push_back(component.name);
      names.emplace_back(simple_name(component.class_name()));
      for (const auto& name : names) known.emplace(name, factory);  // the first on plugin.path has it
    }
  }
  return known;
}

std::optional<std::string> Registry::resolve(std::string_view name_or_alias) const {
  return impl_->resolve(name_or_alias);
}

bool Registry::is_a(std::string_view class_name, ComponentKind kind) const {
  return impl_->current()->find(class_name, kind) != nullptr;
}

std::vector<std::string> Registry::list(ComponentKind kind) const {
  impl_->look_again();
  std::vector<std::string> names;
  for (const auto& entry : impl_->current()->entries)
    if (entry.kind == kind && (entry.builtin == nullptr || entry.builtin->listed) &&
        (names.empty() || names.back() != entry.class_name))
      names.push_back(entry.class_name);
  return names;
}

std::vector<std::string> Registry::versions(std::string_view class_name) const {
  std::vector<std::string> found;
  for (const auto& entry : impl_->current()->entries)
    if (entry.class_name == class_name && std::find(found.begin(), found.end(), entry.version) == found.end())
      found.push_back(entry.version);
  return found;
}

base::Result<std::shared_ptr<const config::ConfigDef>> Registry::config_def(std::string_view class_name,
                                                                            ComponentKind kind) const {
  const auto all = impl_->current();
  SLUICE_TRY_ASSIGN(const Entry* entry, impl_->find(all, class_name, kind));
  return entry->def;
}

base::Result<ConnectorComponent> Registry::connector(std::string_view name_or_alias, const Isolation& isolation) {
  const auto class_name = impl_->resolve(name_or_alias);
  const auto all = impl_->current();
  const Entry* entry = nullptr;
  if (class_name) {
    entry = all->find(*class_name, ComponentKind::kSource);
    if (entry == nullptr) entry = all->find(*class_name, ComponentKind::kSink);
  }
  if (entry == nullptr) {
    if (!all->names.ambiguous(name_or_alias).empty())
      return base::fail(
          Code::kNotFound, base::exceptions::kConnect,
          "More than one connector matches alias {}. Please use full package and class name instead. Classes found: {}",
          name_or_alias, fmt::join(all->names.ambiguous(name_or_alias), ", "));
    // Kafka Connect 4.3 lists none here.
    return base::fail(
        Code::kNotFound, base::exceptions::kConnect,
        "Failed to find any class that implements Connector and which name matches {}, available connectors are: ",
        name_or_alias);
  }
  ConnectorComponent made;
  made.class_name = entry->class_name;
  made.version = entry->version;
  made.kind = entry->kind;
  made.isolation = isolation;
  if (isolation.config.process) {
    made.hosted = std::make_shared<const HostedComponent>(
        HostedComponent{entry->library->path, entry->library->manifest, impl_->options.state_dir,
                        impl_->options.probe_command, entry->manifest().kind, entry->manifest().name});
    return made;
  }
  SLUICE_TRY_ASSIGN(const sluice_connector_vtable* table, impl_->table<sluice_connector_vtable>(*entry));
  made.connector = table;
  if (entry->kind == ComponentKind::kSource)
    made.source_task = static_cast<const sluice_source_task_vtable*>(table->task_vtable);
  else
    made.sink_task = static_cast<const sluice_sink_task_vtable*>(table->task_vtable);
  return made;
}

base::Result<std::unique_ptr<data::Transform>> Registry::make_transform(std::string_view class_name,
                                                                        const config::ConfigMap& config,
                                                                        HostServices& services) {
  const auto all = impl_->current();
  SLUICE_TRY_ASSIGN(const Entry* entry, impl_->find(all, class_name, ComponentKind::kTransformation));
  if (entry->builtin != nullptr) return entry->builtin->transform(config);
  SLUICE_TRY_ASSIGN(const sluice_transform_vtable* table, impl_->table<sluice_transform_vtable>(*entry));
  return make_plugin_transform(*table, services, config);
}

base::Result<std::unique_ptr<data::Predicate>> Registry::make_predicate(std::string_view class_name,
                                                                        const config::ConfigMap& config,
                                                                        HostServices& services) {
  const auto all = impl_->current();
  SLUICE_TRY_ASSIGN(const Entry* entry, impl_->find(all, class_name, ComponentKind::kPredicate));
  if (entry->builtin != nullptr) return entry->builtin->predicate(config);
  SLUICE_TRY_ASSIGN(const sluice_predicate_vtable* table, impl_->table<sluice_predicate_vtable>(*entry));
  return make_plugin_predicate(*table, services, config);
}

base::Result<std::unique_ptr<data::Converter>> Registry::make_converter(std::string_view class_name,
                                                                        const config::ConfigMap& config, bool is_key,
                                                                        HostServices& services) {
  const auto all = impl_->current();
  SLUICE_TRY_ASSIGN(const Entry* entry, impl_->find(all, class_name, ComponentKind::kConverter));
  if (entry->builtin != nullptr) return entry->builtin->converter(config, is_key);
  SLUICE_TRY_ASSIGN(const sluice_converter_vtable* table, impl_->table<sluice_converter_vtable>(*entry));
  return make_plugin_converter(*table, services, config, is_key);
}

base::Result<std::unique_ptr<data::HeaderConverter>> Registry::make_header_converter(std::string_view class_name,
                                                                                     const config::ConfigMap& config,
                                                                                     HostServices& services) {
  const auto all = impl_->current();
  SLUICE_TRY_ASSIGN(const Entry* entry, impl_->find(all, class_name, ComponentKind::kHeaderConverter));
  if (entry->builtin != nullptr) return entry->builtin->header_converter(config);
  SLUICE_TRY_ASSIGN(const sluice_converter_vtable* table, impl_->table<sluice_converter_vtable>(*entry));
  return make_plugin_header_converter(*table, services, config);
}

}  // namespace sluice::plugin
