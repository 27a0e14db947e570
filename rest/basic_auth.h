#pragma once
// HTTP Basic authentication as Connect's BasicAuthSecurityRestExtension does it (spec connect-runtime.md section 1.7):
// users and passwords of a properties file that the section KafkaConnect of a JAAS file names. Files are read when the
// first request needs them, and once: a file that cannot be read refuses everyone until it can.
//
// Passwords are kept as salted hashes, compared in constant time, and never logged. Any thread.

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http_types.h"
#include "rest/jaas_config.h"
#include "runtime/base/status.h"
#include "runtime/config/config_map.h"

namespace sluice::rest {

// The JAAS file that a worker is to use: `configured`, else the one that -Djava.security.auth.login.config names in
// `java_options` (KAFKA_OPTS), else nothing.
std::optional<std::string> find_jaas_file(std::string_view configured, std::string_view java_options);

class BasicAuth {
 public:
  // Error: a JAAS file that cannot be read, or a section KafkaConnect with login modules other than
  // PropertyFileLoginModule. Without that section (and without "other") everyone is refused, as in Connect.
  static base::Result<std::shared_ptr<BasicAuth>> make(const std::string& jaas_file);

  // Nothing: the request may pass. Otherwise 401; 500 for credentials that are not Base64.
  std::optional<HttpResponse> refuse(const HttpRequest& request);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Users {
    std::map<std::string, Digest, std::less<>> digests;
    bool everyone = false;  // the file is empty
  };
  explicit BasicAuth(std::vector<LoginModule> modules);

  bool admits(const std::optional<std::string>& user, const std::string& password);
  // Null: the file cannot be read.
  std::shared_ptr<const Users> users_of(const LoginModule& module);
  bool matches(const Users& users, std::string_view user, std::string_view password) const;
  Digest digest_of(std::string_view password) const;

  const std::vector<LoginModule> modules_;
  Digest salt_{};
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Users>> files_;
  std::set<std::string> missing_;  // logged once: anybody can make requests
};

}  // namespace sluice::rest
