#include "tests/vectors/product.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "runtime/convert/builtin.h"
#include "runtime/data/schema.h"
#include "smt/builtin.h"

namespace sluice::vectors {
namespace {

namespace fs = std::filesystem;

// Staged copies of plugin libraries go to a folder of this process.
class StateFolder {
 public:
  StateFolder() {
    std::string name = (fs::temp_directory_path() / "sluice-vectors-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~StateFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Services final : public plugin::BasicHostServices {
 public:
  explicit Services(data::SchemaPool& schemas) : schemas_(schemas) {}
  bool log_enabled(base::LogLevel) override { return false; }
  void log(base::LogLevel, std::string_view, std::span<const sluice_kv>) override {}
  std::uint32_t define_metric(MetricKind, std::string_view, std::string_view, std::string_view) override { return 1; }
  void update_metric(std::uint32_t, double) override {}
  base::Result<const sluice_schema*> intern(const sluice_schema& description) override {
    SLUICE_TRY_ASSIGN(const Schema* schema, schemas_.intern(description));
    return schema;
  }
  bool is_stopping() override { return false; }
  int stop_fd() override { return -1; }
  bool sleep(std::int64_t) override { return false; }
  bool is_task_thread() override { return true; }
  bool is_control_thread() override { return true; }

 private:
  data::SchemaPool& schemas_;
};

void add(plugin::Registry& registry, plugin::BuiltinComponent component) {
  if (auto status = registry.add(std::move(component)); !status) throw std::runtime_error(status.error().to_string());
}

void add_builtins(plugin::Registry& registry) {
  for (const auto& converter : convert::builtin_converters())
    add(registry, {.class_name = converter.class_name,
                   .version = {},
                   .kinds = converter.kinds,
                   .config_def = converter.config_def,
                   .converter = converter.create,
                   .header_converter = converter.create_header,
                   .transform = {},
                   .predicate = {}});
  for (const auto& transform : smt::builtin_transforms())
    add(registry, {.class_name = transform.class_name,
                   .version = {},
                   .kinds = {config::ComponentKind::kTransformation},
                   .config_def = transform.config_def,
                   .converter = {},
                   .header_converter = {},
                   .transform = transform.create,
                   .predicate = {}});
  for (const auto& predicate : smt::builtin_predicates())
    add(registry, {.class_name = predicate.class_name,
                   .version = {},
                   .kinds = {config::ComponentKind::kPredicate},
                   .config_def = predicate.config_def,
                   .converter = {},
                   .header_converter = {},
                   .transform = {},
                   .predicate = predicate.create});
}

std::unique_ptr<plugin::Registry> make_registry(const fs::path& state) {
  const fs::path bin = fs::canonical("/proc/self/exe").parent_path();
  plugin::Registry::Options options;
  if (const fs::path plugins = bin.parent_path() / "plugins"; fs::is_directory(plugins))
    options.plugin_path = {plugins.string()};
  options.state_dir = state.string();
  options.worker_version = "0";
  options.probe_command = (bin / "sluice").string();
  auto registry = std::make_unique<plugin::Registry>(std::move(options));
  add_builtins(*registry);
  registry->scan();
  return registry;
}

}  // namespace

plugin::Registry& product() {
  static const StateFolder kState;
  static const std::unique_ptr<plugin::Registry> kRegistry = make_registry(kState.path());
  return *kRegistry;
}

std::unique_ptr<plugin::HostServices> host_services(data::SchemaPool& schemas) {
  return std::make_unique<Services>(schemas);
}

config::ConfigMap read_config(const Json& component) {
  config::ConfigMap map;
  if (component.contains("config"))
    for (const auto& [key, text] : component.at("config").items()) map.set(key, read_text(text));
  return map;
}

}  // namespace sluice::vectors
