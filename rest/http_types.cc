#include "rest/http_types.h"

#include <fmt/format.h>

#include <ctime>

#include "rest/json_writer.h"
#include "runtime/base/clock.h"
#include "runtime/base/secrets.h"
#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

std::optional<std::string_view> find_header(const HeaderList& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (base::equals_ignore_case_ascii(key, name)) return value;
  }
  return std::nullopt;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Form decoding: '+' is a space; a percent sign that begins no escape stays as it is.
std::string decode_query(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  return find_header(headers, name);
}

std::vector<std::string> HttpRequest::query_values(std::string_view name) const {
  std::vector<std::string> values;
  if (query.empty()) return values;
  for (const std::string_view pair : base::split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (decode_query(pair.substr(0, equals)) != name) continue;
    values.push_back(equals == std::string_view::npos ? std::string() : decode_query(pair.substr(equals + 1)));
  }
  return values;
}

std::optional<std::string> HttpRequest::query_value(std::string_view name) const {
  auto values = query_values(name);
  if (values.empty()) return std::nullopt;
  return std::move(values.front());
}

std::optional<bool> HttpRequest::query_flag(std::string_view name) const {
  const auto value = query_value(name);
  if (!value || value->empty()) return std::nullopt;
  return base::equals_ignore_case_ascii(*value, "true");
}

void HttpResponse::set_header(std::string_view name, std::string_view value) {
  std::erase_if(headers, [&](const auto& entry) { return base::equals_ignore_case_ascii(entry.first, name); });
  headers.emplace_back(name, value);
}

void HttpResponse::add_header(std::string_view name, std::string_view value) {
  headers.emplace_back(name, value);
}

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  return find_header(headers, name);
}

HttpResponse json_response(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", kJsonType);
  response.body = std::move(body);
  return response;
}

HttpResponse empty_response(int status) {
  HttpResponse response;
  response.status = status;
  return response;
}

HttpResponse error_response(int status, std::string_view message, bool typed) {
  JsonWriter json;
  json.begin_object().key("error_code").number(status).key("message");
  json.text(base::without_secrets(std::string(message))).end_object();
  HttpResponse response;
  response.status = status;
  response.body = std::move(json).take();
  if (typed) response.headers.emplace_back("Content-Type", kJsonType);
  return response;
}

HttpResponse http_layer_error(int status, bool typed) {
  return error_response(status, fmt::format("HTTP {} {}", status, status_reason(status)), typed);
}

HttpResponse html_error(int status, std::string_view reason, std::string_view path) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Cache-Control", "must-revalidate,no-cache,no-store");
  response.headers.emplace_back("Content-Type", "text/html;charset=iso-8859-1");
  const std::string shown = escape_html(path);
  const std::string why = escape_html(reason);
  response.body = fmt::format(
      "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=ISO-8859-1\"/>\n"
      "<title>Error {0} {1}</title>\n</head>\n<body>\n<h2>HTTP ERROR {0} {1}</h2>\n<table>\n"
      "<tr><th>URI:</th><td>{2}</td></tr>\n<tr><th>STATUS:</th><td>{0}</td></tr>\n<tr><th>MESSAGE:</th><td>{1}</td></"
      "tr>\n"
      "</table>\n</body>\n</html>\n",
      status, why, shown);
  return response;
}

std::string_view status_reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string http_date(std::int64_t epoch_ms) {
  const auto seconds = static_cast<std::time_t>(epoch_ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text;
}

std::string serialize_head(const HttpResponse& response, bool close) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, status_reason(response.status),
                                 http_date(base::system_clock().now_ms()));
  for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
  text += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (close) text += "Connection: close\r\n";
  return text + "\r\n";
}

}  // namespace sluice::rest
