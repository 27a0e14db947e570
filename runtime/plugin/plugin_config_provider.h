#pragma once
// Config providers (`${alias:path:key}`) that plugins bring.

#include <functional>
#include <memory>

#include <sluice/abi.h>

#include "runtime/base/status.h"
#include "runtime/config/config_provider.h"

namespace sluice::plugin {

// Finds the provider's functions; loads its library.
using ConfigProviderTable = std::function<base::Result<const sluice_config_provider_vtable*>()>;

// A provider not yet configured: configure() asks `table` and creates the plugin's instance. Calls of the plugin come
// one at a time, whatever threads ask. What it provides is secret, and bounded by kProvidedBytesMax a call; keys that
// were not asked for are dropped.
std::unique_ptr<config::ConfigProvider> make_plugin_config_provider(ConfigProviderTable table);

inline constexpr std::size_t kProvidedBytesMax = std::size_t{16} << 20;

}  // namespace sluice::plugin
