// TLS and SASL keys of client_config.h.

#include <algorithm>

#include "runtime/base/strings.h"
#include "runtime/kafka/client_translator.h"
#include "runtime/kafka/tls_store.h"

namespace sluice::kafka {
namespace {

constexpr std::string_view kPlainModule = "org.apache.kafka.common.security.plain.PlainLoginModule";
constexpr std::string_view kScramModule = "org.apache.kafka.common.security.scram.ScramLoginModule";
constexpr std::string_view kOauthModule = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";
constexpr std::string_view kKerberosModule = "com.sun.security.auth.module.Krb5LoginModule";

std::string option(const JaasEntry& jaas, std::string_view name) {
  const auto found = jaas.options.find(std::string(name));
  return found == jaas.options.end() ? std::string() : found->second;
}

// One-line PEM, as properties files often have it: "-----BEGIN X----- base64 -----END X-----" with blanks for line
// breaks.
std::string normalize_pem(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while ((at = text.find("-----BEGIN ", at)) != std::string_view::npos) {
    const auto head_end = text.find("-----", at + 11);
    if (head_end == std::string_view::npos) break;
    const auto tail = text.find("-----END ", head_end);
    if (tail == std::string_view::npos) break;
    const auto tail_end = text.find("-----", tail + 9);
    if (tail_end == std::string_view::npos) break;
    out.append(text.substr(at, head_end + 5 - at)).push_back('\n');
    const auto body = text.substr(head_end + 5, tail - head_end - 5);
    if (body.find(':') != std::string_view::npos) {
      out.append(base::java_trim(body)).push_back('\n');  // an encrypted key's own header lines must stay as they are
    } else {
      std::size_t column = 0;
      for (const char c : body) {
        if (static_cast<unsigned char>(c) <= ' ') continue;
        out.push_back(c);
        if (++column % 64 == 0) out.push_back('\n');
      }
      if (column % 64 != 0) out.push_back('\n');
    }
    out.append(text.substr(tail, tail_end + 5 - tail)).push_back('\n');
    at = tail_end + 5;
  }
  return out;
}

std::string jks_advice(std::string_view key, const std::string& path) {
  const auto dot = path.rfind('.');
  const std::string converted =
      (dot == std::string::npos || dot < path.find_last_of('/') + 1 ? path : path.substr(0, dot)) + ".p12";
  return fmt::format(
      "{}: {} is a JKS store, which only Java reads. Convert it: keytool -importkeystore -srckeystore {} -destkeystore "
      "{} -deststoretype PKCS12, "
      "then write {}={}",
      key, path, path, converted, key, converted);
}

// What may stand in the shell command that librdkafka runs to get a Kerberos ticket.
bool is_shell_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/@:+").find(c) != std::string_view::npos;
  });
}

}  // namespace

void ClientTranslator::security() {
  const std::string protocol = base::to_upper_ascii(get_or("security.protocol", "PLAINTEXT"));
  if (protocol != "PLAINTEXT" && protocol != "SSL" && protocol != "SASL_PLAINTEXT" && protocol != "SASL_SSL")
    return problem(
        "security.protocol",
        fmt::format(
            "Invalid value {} for configuration security.protocol: write PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
            protocol));
  tls_ = protocol.ends_with("SSL");
  sasl_ = protocol.starts_with("SASL");
  set("security.protocol", base::to_lower_ascii(protocol));
  if (tls_) tls();
  if (sasl_) sasl();
}

void ClientTranslator::tls() {
  const std::string check = get_or("ssl.endpoint.identification.algorithm", "https");
  if (check.empty()) {
    warn("ssl.endpoint.identification.algorithm is empty: the names in broker certificates are not checked");
    set("ssl.endpoint.identification.algorithm", std::string("none"));
  } else if (base::equals_ignore_case_ascii(check, "https")) {
    set("ssl.endpoint.identification.algorithm", std::string("https"));
  } else {
    problem("ssl.endpoint.identification.algorithm",
            fmt::format("ssl.endpoint.identification.algorithm={} is not supported: write https, or nothing to switch "
                        "the check off",
                        check));
  }
  trust_store();
  key_store();
  cipher_suites();
  protocols();
}

void ClientTranslator::trust_store() {
  const std::string location = get_or("ssl.truststore.location", "");
  const std::string inlined = get_or("ssl.truststore.certificates", "");
  if (!inlined.empty()) {
    if (!location.empty())
      return problem("ssl.truststore.certificates",
                     "Both SSL trust store location and separate trust certificates are specified.");
    const std::string pem = normalize_pem(inlined);
    if (pem.empty())
      return problem("ssl.truststore.certificates", "ssl.truststore.certificates holds no PEM certificate");
    return set("ssl.ca.pem", pem);
  }
  if (location.empty()) return;
  const auto format = detect_store_format(location);
  if (!format) return problem("ssl.truststore.location", "ssl.truststore.location: " + format.error().message());
  switch (*format) {
    case StoreFormat::kJks:
      return problem("ssl.truststore.location", jks_advice("ssl.truststore.location", location));
    case StoreFormat::kPem:
      return set("ssl.ca.location", location);
    case StoreFormat::kPkcs12: {
      auto pem = pkcs12_certificates_pem(location, get_or("ssl.truststore.password", ""));
      if (!pem) return problem("ssl.truststore.location", "ssl.truststore.location: " + pem.error().message());
      return set("ssl.ca.pem", std::move(*pem));
    }
  }
}

void ClientTranslator::key_store() {
  const std::string location = get_or("ssl.keystore.location", "");
  const std::string chain = get_or("ssl.keystore.certificate.chain", "");
  const std::string key = get_or("ssl.keystore.key", "");
  const std::string key_password = get_or("ssl.key.password", "");
  if (!key.empty() || !chain.empty()) {
    if (!location.empty())
      return problem("ssl.keystore.key", "Both SSL key store location and separate private key are specified.");
    const std::string key_pem = normalize_pem(key);
    const std::string chain_pem = normalize_pem(chain);
    if (key_pem.empty() || chain_pem.empty())
      return problem("ssl.keystore.key", "ssl.keystore.key and ssl.keystore.certificate.chain must both hold PEM text");
    set("ssl.key.pem", key_pem);
    set("ssl.certificate.pem", chain_pem);
    if (!key_password.empty()) set("ssl.key.password", key_password);
    return;
  }
  if (location.empty()) return;
  const auto format = detect_store_format(location);
  if (!format) return problem("ssl.keystore.location", "ssl.keystore.location: " + format.error().message());
  switch (*format) {
    case StoreFormat::kJks:
      return problem("ssl.keystore.location", jks_advice("ssl.keystore.location", location));
    case StoreFormat::kPem:
      set("ssl.certificate.location", location);
      set("ssl.key.location", location);
      if (!key_password.empty()) set("ssl.key.password", key_password);
      return;
    case StoreFormat::kPkcs12:
      if (!get("ssl.keystore.password"))
        return problem("ssl.keystore.password",
                       "ssl.keystore.password is missing: a PKCS12 key store needs its password");
      set("ssl.keystore.location", location);
      set("ssl.keystore.password", get_or("ssl.keystore.password", ""));
      return;
  }
}

void ClientTranslator::cipher_suites() {
  const auto list = get("ssl.cipher.suites");
  if (!list || list->empty()) return;
  std::vector<std::string> names;
  bool only_tls13 = true;
  for (std::string_view item : base::split(*list, ',')) {
    item = base::java_trim(item);
    if (item.empty()) continue;
    if (item.starts_with("TLS_") && item.find("_WITH_") == std::string_view::npos) continue;  // TLS 1.3
    only_tls13 = false;
    if (std::string name = openssl_cipher_name(item); !name.empty())
      names.push_back(std::move(name));
    else
      warn(fmt::format("ssl.cipher.suites: {} is not known to OpenSSL and left out", item));
  }
  if (only_tls13)
    return problem("ssl.cipher.suites",
                   "ssl.cipher.suites with only TLS 1.3 suites cannot be kept here: set MinProtocol and Ciphersuites "
                   "in openssl.cnf and remove the key");
  if (names.empty()) return problem("ssl.cipher.suites", "ssl.cipher.suites holds no suite that OpenSSL knows");
  set("ssl.cipher.suites", base::join(names, ":"));
}

void ClientTranslator::protocols() {
  const auto list = get("ssl.enabled.protocols");
  if (!list || list->empty()) return;
  bool v12 = false;
  bool v13 = false;
  for (std::string_view item : base::split(*list, ',')) {
    item = base::java_trim(item);
    if (item == "TLSv1.2")
      v12 = true;
    else if (item == "TLSv1.3")
      v13 = true;
    else if (!item.empty())
      warn(fmt::format("ssl.enabled.protocols: {} is not offered", item));
  }
  if (v13 && !v12)
    problem("ssl.enabled.protocols",
            "ssl.enabled.protocols=TLSv1.3 alone cannot be kept here: set MinProtocol = TLSv1.3 in openssl.cnf and "
            "remove the key");
  else if (!v13 && !v12)
    problem("ssl.enabled.protocols", "ssl.enabled.protocols: only TLSv1.2 and TLSv1.3 are available");
}

void ClientTranslator::sasl() {
  const std::string mechanism = get_or("sasl.mechanism", "GSSAPI");
  std::optional<JaasEntry> jaas;
  if (const auto text = get("sasl.jaas.config"); text && !text->empty()) {
    auto parsed = parse_jaas(*text);
    if (!parsed) return problem("sasl.jaas.config", parsed.error().message());
    jaas = std::move(*parsed);
  }
  if (mechanism == "PLAIN" || mechanism == "SCRAM-SHA-256" || mechanism == "SCRAM-SHA-512") {
    const std::string_view module = mechanism == "PLAIN" ? kPlainModule : kScramModule;
    if (!jaas)
      return problem(
          "sasl.jaas.config",
          fmt::format("sasl.jaas.config is missing: write {} required username=\"...\" password=\"...\";", module));
    if (jaas->module != module)
      return problem("sasl.jaas.config",
                     fmt::format("sasl.jaas.config: login module {} does not fit sasl.mechanism={}: write {}",
                                 jaas->module, mechanism, module));
    set("sasl.mechanism", mechanism);
    sasl_password(*jaas);
  } else if (mechanism == "GSSAPI") {
    set("sasl.mechanism", mechanism);
    sasl_kerberos(jaas);
  } else if (mechanism == "OAUTHBEARER") {
    set("sasl.mechanism", mechanism);
    sasl_oauth(jaas);
  } else {
    problem("sasl.mechanism",
            fmt::format(
                "sasl.mechanism={} is not available: write PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or OAUTHBEARER",
                mechanism));
  }
}

void ClientTranslator::sasl_password(const JaasEntry& jaas) {
  if (base::equals_ignore_case_ascii(option(jaas, "tokenauth"), "true"))
    return problem("sasl.jaas.config",
                   "sasl.jaas.config: delegation tokens (tokenauth) are not supported: give a user name and password");
  if (!jaas.options.contains("username") || !jaas.options.contains("password"))
    return problem("sasl.jaas.config", "sasl.jaas.config: username and password must both be given");
  set("sasl.username", option(jaas, "username"));
  set("sasl.password", option(jaas, "password"));
}

void ClientTranslator::sasl_kerberos(const std::optional<JaasEntry>& jaas) {
  if (!get("sasl.kerberos.service.name") && (!jaas || option(*jaas, "serviceName").empty()))
    return problem("sasl.kerberos.service.name",
                   "No serviceName defined in either JAAS or Kafka config: write sasl.kerberos.service.name=kafka");
  if (jaas && jaas->module != kKerberosModule)
    return problem("sasl.jaas.config",
                   fmt::format("sasl.jaas.config: login module {} does not fit sasl.mechanism=GSSAPI: write {}",
                               jaas->module, kKerberosModule));
  if (!get("sasl.kerberos.service.name")) set("sasl.kerberos.service.name", option(*jaas, "serviceName"));
  const std::string keytab = jaas ? option(*jaas, "keyTab") : "";
  if (keytab.empty()) return set("sasl.kerberos.kinit.cmd", std::string("true"));  // use the ticket cache as it is
  const std::string principal = option(*jaas, "principal");
  if (principal.empty()) return problem("sasl.jaas.config", "sasl.jaas.config: principal must be given with keyTab");
  if (!is_shell_safe(keytab) || !is_shell_safe(principal))
    return problem("sasl.jaas.config",
                   "sasl.jaas.config: keyTab and principal may hold letters, digits and ._-/@:+ only");
  set("sasl.kerberos.keytab", keytab);
  set("sasl.kerberos.principal", principal);
}

void ClientTranslator::sasl_oauth(const std::optional<JaasEntry>& jaas) {
  if (jaas && jaas->module != kOauthModule)
    return problem("sasl.jaas.config",
                   fmt::format("sasl.jaas.config: login module {} does not fit sasl.mechanism=OAUTHBEARER: write {}",
                               jaas->module, kOauthModule));
  if (const std::string handler = get_or("sasl.login.callback.handler.class", "");
      !handler.empty() && handler != "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler" &&
      handler != "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler")
    return problem("sasl.login.callback.handler.class",
                   fmt::format("Java callback handler {} cannot run here: use sasl.oauthbearer.token.endpoint.url with "
                               "client id and secret, or a file: URL",
                               handler));
  if (const std::string url = get_or("sasl.oauthbearer.token.endpoint.url", ""); !url.empty())
    return oauth_endpoint(url, jaas);
  const std::string subject = jaas ? option(*jaas, "unsecuredLoginStringClaim_sub") : "";
  if (subject.empty())
    return problem("sasl.oauthbearer.token.endpoint.url",
                   "sasl.mechanism=OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url (https: with client id and "
                   "secret, or file:)");
  if (subject.find_first_of(" \t\"=") != std::string::npos)
    return problem("sasl.jaas.config",
                   "sasl.jaas.config: unsecuredLoginStringClaim_sub must not hold blanks, quotes or '='");
  warn("OAUTHBEARER with unsecured tokens is for tests only");
  set("enable.sasl.oauthbearer.unsecure.jwt", std::string("true"));
  set("sasl.oauthbearer.config", "principal=" + subject);
}

void ClientTranslator::oauth_endpoint(const std::string& url, const std::optional<JaasEntry>& jaas) {
  OauthSettings oauth;
  oauth.connect_timeout =
      std::chrono::milliseconds(std::max<std::int64_t>(1, number("sasl.login.connect.timeout.ms").value_or(10'000)));
  oauth.read_timeout =
      std::chrono::milliseconds(std::max<std::int64_t>(1, number("sasl.login.read.timeout.ms").value_or(10'000)));
  oauth.header_urlencode = boolean("sasl.oauthbearer.header.urlencode").value_or(false);
  oauth.subject_claim = get_or("sasl.oauthbearer.sub.claim.name", "sub");
  if (jaas)
    for (const auto& [name, value] : jaas->options)
      if (name.starts_with("extension_")) oauth.extensions[name.substr(10)] = value;
  if (url.starts_with("file:")) {
    std::string_view path = std::string_view(url).substr(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    oauth.token_file = path;
  } else if (url.starts_with("https://") || url.starts_with("http://")) {
    oauth.token_endpoint_url = url;
    const auto either = [&](std::string_view key, std::string_view jaas_name) {
      return get(key).value_or(jaas ? option(*jaas, jaas_name) : std::string());
    };
    oauth.client_id = either("sasl.oauthbearer.client.credentials.client.id", "clientId");
    oauth.client_secret = either("sasl.oauthbearer.client.credentials.client.secret", "clientSecret");
    oauth.scope = either("sasl.oauthbearer.scope", "scope");
    if (oauth.client_id.empty() || oauth.client_secret.empty())
      return problem("sasl.oauthbearer.client.credentials.client.id",
                     "the token endpoint needs sasl.oauthbearer.client.credentials.client.id and .client.secret (or "
                     "clientId and clientSecret in sasl.jaas.config)");
  } else {
    return problem("sasl.oauthbearer.token.endpoint.url",
                   "sasl.oauthbearer.token.endpoint.url must start with https://, http:// or file:");
  }
  out_.settings.oauth = std::move(oauth);
}

}  // namespace sluice::kafka
