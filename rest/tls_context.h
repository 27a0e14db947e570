#pragma once
// Server-side TLS from Java's ssl.* keys (spec connect-runtime.md section 1.7): PEM and PKCS12 key stores and trust
// stores, client authentication, protocols and cipher suites.

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"

using SSL_CTX = struct ssl_ctx_st;

namespace sluice::rest {

class TlsContext {
 public:
  // `config`: keys without any listener prefix ("ssl.keystore.location", ...). Error: kInvalidConfig, naming the key;
  // JKS stores are refused with the command that converts them. Passwords never appear in an error.
  static base::Result<std::shared_ptr<const TlsContext>> make(const config::ConfigMap& config);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* native() const { return context_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
};

// The keys that count for a listener: those with `prefix` ("listeners.https." or "admin.listeners.https."), stripped,
// if there is at least one; the unprefixed ones otherwise.
config::ConfigMap listener_tls_config(const config::ConfigMap& worker, std::string_view prefix);

}  // namespace sluice::rest
