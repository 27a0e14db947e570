#include "rest/router.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "rest/http_head.h"
#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

struct MediaType {
  std::string type;
  std::string subtype;
};

bool is_token_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F &&
           std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

// "type/subtype;parameters", or nothing if it is none.
std::optional<MediaType> parse_media_type(std::string_view text) {
  const std::string_view essence = base::java_trim(text.substr(0, text.find(';')));
  if (essence == "*") return MediaType{"*", "*"};
  const std::size_t slash = essence.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view type = base::java_trim(essence.substr(0, slash));
  const std::string_view subtype = base::java_trim(essence.substr(slash + 1));
  if (!is_token_text(type) || !is_token_text(subtype)) return std::nullopt;
  return MediaType{base::to_lower_ascii(type), base::to_lower_ascii(subtype)};
}

bool compatible(const MediaType& a, const MediaType& b) {
  if (a.type == "*" || b.type == "*") return true;
  if (a.type != b.type) return false;
  return a.subtype == "*" || b.subtype == "*" || a.subtype == b.subtype;
}

// Every type that an Accept header names, or nothing if one is malformed. Weights do not count: even q=0 is accepted.
std::optional<std::vector<MediaType>> accepted_types(const HttpRequest& request) {
  std::vector<MediaType> types;
  const auto accept = request.header("Accept");
  if (accept && !base::java_trim(*accept).empty()) {
    for (const std::string_view item : base::split(*accept, ',')) {
      if (base::java_trim(item).empty()) continue;
      auto type = parse_media_type(item);
      if (!type) return std::nullopt;
      types.push_back(std::move(*type));
    }
  }
  if (types.empty()) types.push_back({"*", "*"});
  return types;
}

bool accepts(const std::vector<MediaType>& types, std::string_view produced) {
  const auto product = parse_media_type(produced);
  return std::any_of(types.begin(), types.end(), [&](const MediaType& type) { return compatible(type, *product); });
}

std::string join_methods(const std::vector<const Route*>& routes) {
  std::vector<std::string> methods;
  for (const Route* route : routes) {
    if (route->method == "GET") methods.emplace_back("HEAD");
    if (std::find(methods.begin(), methods.end(), route->method) == methods.end()) methods.push_back(route->method);
  }
  methods.emplace_back("OPTIONS");
  return base::join(methods, ",");
}

HttpResponse options_response(const std::vector<const Route*>& routes, const std::vector<MediaType>& types) {
  const std::string methods = join_methods(routes);
  HttpResponse response;
  response.add_header("Allow", methods);
  if (accepts(types, "text/plain")) {
    response.add_header("Content-Type", "text/plain");
    for (const char c : methods) {
      response.body += c;
      if (c == ',') response.body += ' ';
    }
  } else {
    response.add_header("Content-Type", types.front().type + "/" + types.front().subtype);
  }
  return response;
}

}  // namespace

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (path.empty()) return segments;
  for (const std::string_view raw : base::split(path, '/')) {
    const std::string_view name = raw.substr(0, raw.find(';'));
    segments.push_back(base::url_decode_path(name).value_or(std::string(name)));
  }
  return segments;
}

bool parse_java_int(std::string_view text, int& value) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

Router::Router(std::vector<Route> routes, Guard guard) : routes_(std::move(routes)), guard_(std::move(guard)) {
  for (const Route& route : routes_) patterns_.push_back(parse_pattern(route.pattern));
}

Router::Pattern Router::parse_pattern(std::string_view pattern) {
  Pattern parsed;
  for (const std::string& segment : path_segments(pattern)) {
    if (!segment.starts_with('{')) {
      parsed.segments.push_back(segment);
    } else {
      parsed.segments.emplace_back(segment.ends_with(":int}") ? "{int}" : "{}");
    }
  }
  return parsed;
}

bool Router::matches(const Pattern& pattern, const std::vector<std::string>& segments) {
  if (pattern.segments.size() != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool parameter = pattern.segments[i].starts_with('{');
    if (parameter ? segments[i].empty() : pattern.segments[i] != segments[i]) return false;
  }
  return true;
}

HttpResponse Router::dispatch(const HttpRequest& request, std::chrono::steady_clock::time_point deadline) const {
  if (const auto reason = refuse_path(request.path)) return html_error(400, *reason, request.path);
  const std::vector<std::string> segments = path_segments(request.path);
  std::vector<const Route*> candidates;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (matches(patterns_[i], segments)) candidates.push_back(&routes_[i]);
  }
  if (candidates.empty()) return http_layer_error(404);

  const auto types = accepted_types(request);
  if (!types) return html_error(400, "Bad Request", request.path);
  const auto find = [&](std::string_view method) {
    const auto found =
        std::find_if(candidates.begin(), candidates.end(), [&](const Route* r) { return r->method == method; });
    return found == candidates.end() ? nullptr : *found;
  };
  const Route* route = find(request.method);
  if (route == nullptr && request.method == "HEAD") route = find("GET");
  if (route == nullptr && request.method == "OPTIONS") {
    if (guard_) {
      if (auto refusal = guard_(request)) return std::move(*refusal);
    }
    return options_response(candidates, *types);
  }
  if (route == nullptr) return http_layer_error(405);

  if (const auto given = request.header("Content-Type")) {
    const auto type = parse_media_type(*given);
    if (!type) return html_error(400, "Bad Request", request.path);
    if (route->consumes == Consumes::kJson && !compatible(*type, {"application", "json"})) return http_layer_error(415);
  }
  if (!accepts(*types, route->produces)) return http_layer_error(406);
  if (guard_ && route->guarded) {
    if (auto refusal = guard_(request)) return std::move(*refusal);
  }

  RequestContext context{request, {}, deadline};
  const Pattern& pattern = patterns_[static_cast<std::size_t>(route - routes_.data())];
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!pattern.segments[i].starts_with('{')) continue;
    int number = 0;
    if (pattern.segments[i] == "{int}" && !parse_java_int(segments[i], number)) return http_layer_error(404, true);
    context.path.push_back(segments[i]);
  }
  return route->endpoint(context);
}

}  // namespace sluice::rest
