#pragma once
// Which client settings a connector may override (spec connect-runtime.md section 2.4): the policies All, None,
// Principal and Allowlist.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"

namespace sluice::config {

enum class ClientKind { kProducer, kConsumer, kAdmin };
std::string_view override_prefix(ClientKind client);  // "producer.override."

class ClientOverridePolicy {
 public:
  virtual ~ClientOverridePolicy() = default;
  virtual std::string_view name() const = 0;  // "All", "None", ...
  // `key` without the prefix.
  virtual bool allows(std::string_view key) const = 0;

  // One value for each override of `client` in `overrides` (prefix stripped), in Connect's order; a refused one carries
  // the policy's error. Error: a value that does not parse as the type of its key.
  base::Result<std::vector<ConfigValue>> validate(ClientKind client, const ConfigMap& overrides) const;
};

// The policy that the worker key `connector.client.config.override.policy` names, by short or Java class name;
// `worker_config` is where the Allowlist policy finds `connector.client.config.override.allowlist`. Error: Connect's
// text for an unknown class.
base::Result<std::shared_ptr<const ClientOverridePolicy>> make_override_policy(std::string_view name,
                                                                               const ConfigMap& worker_config);

}  // namespace sluice::config
