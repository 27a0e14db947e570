#include "runtime/kafka/tls_store.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace sluice::kafka {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};
void free_stack(STACK_OF(X509) * stack) {
  sk_X509_pop_free(stack, X509_free);
}

using FilePtr = std::unique_ptr<std::FILE, Deleter<std::fclose>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free>>;
using StackPtr = std::unique_ptr<STACK_OF(X509), Deleter<free_stack>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Deleter<X509_free>>;

base::Result<FilePtr> open_file(const std::string& path) {
  FilePtr file(std::fopen(path.c_str(), "rbe"));
  if (!file) return base::config_error("cannot open {}: {}", path, std::strerror(errno));
  return file;
}

struct Contents {
  KeyPtr key;
  CertPtr cert;
  StackPtr others;
};

base::Result<Contents> read_pkcs12(const std::string& path, const std::string& password) {
  SLUICE_TRY_ASSIGN(FilePtr file, open_file(path));
  Pkcs12Ptr store(d2i_PKCS12_fp(file.get(), nullptr));
  if (!store) {
    ERR_clear_error();
    return base::config_error("{} is not a PKCS12 file", path);
  }
  EVP_PKEY* raw_key = nullptr;
  X509* raw_cert = nullptr;
  STACK_OF(X509)* raw_others = nullptr;
  const int ok = PKCS12_parse(store.get(), password.c_str(), &raw_key, &raw_cert, &raw_others);
  Contents contents{KeyPtr(raw_key), CertPtr(raw_cert), StackPtr(raw_others)};
  if (ok != 1) {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (ERR_GET_LIB(code) == ERR_LIB_EVP || ERR_GET_REASON(code) == ERR_R_UNSUPPORTED)
      return base::config_error(
          "{} uses an old cipher (RC2 or 3DES) that OpenSSL 3 does not read; write it anew with `keytool "
          "-importkeystore -srckeystore "
          "OLD.p12 -destkeystore NEW.p12 -deststoretype PKCS12` of Java 17, or as PEM",
          path);
    return base::config_error("{} cannot be opened with the given password", path);
  }
  return contents;
}

std::string text_of(const BioPtr& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

base::Result<StoreFormat> detect_store_format(const std::string& path) {
  SLUICE_TRY_ASSIGN(FilePtr file, open_file(path));
  std::array<unsigned char, 4> head{};
  const std::size_t got = std::fread(head.data(), 1, head.size(), file.get());
  if (got == 0) return base::config_error("{} is empty or cannot be read", path);
  if (head == std::array<unsigned char, 4>{0xfe, 0xed, 0xfe, 0xed} ||
      head == std::array<unsigned char, 4>{0xce, 0xce, 0xce, 0xce})
    return StoreFormat::kJks;
  if (head[0] == 0x30) return StoreFormat::kPkcs12;  // a DER sequence
  return StoreFormat::kPem;
}

base::Result<std::string> pkcs12_certificates_pem(const std::string& path, const std::string& password) {
  SLUICE_TRY_ASSIGN(const Contents contents, read_pkcs12(path, password));
  BioPtr out(BIO_new(BIO_s_mem()));
  int count = 0;
  for (int i = 0; contents.others && i < sk_X509_num(contents.others.get()); ++i)
    count += PEM_write_bio_X509(out.get(), sk_X509_value(contents.others.get(), i));
  if (contents.cert) count += PEM_write_bio_X509(out.get(), contents.cert.get());
  if (count == 0) return base::config_error("{} holds no certificate", path);
  return text_of(out);
}

base::Result<Pkcs12Identity> pkcs12_identity_pem(const std::string& path, const std::string& password) {
  SLUICE_TRY_ASSIGN(const Contents contents, read_pkcs12(path, password));
  if (!contents.key || !contents.cert) return base::config_error("{} holds no private key with its certificate", path);
  BioPtr chain(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(chain.get(), contents.cert.get());
  for (int i = 0; contents.others && i < sk_X509_num(contents.others.get()); ++i)
    PEM_write_bio_X509(chain.get(), sk_X509_value(contents.others.get(), i));
  BioPtr key(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(key.get(), contents.key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    ERR_clear_error();
    return base::config_error("the private key in {} cannot be used", path);
  }
  return Pkcs12Identity{text_of(chain), text_of(key)};
}

std::string openssl_cipher_name(std::string_view java_name) {
  if (java_name.find("_WITH_") == std::string_view::npos)
    return {};  // TLS 1.3 suites have no key exchange in their names
  const char* name = OPENSSL_cipher_name(std::string(java_name).c_str());
  return name && std::string_view(name) != "(NONE)" ? name : "";
}

}  // namespace sluice::kafka
