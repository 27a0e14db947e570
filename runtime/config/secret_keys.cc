#include "runtime/config/secret_keys.h"

#include <algorithm>
#include <optional>

#include "runtime/base/secrets.h"
#include "runtime/base/strings.h"
#include "runtime/config/client_keys.h"
#include "runtime/config/config_transformer.h"

namespace sluice::config {
namespace {

constexpr ClientKind kClients[] = {ClientKind::kProducer, ClientKind::kConsumer, ClientKind::kAdmin};

bool is_password(const ConfigKey* key) {
  return key != nullptr && key->type == Type::kPassword;
}

// A secret key of Kafka's clients, alone or behind a prefix that ends with a dot.
bool is_client_secret(std::string_view key) {
  for (;;) {
    for (const ClientKind client : kClients)
      if (is_password(client_config_def(client).find(key))) return true;
    const auto dot = key.find('.');
    if (dot == std::string_view::npos) return false;
    key.remove_prefix(dot + 1);
  }
}

std::shared_ptr<const ConfigDef> definition(const ComponentCatalog* catalog, std::optional<std::string_view> name,
                                            std::initializer_list<ComponentKind> kinds) {
  const auto class_name = name && catalog != nullptr ? catalog->resolve(base::java_trim(*name)) : std::nullopt;
  if (!class_name) return nullptr;
  for (const ComponentKind kind : kinds) {
    if (!catalog->is_a(*class_name, kind)) continue;
    const auto def = catalog->config_def(*class_name, kind);
    return def ? *def : nullptr;
  }
  return nullptr;
}

List aliases(const ConfigMap& config, std::string_view key) {
  const auto text = config.get(key);
  const auto parsed = text ? parse_type(key, std::string(*text), Type::kList, {}) : base::Result<Value>(List());
  const auto* list = parsed ? std::get_if<List>(&*parsed) : nullptr;
  return list == nullptr ? List() : *list;
}

bool is_shown(std::string_view text) {
  return text.empty() || is_variable(text);
}

// The quoted texts of a JAAS configuration's options that are named like secrets.
void keep_jaas_secrets(std::string_view text) {
  for (std::size_t at = text.find("=\""); at != std::string_view::npos; at = text.find("=\"", at)) {
    std::size_t name = at;
    while (name > 0 && text[name - 1] != ' ' && text[name - 1] != '\n' && text[name - 1] != '\t') --name;
    const std::string_view option = text.substr(name, at - name);
    const std::size_t begin = at + 2;
    std::size_t end = begin;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    end = std::min(end, text.size());
    if (is_named_like_a_secret(option)) base::keep_secret(text.substr(begin, end - begin));
    at = end;
  }
}

}  // namespace

SecretKeys::SecretKeys(const ConfigMap& config, const ComponentCatalog* catalog) {
  const auto add_aliases = [&](std::string_view list, ComponentKind kind) {
    for (const auto& alias : aliases(config, list)) {
      std::string prefix = fmt::format("{}.{}.", list, alias);
      auto def = definition(catalog, config.get(prefix + "type"), {kind});
      parts_.push_back({std::move(prefix), std::move(def)});
    }
  };
  add_aliases("transforms", ComponentKind::kTransformation);
  add_aliases("predicates", ComponentKind::kPredicate);
  for (const std::string_view key : {"key.converter", "value.converter", "header.converter"}) {
    const auto kind = key == "header.converter" ? ComponentKind::kHeaderConverter : ComponentKind::kConverter;
    parts_.push_back({std::string(key) + ".", definition(catalog, config.get(key), {kind})});
  }
  // Lives for ever: nothing to own.
  for (const ClientKind client : kClients)
    parts_.push_back({std::string(override_prefix(client)),
                      std::shared_ptr<const ConfigDef>(std::shared_ptr<void>(), &client_config_def(client))});
  parts_.push_back(
      {"", definition(catalog, config.get("connector.class"), {ComponentKind::kSource, ComponentKind::kSink})});
}

bool SecretKeys::contains(std::string_view key) const {
  bool unknown = false;
  for (const Part& part : parts_) {
    if (!key.starts_with(part.prefix)) continue;
    const ConfigKey* defined = part.def == nullptr ? nullptr : part.def->find(key.substr(part.prefix.size()));
    if (defined != nullptr) return is_password(defined);
    unknown = unknown || part.def == nullptr;
  }
  return is_client_secret(key) || (unknown && is_named_like_a_secret(key));
}

bool is_worker_secret(std::string_view key, const ConfigDef& worker) {
  if (const ConfigKey* defined = worker.find(key)) return is_password(defined);
  return is_client_secret(key) || is_named_like_a_secret(key);
}

bool is_named_like_a_secret(std::string_view key) {
  const std::string lower = base::to_lower_ascii(key);
  for (const std::string_view word : {"password", "passwd", "passphrase", "secret", "token", "credential", "jaas",
                                      "private.key", "privatekey", "api.key", "apikey", "access.key", "accesskey"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

ConfigMap without_secrets(ConfigMap config, const SecretKeys& keys) {
  std::vector<std::string> hidden;
  for (const auto& [key, text] : config)
    if (text && !is_shown(*text) && keys.contains(key)) hidden.push_back(key);
  for (const auto& key : hidden) config.set(key, std::string(base::kSecretMask));
  return config;
}

base::Status restore_secrets(ConfigMap& config, const ConfigMap& stored, const SecretKeys& keys) {
  std::vector<std::string> masked;
  for (const auto& [key, text] : config)
    if (text == base::kSecretMask && keys.contains(key)) masked.push_back(key);
  for (const auto& key : masked) {
    const auto text = stored.get(key);
    if (!text)
      return base::fail(base::Code::kInvalidConfig, base::exceptions::kBadRequest,
                        "Invalid value {} for configuration {}: it stands for the value that is stored, and there is "
                        "none; write the value itself",
                        base::kSecretMask, key);
    config.set(key, std::string(*text));
  }
  return {};
}

void keep_secret_text(std::string_view text) {
  base::keep_secret(text);
  keep_jaas_secrets(text);
}

void keep_secrets(const ConfigMap& config, const SecretKeys& keys) {
  for (const auto& [key, text] : config)
    if (text && keys.contains(key)) keep_secret_text(*text);
}

}  // namespace sluice::config
