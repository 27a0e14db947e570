#pragma once
// A key with a certificate for the host "localhost" that it signed itself.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <string>

namespace sluice::rest {

struct Identity {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  X509* certificate = X509_new();

  Identity() {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_version(certificate, 2);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
  }
  void write_pem(const std::string& path) const {
    std::FILE* pem = std::fopen(path.c_str(), "w");
    PEM_write_PrivateKey(pem, key, nullptr, nullptr, 0, nullptr, nullptr);
    PEM_write_X509(pem, certificate);
    std::fclose(pem);
  }
  ~Identity() {
    EVP_PKEY_free(key);
    X509_free(certificate);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
};

}  // namespace sluice::rest
