#include "rest/cors.h"

#include <algorithm>

#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return base::equals_ignore_case_ascii(pattern, text);
  if (text.size() < star || !base::equals_ignore_case_ascii(pattern.substr(0, star), text.substr(0, star)))
    return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t skip = star; skip <= text.size(); ++skip) {
    if (matches(rest, text.substr(skip))) return true;
  }
  return false;
}

}  // namespace

CorsPolicy::CorsPolicy(std::string_view origins, std::string_view methods) {
  for (const std::string_view item : base::split(origins, ',')) {
    if (const std::string_view origin = base::java_trim(item); !origin.empty()) origins_.emplace_back(origin);
  }
  std::vector<std::string> names;
  for (const std::string_view item : base::split(methods, ',')) {
    if (const std::string_view name = base::java_trim(item); !name.empty()) names.emplace_back(name);
  }
  methods_ = names.empty() ? "GET,POST,HEAD" : base::join(names, ",");
}

bool CorsPolicy::allows(std::string_view origin) const {
  return std::any_of(origins_.begin(), origins_.end(),
                     [&](const std::string& pattern) { return matches(pattern, origin); });
}

void CorsPolicy::apply(const HttpRequest& request, HttpResponse& response) const {
  response.add_header("Vary", "Origin");
  const auto origin = request.header("Origin");
  if (!origin || !allows(*origin)) return;
  response.add_header("Access-Control-Allow-Origin", *origin);
  if (request.method != "OPTIONS" || !request.header("Access-Control-Request-Method")) return;
  response.add_header("Access-Control-Allow-Methods", methods_);
  response.add_header("Access-Control-Allow-Headers", "Content-Type");
  response.add_header("Access-Control-Max-Age", "60");
}

}  // namespace sluice::rest
