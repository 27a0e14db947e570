#pragma once
// TLS from Java's ssl.* keys (spec connect-runtime.md section 1.7): PEM and PKCS12 key stores and trust stores, client
// authentication, protocols and cipher suites. A worker's https listener and its calls to other workers take the same
// keys.

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
  // For calls to other workers: the key store, if there is one, proves who we are; peers are checked against the trust
  // store, without one against the key store's own certificate, as Connect's client does, and with neither against the
  // system's. `ssl.endpoint.identification.algorithm`: "https" unless set; empty does not look at the host name.
  static base::Result<std::shared_ptr<const TlsContext>> make_client(const config::ConfigMap& config);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* native() const { return context_; }
  // Clients: whether a peer's certificate must bear the host name that was asked for.
  bool identifies_endpoint() const { return identifies_endpoint_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
  bool identifies_endpoint_ = false;
};

// The keys that count for a listener: those with `prefix` ("listeners.https." or "admin.listeners.https."), stripped,
// if there is at least one; the unprefixed ones otherwise.
config::ConfigMap listener_tls_config(const config::ConfigMap& worker, std::string_view prefix);

}  // namespace sluice::rest
