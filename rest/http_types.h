#pragma once
// A request and an answer as the resources see them: plain values, free of any HTTP library.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::rest {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;     // as sent, upper case by convention
  std::string path;       // raw path of the target: still percent-encoded, no query
  std::string query;      // raw query, without '?'
  HeaderList headers;     // in the order sent
  std::string body;       // decoded from its transfer coding
  std::string remote_ip;  // of the peer
  std::string base_url;   // "http://host:port" from the Host header, else from the local address
  bool admin = false;     // came in on a listener of admin.listeners

  // The first header of that name (ASCII case-insensitive), or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
  // Decoded values of a query parameter, in order; a parameter without '=' is an empty text.
  std::vector<std::string> query_values(std::string_view name) const;
  std::optional<std::string> query_value(std::string_view name) const;
  // JAX-RS `Boolean` parameters: nothing if absent or empty; "true" in any case is true, all else false.
  std::optional<bool> query_flag(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  HeaderList headers;  // without Content-Length, Connection and Date, which the server adds
  std::string body;

  void set_header(std::string_view name, std::string_view value);  // replaces every header of that name
  void add_header(std::string_view name, std::string_view value);
  std::optional<std::string_view> header(std::string_view name) const;
};

inline constexpr const char* kJsonType = "application/json";

HttpResponse json_response(int status, std::string body);
HttpResponse empty_response(int status);
// {"error_code":status,"message":message}; `typed` says whether it carries a Content-Type. Connect leaves it out where
// the answer comes from the HTTP layer instead of a resource.
HttpResponse error_response(int status, std::string_view message, bool typed = true);
// "HTTP 404 Not Found" and the like, as the HTTP layer words them.
HttpResponse http_layer_error(int status, bool typed = false);
// The page that the HTTP server itself answers with when a request is not acceptable as HTTP.
HttpResponse html_error(int status, std::string_view reason, std::string_view path);

std::string_view status_reason(int status);
// "Fri, 20 Nov 2026 16:00:00 GMT"; `epoch_ms`: milliseconds since the Unix epoch.
std::string http_date(std::int64_t epoch_ms);
// Status line and headers with the empty line; adds the length of the body, the date and, if asked, the end of the
// connection.
std::string serialize_head(const HttpResponse& response, bool close);

}  // namespace sluice::rest
