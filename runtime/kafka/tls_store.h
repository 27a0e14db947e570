#pragma once
// Java's key and trust stores as PEM text, by OpenSSL. PKCS12 is read; JKS is told apart and refused by the caller.

#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::kafka {

enum class StoreFormat { kPem, kPkcs12, kJks };

// By content, as Java does for JKS and PKCS12: whatever the type key says, both are accepted under either name.
base::Result<StoreFormat> detect_store_format(const std::string& path);

// All certificates of a PKCS12 file as PEM texts, one after the other. `password` may be empty. Errors never hold the
// password.
base::Result<std::string> pkcs12_certificates_pem(const std::string& path, const std::string& password);

// The private key of a PKCS12 file and its certificate, followed by the others in the file, as PEM texts. The key is
// not encrypted any more.
struct Pkcs12Identity {
  std::string certificate_pem;
  std::string key_pem;  // secret
};
base::Result<Pkcs12Identity> pkcs12_identity_pem(const std::string& path, const std::string& password);

// OpenSSL's name ("ECDHE-RSA-AES256-GCM-SHA384") of a cipher suite in Java's notation
// ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"); empty if OpenSSL does not know it or it is a TLS 1.3 suite.
std::string openssl_cipher_name(std::string_view java_name);

}  // namespace sluice::kafka
