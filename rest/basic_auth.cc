#include "rest/basic_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <filesystem>
#include <fstream>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/config/properties.h"

namespace sluice::rest {
namespace {

using base::config_error;
using base::Result;

const base::Logger kLog{"org.apache.kafka.connect.rest.basic.auth.extension.JaasBasicAuthFilter"};

constexpr std::string_view kModule = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";
constexpr std::size_t kJaasBytesMax = std::size_t{1} << 20;

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return config_error("{} is no file that can be read", path);
  std::ifstream file(path, std::ios::binary);
  std::string text(kJaasBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file.eof() && file.fail()) || !file.is_open())
    return config_error("{} is no file that can be read", path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kJaasBytesMax) return config_error("{} is larger than {} bytes", path, kJaasBytesMax);
  return text;
}

// The words of a command line, quotes taken away.
std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> words(1);
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        words.back() += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

HttpResponse unauthorized(const HttpRequest& request) {
  HttpResponse response;
  response.status = 401;
  response.headers.emplace_back("Content-Type", request.method == "OPTIONS" ? "text/plain" : kJsonType);
  response.body = "User cannot access the resource.";
  return response;
}

}  // namespace

std::optional<std::string> find_jaas_file(std::string_view configured, std::string_view java_options) {
  if (const std::string_view path = base::java_trim(configured); !path.empty()) return std::string(path);
  static constexpr std::string_view kProperty = "-Djava.security.auth.login.config=";
  std::optional<std::string> found;
  for (const std::string& word : split_options(java_options)) {  // the last one counts
    if (!word.starts_with(kProperty)) continue;
    std::string_view path = std::string_view(word).substr(kProperty.size());
    if (path.starts_with('=')) path.remove_prefix(1);  // "==": Java then reads nothing but this file
    if (path.starts_with("file:")) path.remove_prefix(5);
    while (path.starts_with("//")) path.remove_prefix(1);
    if (!path.empty()) found = std::string(path);
  }
  return found;
}

BasicAuth::BasicAuth(std::vector<LoginModule> modules) : modules_(std::move(modules)) {
  // Should there be no random bytes, hashes are merely unsalted.
  if (RAND_bytes(salt_.data(), static_cast<int>(salt_.size())) != 1) salt_.fill(0);
}

Result<std::shared_ptr<BasicAuth>> BasicAuth::make(const std::string& jaas_file) {
  const auto explained = [&](const base::Error& error) {
    return config_error("The JAAS file of rest.extension.classes cannot be used: {}: {}", jaas_file, error.message());
  };
  const auto text = read_file(jaas_file);
  if (!text) return base::fail(text.error());
  const auto config = parse_jaas(*text);
  if (!config) return explained(config.error());
  auto section = config->find("KafkaConnect");
  if (section == config->end()) section = config->find("other");
  std::vector<LoginModule> modules;
  if (section != config->end()) modules = section->second;
  for (const LoginModule& module : modules) {
    if (module.class_name == kModule) continue;
    return config_error(
        "The JAAS file {} names the login module {} in its section {}: Java classes cannot be loaded here; use {}, or "
        "a "
        "proxy that authenticates",
        jaas_file, module.class_name, section->first, kModule);
  }
  if (modules.empty())
    kLog.error("{} has no section KafkaConnect with a login module: every request will be refused", jaas_file);
  return std::shared_ptr<BasicAuth>(new BasicAuth(std::move(modules)));
}

std::optional<HttpResponse> BasicAuth::refuse(const HttpRequest& request) {
  std::optional<std::string> user;
  std::string password;
  if (const auto given = request.header("Authorization")) {
    const std::size_t space = given->find(' ');
    if (space != std::string_view::npos && base::equals_ignore_case_ascii(given->substr(0, space), "Basic")) {
      const std::string_view encoded = given->substr(space + 1);
      const auto decoded = base::decode_base64(encoded);
      if (!decoded) return error_response(500, base::base64_problem(encoded));
      const std::size_t colon = decoded->find(':');
      if (colon != std::string::npos && colon > 0) {
        user = decoded->substr(0, colon);
        password = decoded->substr(colon + 1);
      }
    }
  }
  if (admits(user, password)) return std::nullopt;
  return unauthorized(request);
}

// Java's rules for a stack of login modules, where one that does not know the user counts as absent, and one that
// cannot be set up as failed.
bool BasicAuth::admits(const std::optional<std::string>& user, const std::string& password) {
  using Control = LoginModule::Control;
  bool admitted = false;
  bool failed = false;
  for (const LoginModule& module : modules_) {
    const auto users = users_of(module);
    if (!users) {
      if (module.control == Control::kRequisite) return false;
      failed = failed || module.control == Control::kRequired;
    } else if (users->everyone || (user && matches(*users, *user, password))) {
      if (module.control == Control::kSufficient && !failed) return true;
      admitted = true;
    }
  }
  return admitted && !failed;
}

std::shared_ptr<const BasicAuth::Users> BasicAuth::users_of(const LoginModule& module) {
  const auto option = module.options.find("file");
  const std::string path = option == module.options.end() ? std::string() : option->second;
  std::lock_guard lock(mutex_);
  if (base::java_trim(path).empty()) {
    if (missing_.insert("").second) kLog.error("Property Credentials file must be specified");
    return nullptr;
  }
  auto& place = files_[path];
  if (place) return place;
  const auto properties = config::read_properties(path);
  if (!properties) {
    // Not why: the reason may quote the file.
    if (missing_.insert(path).second) kLog.error("Error loading credentials file {}", path);
    return nullptr;
  }
  auto users = std::make_shared<Users>();
  users->everyone = properties->empty();
  if (users->everyone) kLog.warn("Credential properties file '{}' is empty; all requests will be permitted", path);
  for (const auto& [name, secret] : *properties) users->digests.emplace(name, digest_of(secret.value_or("")));
  place = std::move(users);
  return place;
}

bool BasicAuth::matches(const Users& users, std::string_view user, std::string_view password) const {
  const Digest given = digest_of(password);
  const auto found = users.digests.find(user);
  const Digest& wanted = found == users.digests.end() ? salt_ : found->second;  // the same work for unknown users
  const bool same = CRYPTO_memcmp(given.data(), wanted.data(), given.size()) == 0;
  return same && found != users.digests.end();
}

BasicAuth::Digest BasicAuth::digest_of(std::string_view password) const {
  Digest digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), salt_.data(), static_cast<int>(salt_.size()),
       reinterpret_cast<const unsigned char*>(password.data()), password.size(), digest.data(), &size);
  return digest;
}

}  // namespace sluice::rest
