#include "runtime/cmd/doctor_tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

#include "rest/tls_context.h"
#include "runtime/base/strings.h"
#include "runtime/kafka/tls_store.h"

namespace sluice::cmd {
namespace {

constexpr int kSoonDays = 30;
constexpr std::size_t kStoreBytesMax = std::size_t{8} << 20;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

Finding judge(const std::string& what, const X509* certificate) {
  int days = 0, seconds = 0, since = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate));
  if (days == 0 && seconds < 0) days = -1;
  int since_seconds = 0;
  ASN1_TIME_diff(&since, &since_seconds, X509_get0_notBefore(certificate), nullptr);
  if (since == 0 && since_seconds < 0) since = -1;
  char subject[256] = {};
  X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject - 1);
  return judge_certificate(what, subject, since, days);
}

base::Result<std::string> trusted_pem(const config::ConfigMap& settings) {
  if (const auto text = settings.get("ssl.truststore.certificates")) return std::string(*text);
  const std::string path = settings.get_or("ssl.truststore.location", "");
  SLUICE_TRY_ASSIGN(const auto format, kafka::detect_store_format(path));
  if (format == kafka::StoreFormat::kJks)
    return base::config_error("ssl.truststore.location: {} is a JKS store, which cannot be read here", path);
  if (format == kafka::StoreFormat::kPkcs12)
    return kafka::pkcs12_certificates_pem(path, settings.get_or("ssl.truststore.password", ""));
  std::ifstream in(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in || text.size() > kStoreBytesMax)
    return base::config_error("ssl.truststore.location: {} cannot be read", path);
  return text;
}

void check_trust(const std::string& what, const config::ConfigMap& settings, Findings& findings) {
  if (!settings.contains("ssl.truststore.location") && !settings.contains("ssl.truststore.certificates")) {
    findings.push_back(
        {Level::kOk, "tls.truststore", fmt::format("{}: the system's authorities are trusted", what), {}, {}});
    return;
  }
  const auto pem = trusted_pem(settings);
  if (!pem) {
    findings.push_back({Level::kError, "tls.truststore", fmt::format("{}: {}", what, pem.error().message()),
                        "the other side's certificate could not be checked",
                        "correct ssl.truststore.location, .password and .type; JKS stores: `keytool -importkeystore "
                        "-deststoretype PKCS12` makes one that can be read"});
    return;
  }
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
  std::size_t count = 0;
  while (X509* raw = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    const std::unique_ptr<X509, FreeCertificate> certificate(raw);
    Finding finding = judge(what + ", trusted authority", certificate.get());
    ++count;
    // One authority out of several that is out of date harms nobody who does not use it.
    finding.level = std::min(finding.level, Level::kWarning);
    if (finding.level != Level::kOk) findings.push_back(std::move(finding));
  }
  ERR_clear_error();  // the end of the text is reported as an error
  if (count == 0)
    findings.push_back({Level::kError, "tls.truststore", fmt::format("{}: the trust store holds no certificate", what),
                        "nobody would be trusted", "put the authority's certificate into it"});
  else
    findings.push_back({Level::kOk, "tls.truststore", fmt::format("{}: {} trusted authorities", what, count), {}, {}});
}

}  // namespace

Finding judge_certificate(const std::string& what, const std::string& subject, int days_since_begin, int days_to_end) {
  if (days_to_end < 0)
    return {Level::kError, "tls.expired",
            fmt::format("{}: the certificate of {} expired {} day(s) ago", what, subject, -days_to_end),
            "the other side refuses it", "renew the certificate"};
  if (days_since_begin < 0)
    return {Level::kError, "tls.expired",
            fmt::format("{}: the certificate of {} is valid in {} day(s) only", what, subject, -days_since_begin),
            "the other side refuses it, or this machine's clock is wrong", "check the clock, or wait"};
  if (days_to_end < kSoonDays)
    return {Level::kWarning, "tls.expired",
            fmt::format("{}: the certificate of {} expires in {} day(s)", what, subject, days_to_end),
            "from then on the other side refuses it", "renew the certificate"};
  return {Level::kOk,
          "tls.certificate",
          fmt::format("{}: the certificate of {} is valid for {} days more", what, subject, days_to_end),
          {},
          {}};
}

Findings check_tls_settings(const std::string& what, const config::ConfigMap& settings, bool identity, bool trust) {
  Findings findings;
  if (identity) {
    config::ConfigMap own = settings;
    own.set("ssl.client.auth", "none");  // the trust store is looked at below
    const auto context = rest::TlsContext::make(own);
    if (!context)
      findings.push_back({Level::kError, "tls.keystore", fmt::format("{}: {}", what, context.error().message()),
                          "TLS cannot be set up", "correct the ssl.* keys that the message names"});
    else if (const X509* certificate = SSL_CTX_get0_certificate((*context)->native()))
      findings.push_back(judge(what, certificate));
  }
  if (trust) check_trust(what, settings, findings);
  return findings;
}

Findings check_tls(const config::WorkerConfig& config) {
  Findings findings;
  const auto https = [](const config::Listener& listener) { return listener.https; };
  const auto check_listeners = [&](std::string_view prefix, const std::string& what) {
    const auto settings = rest::listener_tls_config(config.originals(), prefix);
    const bool asks = !base::equals_ignore_case_ascii(settings.get_or("ssl.client.auth", "none"), "none");
    append(findings, check_tls_settings(what, settings, true, asks));
  };
  if (std::any_of(config.listeners().begin(), config.listeners().end(), https))
    check_listeners("listeners.https.", "https listeners");
  if (config.admin_listeners() &&
      std::any_of(config.admin_listeners()->begin(), config.admin_listeners()->end(), https))
    check_listeners("admin.listeners.https.", "https admin listeners");
  const auto client = config.client_config(config::ClientKind::kAdmin);
  if (base::to_upper_ascii(client.get_or("security.protocol", "")).ends_with("SSL")) {
    const bool identity = client.contains("ssl.keystore.location") || client.contains("ssl.keystore.key");
    append(findings, check_tls_settings("connections to Kafka", client, identity, true));
  }
  return findings;
}

}  // namespace sluice::cmd
