#include "rest/secret_filter.h"

#include <algorithm>

#include "runtime/base/secrets.h"
#include "runtime/config/secret_keys.h"

namespace sluice::rest {

config::ConfigMap SecretFilter::hide(config::ConfigMap config) const {
  if (show_) return config;
  const config::SecretKeys keys(config, catalog_);
  return config::without_secrets(std::move(config), keys);
}

herder::ConnectorInfo SecretFilter::hide(herder::ConnectorInfo info) const {
  info.config = hide(std::move(info.config));
  return info;
}

std::vector<herder::TaskInfo> SecretFilter::hide(std::vector<herder::TaskInfo> tasks,
                                                 const config::ConfigMap& connector) const {
  if (show_) return tasks;
  const config::SecretKeys keys(connector, catalog_);
  for (herder::TaskInfo& task : tasks) {
    config::ConfigMap hidden;
    for (const auto& [key, text] : config::without_secrets(std::move(task.config), keys)) {
      // A connector may have put a secret into a key of its own making.
      hidden.set(key, text ? std::optional(base::without_secrets(*text)) : std::nullopt);
    }
    task.config = std::move(hidden);
  }
  return tasks;
}

config::ConfigInfos SecretFilter::hide(config::ConfigInfos infos) const {
  if (show_) return infos;
  for (config::ConfigInfo& info : infos.configs) {
    if (!info.value) continue;
    if (info.value->value) info.value->value = base::without_secrets(std::move(*info.value->value));
    for (auto* texts : {&info.value->recommended_values, &info.value->errors})
      for (std::string& text : *texts) text = base::without_secrets(std::move(text));
  }
  return infos;
}

bool SecretFilter::has_mask(const config::ConfigMap& config) const {
  return !show_ &&
         std::any_of(config.begin(), config.end(), [](const auto& entry) { return entry.second == base::kSecretMask; });
}

base::Status SecretFilter::restore(config::ConfigMap& config, const config::ConfigMap& stored) const {
  // What was hidden is told by the class that was shown; the client may be changing it.
  SLUICE_TRY(config::restore_secrets(config, stored, config::SecretKeys(stored, catalog_)));
  return config::restore_secrets(config, stored, config::SecretKeys(config, catalog_));
}

base::Status SecretFilter::drop_masks(config::ConfigMap& patch, const config::ConfigMap& stored) const {
  config::ConfigMap patched = stored;
  for (const auto& [key, text] : patch) patched.set(key, text);
  const config::ConfigMap before = patched;
  SLUICE_TRY(restore(patched, stored));
  for (const auto& [key, text] : before)
    if (patch.contains(key) && *patched.find(key) != text) patch.erase(key);
  return {};
}

}  // namespace sluice::rest
