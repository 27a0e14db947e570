#include "runtime/config/client_overrides.h"

#include <algorithm>
#include <array>

#include "runtime/base/strings.h"
#include "runtime/config/client_keys.h"
#include "runtime/config/hash_order.h"

namespace sluice::config {
namespace {

using base::Result;

constexpr std::string_view kAllowlistKey = "connector.client.config.override.allowlist";
constexpr std::string_view kPackage = "org.apache.kafka.connect.connector.policy.";
constexpr std::string_view kInterface = "ConnectorClientConfigOverridePolicy";

class AllPolicy final : public ClientOverridePolicy {
 public:
  std::string_view name() const override { return "All"; }
  bool allows(std::string_view) const override { return true; }
};

class NonePolicy final : public ClientOverridePolicy {
 public:
  std::string_view name() const override { return "None"; }
  bool allows(std::string_view) const override { return false; }
};

class PrincipalPolicy final : public ClientOverridePolicy {
 public:
  std::string_view name() const override { return "Principal"; }
  bool allows(std::string_view key) const override {
    return key == "sasl.jaas.config" || key == "sasl.mechanism" || key == "security.protocol";
  }
};

class AllowlistPolicy final : public ClientOverridePolicy {
 public:
  explicit AllowlistPolicy(List allowed) : allowed_(std::move(allowed)) {}
  std::string_view name() const override { return "Allowlist"; }
  bool allows(std::string_view key) const override {
    return std::find(allowed_.begin(), allowed_.end(), key) != allowed_.end();
  }

 private:
  List allowed_;
};

Result<std::shared_ptr<const ClientOverridePolicy>> make_allowlist(const ConfigMap& worker_config) {
  const ConfigDef def({optional_key(std::string(kAllowlistKey), Type::kList, "", Importance::kMedium,
                                    "The client settings that connectors may override.")
                           .checked_by(list_without_duplicates(true, false))});
  SLUICE_TRY_ASSIGN(const ParsedConfig parsed, def.parse(worker_config));
  return std::make_shared<AllowlistPolicy>(parsed.list(kAllowlistKey));
}

}  // namespace

std::string_view override_prefix(ClientKind client) {
  switch (client) {
    case ClientKind::kProducer:
      return "producer.override.";
    case ClientKind::kConsumer:
      return "consumer.override.";
    case ClientKind::kAdmin:
      return "admin.override.";
  }
  return "";
}

Result<std::vector<ConfigValue>> ClientOverridePolicy::validate(ClientKind client, const ConfigMap& overrides) const {
  const ConfigDef& def = client_config_def(client);
  std::vector<std::string> keys;
  for (const auto& [key, text] : overrides) keys.push_back(key);
  std::vector<ConfigValue> values;
  for (const std::size_t at : java_hash_map_order(keys)) {
    const std::string& key = keys[at];
    const auto* known = def.find(key);
    ConfigValue value;
    value.name = key;
    // Class names are texts here: they name Java classes, which we neither have nor need.
    const Type type = known == nullptr || known->type == Type::kClass ? Type::kString : known->type;
    SLUICE_TRY_ASSIGN(value.value, parse_type(key, *overrides.find(key), type, {}));
    if (!allows(key)) {
      value.errors.push_back(fmt::format(
          "The '{}' policy does not allow '{}' to be overridden in the connector configuration.", name(), key));
    }
    values.push_back(std::move(value));
  }
  return values;
}

Result<std::shared_ptr<const ClientOverridePolicy>> make_override_policy(std::string_view name,
                                                                         const ConfigMap& worker_config) {
  std::string_view known = base::java_trim(name);
  if (known.starts_with(kPackage)) known.remove_prefix(kPackage.size());
  if (known.ends_with(kInterface)) known.remove_suffix(kInterface.size());
  if (known == "All") return std::make_shared<AllPolicy>();
  if (known == "None") return std::make_shared<NonePolicy>();
  if (known == "Principal") return std::make_shared<PrincipalPolicy>();
  if (known == "Allowlist") return make_allowlist(worker_config);
  return base::connect_error(
      "Failed to find any class that implements interface {}{} for the config connector.client.config.override.policy, "
      "available classes are: "
      "All, Allowlist, None, Principal",
      kPackage, kInterface);
}

}  // namespace sluice::config
