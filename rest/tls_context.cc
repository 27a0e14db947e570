#include "rest/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

using base::config_error;
using base::Result;
using base::Status;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
void free_certificates(STACK_OF(X509) * certificates) {
  sk_X509_pop_free(certificates, X509_free);
}
using Certificates = std::unique_ptr<STACK_OF(X509), Freer<free_certificates>>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

std::string upper_or(const config::ConfigMap& config, std::string_view key, std::string_view fallback) {
  return base::to_upper_ascii(config.get_or(key, fallback));
}

bool begins_as_jks(const std::string& path) {
  const Bio bio(BIO_new_file(path.c_str(), "rb"));
  unsigned char magic[4] = {};
  if (!bio || BIO_read(bio.get(), magic, sizeof magic) != static_cast<int>(sizeof magic)) return false;
  return magic[0] == 0xFE && magic[1] == 0xED && magic[2] == 0xFE && magic[3] == 0xED;
}

// Java's default is JKS, which nothing outside Java reads; but Java takes a PKCS12 file under that name too.
Result<std::string> store_type(const config::ConfigMap& config, std::string_view store) {
  std::string type = upper_or(config, fmt::format("ssl.{}.type", store), "JKS");
  if (type == "PEM" || type == "PKCS12") return type;
  const auto location = config.get(fmt::format("ssl.{}.location", store));
  if (type == "JKS" && !(location && begins_as_jks(std::string(*location)))) return std::string("PKCS12");
  return config_error(
      "ssl.{0}.type={1} cannot be read here: convert the store with `keytool -importkeystore -srckeystore STORE "
      "-destkeystore STORE.p12 -deststoretype PKCS12` and set ssl.{0}.type=PKCS12, or use PEM",
      store, type);
}

int give_password(char* buffer, int size, int, void* user) {
  const auto* password = static_cast<const std::string*>(user);
  if (password == nullptr || password->size() > static_cast<std::size_t>(size)) return -1;
  password->copy(buffer, password->size());
  return static_cast<int>(password->size());
}

Bio open_file(const std::string& path) {
  return Bio(BIO_new_file(path.c_str(), "rb"));
}
Bio open_text(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificates read_certificates(BIO* bio) {
  Certificates certificates(sk_X509_new_null());
  while (X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
    sk_X509_push(certificates.get(), certificate);
  }
  ERR_clear_error();  // the end of the file is reported as an error
  return certificates;
}

struct Identity {
  Key key;
  Certificate certificate;
  Certificates chain;
};

Result<Identity> read_pkcs12(const config::ConfigMap& config, const std::string& store, const std::string& path) {
  const Bio bio = open_file(path);
  if (!bio) return config_error("ssl.{}.location: {} cannot be opened", store, path);
  const std::unique_ptr<PKCS12, Freer<PKCS12_free>> pkcs12(d2i_PKCS12_bio(bio.get(), nullptr));
  if (!pkcs12) return config_error("ssl.{}.location: {} is not a PKCS12 store ({})", store, path, openssl_reason());
  const std::string password = config.get_or(fmt::format("ssl.{}.password", store), "");
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* chain = nullptr;
  if (PKCS12_parse(pkcs12.get(), password.c_str(), &key, &certificate, &chain) != 1) {
    return config_error("ssl.{0}.location: {1} cannot be read with ssl.{0}.password ({2})", store, path,
                        openssl_reason());
  }
  return Identity{Key(key), Certificate(certificate), Certificates(chain)};
}

// The key from ssl.keystore.key or the file, the certificates from ssl.keystore.certificate.chain or the same file.
Result<Identity> read_pem(const config::ConfigMap& config) {
  const auto location = config.get("ssl.keystore.location");
  const auto key_text = config.get("ssl.keystore.key");
  const auto chain_text = config.get("ssl.keystore.certificate.chain");
  std::string password = config.get_or("ssl.key.password", "");
  Bio key_bio, chain_bio;
  if (key_text && chain_text) {
    const std::string key_copy(*key_text), chain_copy(*chain_text);
    key_bio = Bio(BIO_new(BIO_s_mem()));
    BIO_write(key_bio.get(), key_copy.data(), static_cast<int>(key_copy.size()));
    chain_bio = Bio(BIO_new(BIO_s_mem()));
    BIO_write(chain_bio.get(), chain_copy.data(), static_cast<int>(chain_copy.size()));
  } else if (location) {
    key_bio = open_file(std::string(*location));
    chain_bio = open_file(std::string(*location));
    if (!key_bio) return config_error("ssl.keystore.location: {} cannot be opened", *location);
  } else {
    return config_error(
        "An https listener needs ssl.keystore.location, or ssl.keystore.key with ssl.keystore.certificate.chain");
  }
  Identity identity;
  identity.key = Key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, give_password, &password));
  if (!identity.key) {
    return config_error("The PEM key store holds no private key that ssl.key.password opens ({})", openssl_reason());
  }
  identity.chain = read_certificates(chain_bio.get());
  identity.certificate = Certificate(sk_X509_shift(identity.chain.get()));
  return identity;
}

Status use_identity(SSL_CTX* context, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const std::string type, store_type(config, "keystore"));
  Identity identity;
  if (type == "PEM") {
    SLUICE_TRY_ASSIGN(identity, read_pem(config));
  } else {
    const auto location = config.get("ssl.keystore.location");
    if (!location) return config_error("An https listener needs ssl.keystore.location");
    SLUICE_TRY_ASSIGN(identity, read_pkcs12(config, "keystore", std::string(*location)));
  }
  if (!identity.key || !identity.certificate) return config_error("The key store holds no certificate with its key");
  if (SSL_CTX_use_certificate(context, identity.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return config_error("The key store's key and certificate do not go together ({})", openssl_reason());
  }
  for (int i = 0; identity.chain && i < sk_X509_num(identity.chain.get()); ++i) {
    SSL_CTX_add1_chain_cert(context, sk_X509_value(identity.chain.get(), i));
  }
  return {};
}

Status use_trust(SSL_CTX* context, const config::ConfigMap& config) {
  const auto location = config.get("ssl.truststore.location");
  const auto texts = config.get("ssl.truststore.certificates");
  if (!location && !texts) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  SLUICE_TRY_ASSIGN(const std::string type, store_type(config, "truststore"));
  Certificates trusted;
  if (type == "PEM") {
    const std::string text(texts.value_or(""));
    const Bio bio = texts ? open_text(text) : open_file(std::string(*location));
    if (!bio) return config_error("ssl.truststore.location: {} cannot be opened", location.value_or(""));
    trusted = read_certificates(bio.get());
  } else {
    if (!location) return config_error("ssl.truststore.type=PKCS12 needs ssl.truststore.location");
    SLUICE_TRY_ASSIGN(Identity identity, read_pkcs12(config, "truststore", std::string(*location)));
    trusted = std::move(identity.chain);
    if (!trusted) trusted = Certificates(sk_X509_new_null());
    if (identity.certificate) sk_X509_push(trusted.get(), identity.certificate.release());
  }
  if (!trusted || sk_X509_num(trusted.get()) == 0) return config_error("The trust store holds no certificate");
  for (int i = 0; i < sk_X509_num(trusted.get()); ++i) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), sk_X509_value(trusted.get(), i));
    SSL_CTX_add_client_CA(context, sk_X509_value(trusted.get(), i));
  }
  return {};
}

// Java trusts every certificate of a trust store as it stands, whoever signed it.
void trust(SSL_CTX* context, X509* certificate) {
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
}

Status use_server_trust(SSL_CTX* context, const config::ConfigMap& config, X509* own) {
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  const bool store = config.get("ssl.truststore.location") || config.get("ssl.truststore.certificates");
  if (!store && own != nullptr) {
    trust(context, own);
    return {};
  }
  return use_trust(context, config);
}

Status use_client_auth(SSL_CTX* context, const config::ConfigMap& config) {
  const std::string auth = base::to_lower_ascii(config.get_or("ssl.client.auth", "none"));
  if (auth == "none") return {};
  int mode = SSL_VERIFY_PEER;
  if (auth == "required") {
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  } else if (auth != "requested") {
    return config_error(
        "Invalid value {} for configuration ssl.client.auth: String must be one of: required, requested, none", auth);
  }
  SSL_CTX_set_verify(context, mode, nullptr);
  return use_trust(context, config);
}

Status use_protocols(SSL_CTX* context, const config::ConfigMap& config) {
  int lowest = 0;
  int highest = 0;
  const std::string enabled = config.get_or("ssl.enabled.protocols", "TLSv1.2,TLSv1.3");  // what split() looks into
  for (const std::string_view item : base::split(enabled, ',')) {
    const std::string_view name = base::java_trim(item);
    int version = 0;
    if (name == "TLSv1.2") version = TLS1_2_VERSION;
    if (name == "TLSv1.3") version = TLS1_3_VERSION;
    if (version == 0) {
      return config_error("ssl.enabled.protocols: {} is not offered here; use TLSv1.2 and TLSv1.3", name);
    }
    if (lowest == 0 || version < lowest) lowest = version;
    if (version > highest) highest = version;
  }
  SSL_CTX_set_min_proto_version(context, lowest);
  SSL_CTX_set_max_proto_version(context, highest);
  return {};
}

// Java names cipher suites as the IANA registry does; OpenSSL translates them.
Status use_ciphers(SSL_CTX* context, const config::ConfigMap& config) {
  const auto suites = config.get("ssl.cipher.suites");
  if (!suites || base::java_trim(*suites).empty()) return {};
  std::string tls12, tls13;
  for (const std::string_view item : base::split(*suites, ',')) {
    const std::string name(base::java_trim(item));
    const bool is_tls13 = name.find("_WITH_") == std::string::npos && name.starts_with("TLS_");
    const char* known = is_tls13 ? name.c_str() : OPENSSL_cipher_name(name.c_str());
    if (known == nullptr || std::string_view(known) == "(NONE)") known = name.c_str();
    std::string& list = is_tls13 ? tls13 : tls12;
    if (!list.empty()) list += ':';
    list += known;
  }
  if (!tls12.empty() && SSL_CTX_set_cipher_list(context, tls12.c_str()) != 1) {
    return config_error("ssl.cipher.suites: no suite of {} is known here", *suites);
  }
  if (SSL_CTX_set_ciphersuites(context, tls13.c_str()) != 1) {
    return config_error("ssl.cipher.suites: no suite of {} is known here", *suites);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const config::ConfigMap& config) {
  SSL_CTX* native = SSL_CTX_new(TLS_server_method());
  if (native == nullptr) return config_error("TLS cannot be set up: {}", openssl_reason());
  std::shared_ptr<const TlsContext> context(new TlsContext(native));
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SLUICE_TRY(use_protocols(native, config));
  SLUICE_TRY(use_ciphers(native, config));
  SLUICE_TRY(use_identity(native, config));
  SLUICE_TRY(use_client_auth(native, config));
  // Without a context of its own, a resumed session with client authentication is refused.
  static constexpr unsigned char kSessionContext[] = "rest";
  SSL_CTX_set_session_id_context(native, kSessionContext, sizeof kSessionContext - 1);
  return context;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make_client(const config::ConfigMap& config) {
  SSL_CTX* native = SSL_CTX_new(TLS_client_method());
  if (native == nullptr) return config_error("TLS cannot be set up: {}", openssl_reason());
  std::shared_ptr<TlsContext> context(new TlsContext(native));
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SLUICE_TRY(use_protocols(native, config));
  SLUICE_TRY(use_ciphers(native, config));
  const bool identity = config.get("ssl.keystore.location") || config.get("ssl.keystore.key");
  if (identity) SLUICE_TRY(use_identity(native, config));
  SLUICE_TRY(use_server_trust(native, config, identity ? SSL_CTX_get0_certificate(native) : nullptr));
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  context->identifies_endpoint_ =
      !base::java_trim(config.get_or("ssl.endpoint.identification.algorithm", "https")).empty();
  return std::shared_ptr<const TlsContext>(std::move(context));
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

config::ConfigMap listener_tls_config(const config::ConfigMap& worker, std::string_view prefix) {
  config::ConfigMap own = worker.with_prefix(prefix);
  return own.empty() ? worker : own;
}

}  // namespace sluice::rest
