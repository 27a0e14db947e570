#pragma once
// From a request to the resource that answers it, by the rules of JAX-RS (spec connect-runtime.md section 1.1): path
// first (404), then method (405), Content-Type (415) and Accept (406); HEAD runs GET, OPTIONS lists the methods; a
// trailing slash and matrix parameters (";a=b") do not count.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http_types.h"

namespace sluice::rest {

struct RequestContext {
  const HttpRequest& request;
  std::vector<std::string> path;  // decoded values of the pattern's parameters, in order
  std::chrono::steady_clock::time_point deadline;
};
using Endpoint = std::function<HttpResponse(const RequestContext&)>;

enum class Consumes { kJson, kAnything };

struct Route {
  std::string method;
  // "/connectors/{connector}/tasks/{task:int}/status". An `int` that does not parse is 404.
  std::string pattern;
  Endpoint endpoint;
  Consumes consumes = Consumes::kJson;
  std::string produces = kJsonType;
  bool guarded = true;  // by the router's guard
};

// Asked before an endpoint runs, after everything that JAX-RS checks by itself: an answer refuses the request.
using Guard = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

class Router {
 public:
  explicit Router(std::vector<Route> routes, Guard guard = {});

  // Never throws; every request gets an answer.
  HttpResponse dispatch(const HttpRequest& request, std::chrono::steady_clock::time_point deadline) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Pattern {
    std::vector<std::string> segments;  // "{}" a text, "{int}" an int, else literal
  };
  static Pattern parse_pattern(std::string_view pattern);
  static bool matches(const Pattern& pattern, const std::vector<std::string>& segments);

  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;
  Guard guard_;
};

// Decoded segments of a raw path that refuse_path() lets through: no trailing slash, no matrix parameters.
std::vector<std::string> path_segments(std::string_view path);

// Java's Integer parsing.
bool parse_java_int(std::string_view text, int& value);

}  // namespace sluice::rest
