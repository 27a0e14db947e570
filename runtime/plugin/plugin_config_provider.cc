#include "runtime/plugin/plugin_config_provider.h"

#include <mutex>
#include <utility>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/plugin/host_services.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/loader.h"

namespace sluice::plugin {
namespace {

using base::Code;
using config::ProvidedData;

struct Collected {
  const std::set<std::string>& wanted;
  config::ConfigMap data;
  std::size_t bytes = 0;
  bool too_much = false;
};

void collect(void* context, sluice_str key, sluice_str value) {
  auto& collected = *static_cast<Collected*>(context);
  const std::string name(view(key));
  if (!collected.wanted.contains(name)) return;
  collected.bytes += name.size() + value.size;
  collected.too_much = collected.too_much || collected.bytes > kProvidedBytesMax;
  if (!collected.too_much) collected.data.set(name, std::string(view(value)));
}

class PluginConfigProvider final : public config::ConfigProvider {
 public:
  explicit PluginConfigProvider(ConfigProviderTable table) : find_table_(std::move(table)) {}
  ~PluginConfigProvider() override {
    if (self_ != nullptr) table_->destroy(self_);
  }
  PluginConfigProvider(const PluginConfigProvider&) = delete;
  PluginConfigProvider& operator=(const PluginConfigProvider&) = delete;

  base::Status configure(const config::ConfigMap& params) override {
    SLUICE_TRY_ASSIGN(table_, find_table_());
    sluice_error error{};
    error.struct_size = sizeof error;
    const auto kv = to_kv(params);
    const HostTable& host = process_host();
    const auto status =
        table_->create(&host.host, host.services, kv.data(), static_cast<std::uint32_t>(kv.size()), &self_, &error);
    if (status != SLUICE_OK) return base::fail(to_error(status, error));
    return {};
  }

  base::Result<ProvidedData> get(std::string_view path, const std::set<std::string>& keys) const override {
    std::vector<sluice_str> names;
    for (const auto& key : keys) names.push_back(str(key));
    Collected collected{keys, {}};
    std::int64_t ttl_ms = -1;
    sluice_error error{};
    error.struct_size = sizeof error;
    std::unique_lock lock(mutex_);
    const auto status = table_->get(self_, str(path), names.data(), static_cast<std::uint32_t>(names.size()), collect,
                                    &collected, &ttl_ms, &error);
    lock.unlock();
    if (status != SLUICE_OK) return base::fail(to_error(status, error));
    if (collected.too_much)
      return base::fail(Code::kFatal, base::exceptions::kConfig, "The config provider gave more than {} bytes at once",
                        kProvidedBytesMax);
    ProvidedData provided{std::move(collected.data), std::nullopt};
    if (ttl_ms >= 0) provided.ttl_ms = ttl_ms;
    return provided;
  }

  base::Result<ProvidedData> get(std::string_view) const override {
    return base::fail(Code::kUnsupported, base::exceptions::kConfig, "Plugins are asked for keys by name");
  }

 private:
  const ConfigProviderTable find_table_;
  const sluice_config_provider_vtable* table_ = nullptr;
  void* self_ = nullptr;
  mutable std::mutex mutex_;  // one call at a time
};

}  // namespace

std::unique_ptr<config::ConfigProvider> make_plugin_config_provider(ConfigProviderTable table) {
  return std::make_unique<PluginConfigProvider>(std::move(table));
}

}  // namespace sluice::plugin
