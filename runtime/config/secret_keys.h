#pragma once
// Which keys of a connector's configuration hold secrets, and what is shown in their place. A secret is what its
// component's definition types PASSWORD: the connector's own keys, those of its transforms, predicates and converters,
// its client overrides, and Kafka clients' keys behind any other prefix (Debezium's
// `schema.history.internal.producer.sasl.jaas.config`). Of a component that is not on this worker nobody knows the
// types: there a key counts that is named like a secret.
//
// Pure functions over plain data, but for keep_secrets().

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/component_catalog.h"
#include "runtime/config/config_map.h"

namespace sluice::config {

class SecretKeys {
 public:
  // `config`: a connector's, variables unresolved or not. The catalog (null: no component is known) is asked here only.
  SecretKeys(const ConfigMap& config, const ComponentCatalog* catalog);

  bool contains(std::string_view key) const;

 private:
  // What keys with a prefix are defined by; null: by a component that is not here.
  struct Part {
    std::string prefix;
    std::shared_ptr<const ConfigDef> def;
  };
  std::vector<Part> parts_;  // the connector's own last
};

// Whether a key of a worker's properties holds a secret, in whatever section.
bool is_worker_secret(std::string_view key, const ConfigDef& worker);
// Whether a key is named like a secret: of no use where its definition is known.
bool is_named_like_a_secret(std::string_view key);

// `config` with the mask (base/secrets.h) for the texts of secret keys. A text that is one variable stays: it is where
// the secret lies, not the secret.
ConfigMap without_secrets(ConfigMap config, const SecretKeys& keys);

// Takes back what without_secrets() did: the mask as a secret key's text becomes the stored text of that key. Error:
// nothing is stored for it.
base::Status restore_secrets(ConfigMap& config, const ConfigMap& stored, const SecretKeys& keys);

// Tells base/secrets.h of the secrets in `config` (variables resolved).
void keep_secrets(const ConfigMap& config, const SecretKeys& keys);
// Of one text: the whole, and the passwords in it if it is a JAAS configuration.
void keep_secret_text(std::string_view text);

}  // namespace sluice::config
