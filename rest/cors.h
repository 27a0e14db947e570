#pragma once
// Cross-origin answers as Connect 4.3's server gives them: `Vary: Origin` always, no credentials, 60 seconds.

#include <string>
#include <string_view>
#include <vector>

#include "rest/http_types.h"

namespace sluice::rest {

class CorsPolicy {
 public:
  // Texts of access.control.allow.origin and access.control.allow.methods (empty: GET, POST, HEAD). An origin is "*", a
  // text with
  // '*' as wildcard, or exact.
  CorsPolicy(std::string_view origins, std::string_view methods);

  void apply(const HttpRequest& request, HttpResponse& response) const;

 private:
  bool allows(std::string_view origin) const;

  std::vector<std::string> origins_;
  std::string methods_;
};

}  // namespace sluice::rest
