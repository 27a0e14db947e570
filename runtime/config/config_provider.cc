#include "runtime/config/config_provider.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/regex.h"
#include "runtime/base/strings.h"
#include "runtime/config/properties.h"
#include "runtime/config/value.h"

extern char** environ;

namespace sluice::config {
namespace {

using base::config_error;
using base::Result;
using base::Status;
namespace fs = std::filesystem;

const base::Logger kLog{"org.apache.kafka.common.config.provider"};
constexpr std::string_view kAllowedPaths = "allowed.paths";
constexpr std::string_view kAllowlistPattern = "allowlist.pattern";
constexpr std::size_t kSecretBytesMax = std::size_t{1} << 20;

ConfigMap only(const ConfigMap& all, const std::set<std::string>& keys) {
  ConfigMap some;
  for (const auto& [key, text] : all)
    if (keys.contains(key)) some.set(key, text);
  return some;
}

// The places that `allowed.paths` opens; without that parameter, all.
class AllowedPaths {
 public:
  Status configure(const ConfigMap& params) {
    const auto text = params.get(kAllowedPaths);
    if (!text || text->empty()) return {};
    paths_.emplace();
    for (const auto item : base::split(*text, ',')) {
      fs::path path = fs::path(item).lexically_normal();
      if (path.has_relative_path() && !path.has_filename()) path = path.parent_path();  // "/a/" is "/a"
      std::error_code code;
      if (!path.is_absolute()) return config_error("Path {} is not absolute", path.string());
      if (!fs::exists(path, code)) return config_error("Path {} does not exist", path.string());
      paths_->push_back(std::move(path));
    }
    return {};
  }

  // The path to use, or nothing if it is outside.
  std::optional<fs::path> check(std::string_view text) const {
    fs::path path(text);
    if (!paths_) return path;
    path = path.lexically_normal();
    for (const auto& allowed : *paths_) {
      const auto mismatch = std::mismatch(allowed.begin(), allowed.end(), path.begin(), path.end());
      if (mismatch.first == allowed.end()) return path;
    }
    kLog.warn("The path {} is not allowed to be accessed", text);
    return std::nullopt;
  }

 private:
  std::optional<std::vector<fs::path>> paths_;
};

class FileConfigProvider final : public ConfigProvider {
 public:
  Status configure(const ConfigMap& params) override { return allowed_.configure(params); }

  Result<ProvidedData> get(std::string_view path, const std::set<std::string>& keys) const override {
    SLUICE_TRY_ASSIGN(ProvidedData all, get(path));
    return ProvidedData{only(all.data, keys), std::nullopt};
  }

  Result<ProvidedData> get(std::string_view path) const override {
    const auto file = path.empty() ? std::nullopt : allowed_.check(path);
    if (!file) return ProvidedData{};
    auto read = read_properties(*file);
    // The cause is logged only: its text could quote the file.
    if (!read) return config_error("Could not read properties from file {}", path);
    return ProvidedData{std::move(*read), std::nullopt};
  }

 private:
  AllowedPaths allowed_;
};

class DirectoryConfigProvider final : public ConfigProvider {
 public:
  Status configure(const ConfigMap& params) override { return allowed_.configure(params); }
  Result<ProvidedData> get(std::string_view path, const std::set<std::string>& keys) const override {
    return read(path, &keys);
  }
  Result<ProvidedData> get(std::string_view path) const override { return read(path, nullptr); }

 private:
  Result<ProvidedData> read(std::string_view path, const std::set<std::string>* keys) const {
    const auto directory = path.empty() ? std::nullopt : allowed_.check(path);
    if (!directory) return ProvidedData{};
    std::error_code code;
    if (!fs::is_directory(*directory, code)) {
      kLog.warn("The path {} is not a directory", path);
      return ProvidedData{};
    }
    ProvidedData provided;
    fs::directory_iterator entry(*directory, code);
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
      const std::string name = entry->path().filename().string();
      std::error_code ignored;
      if ((keys != nullptr && !keys->contains(name)) || !entry->is_regular_file(ignored)) continue;
      std::ifstream in(entry->path(), std::ios::binary);
      if (!in || entry->file_size(ignored) > kSecretBytesMax)
        return config_error("Could not read file {} for property {}", entry->path().string(), name);
      std::string text(std::istreambuf_iterator<char>(in), {});
      provided.data.set(name, std::move(text));
    }
    if (code) return config_error("Could not list directory {}", directory->string());
    return provided;
  }

  AllowedPaths allowed_;
};

// Takes the environment as it is when the provider is configured.
class EnvVarConfigProvider final : public ConfigProvider {
 public:
  Status configure(const ConfigMap& params) override {
    std::optional<base::Regex> allowed;
    if (const auto text = params.get(kAllowlistPattern)) {
      auto compiled = base::Regex::compile(*text);
      if (!compiled)
        return base::fail(invalid_value(kAllowlistPattern, Value(std::string(*text)), compiled.error().message()));
      allowed = std::move(*compiled);
    }
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view line(*entry);
      const auto equals = line.find('=', 1);
      if (equals == std::string_view::npos) continue;
      const std::string_view name = line.substr(0, equals);
      if (!allowed || allowed->matches(name).value_or(false))
        variables_.set(name, std::string(line.substr(equals + 1)));
    }
    return {};
  }

  Result<ProvidedData> get(std::string_view path, const std::set<std::string>& keys) const override {
    SLUICE_TRY_ASSIGN(const ProvidedData all, get(path));
    return ProvidedData{only(all.data, keys), std::nullopt};
  }

  Result<ProvidedData> get(std::string_view path) const override {
    if (!path.empty()) return config_error("Path is not supported for EnvVarConfigProvider, invalid value '{}'", path);
    return ProvidedData{variables_, std::nullopt};
  }

 private:
  ConfigMap variables_;
};

template <typename Provider>
void add(std::string_view short_name, std::map<std::string, ConfigProviderFactory, std::less<>>& known) {
  const ConfigProviderFactory factory = [] { return std::make_unique<Provider>(); };
  const std::string simple = std::string(short_name) + "ConfigProvider";
  known.emplace(short_name, factory);
  known.emplace(simple, factory);
  known.emplace("org.apache.kafka.common.config.provider." + simple, factory);
}

}  // namespace

std::map<std::string, ConfigProviderFactory, std::less<>> builtin_config_providers() {
  std::map<std::string, ConfigProviderFactory, std::less<>> known;
  add<FileConfigProvider>("File", known);
  add<DirectoryConfigProvider>("Directory", known);
  add<EnvVarConfigProvider>("EnvVar", known);
  return known;
}

Result<ConfigProviderMap> make_config_providers(
    const ConfigMap& worker_config, const std::map<std::string, ConfigProviderFactory, std::less<>>& known) {
  ConfigProviderMap providers;
  const auto* text = worker_config.find("config.providers");
  SLUICE_TRY_ASSIGN(const Value parsed,
                    parse_type("config.providers", text == nullptr ? std::nullopt : *text, Type::kList, {}));
  const auto* aliases = std::get_if<List>(&parsed);
  if (aliases == nullptr) return providers;
  for (const auto& alias : *aliases) {
    const std::string prefix = "config.providers." + alias + ".";
    const std::string class_key = prefix + "class";
    const auto class_text = worker_config.get(class_key);
    if (!class_text)
      return config_error("Missing required configuration \"{}\" which has no default value.", class_key);
    const std::string_view class_name = base::java_trim(*class_text);
    const auto factory = known.find(class_name);
    if (factory == known.end()) {
      return base::fail(invalid_value(class_key, Value(std::string(*class_text)),
                                      fmt::format("Class {} could not be found.", class_name)));
    }
    std::shared_ptr<ConfigProvider> provider = factory->second();
    SLUICE_TRY(provider->configure(worker_config.with_prefix(prefix + "param.")));
    providers.insert_or_assign(alias, std::move(provider));
  }
  return providers;
}

}  // namespace sluice::config
