#include "rest/http_head.h"

#include <charconv>

#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

bool is_token_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return true;
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && c != '\t') || u == 0x7F) return true;
  }
  return false;
}

// Takes the next line off `bytes`, without its end ("\r\n", or "\n" alone, as servers tolerate).
std::string_view take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::optional<HeadError> parse_request_line(std::string_view line, HttpHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return HeadError{};
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method) || head.target.empty()) return HeadError{};
  for (const char c : head.target) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return HeadError{400, "Illegal character in URI"};
  }
  if (version == "HTTP/1.1") {
    head.http11 = true;
  } else if (version == "HTTP/1.0") {
    head.http11 = false;
  } else {
    return version.starts_with("HTTP/") ? HeadError{505, "Unknown Version"} : HeadError{};
  }
  return std::nullopt;
}

bool parse_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 18) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size();
}

// What the header means for the framing of the message.
std::optional<HeadError> note_framing(std::string_view name, std::string_view value, HttpHead& head) {
  if (base::equals_ignore_case_ascii(name, "Content-Length")) {
    std::uint64_t length = 0;
    if (!parse_length(value, length)) return HeadError{400, "Invalid Content-Length"};
    if (head.content_length) return HeadError{400, "Multiple Content-Lengths"};
    head.content_length = length;
  } else if (base::equals_ignore_case_ascii(name, "Transfer-Encoding")) {
    if (head.chunked || !base::equals_ignore_case_ascii(value, "chunked")) {
      return HeadError{400, "Bad Transfer-Encoding"};
    }
    head.chunked = true;
  } else if (base::equals_ignore_case_ascii(name, "Connection")) {
    for (const std::string_view option : base::split(value, ',')) {
      if (base::equals_ignore_case_ascii(trim_blanks(option), "close")) head.close = true;
      if (!head.http11 && base::equals_ignore_case_ascii(trim_blanks(option), "keep-alive")) head.close = false;
    }
  } else if (base::equals_ignore_case_ascii(name, "Expect")) {
    head.expect_continue = base::equals_ignore_case_ascii(value, "100-continue");
  }
  return std::nullopt;
}

// Encoded dots that stand for "." or "..", and climbing above the root.
std::optional<std::string_view> refuse_segments(std::string_view path) {
  int depth = 0;
  for (const std::string_view segment : base::split(path.substr(1), '/')) {
    const std::string_view name = segment.substr(0, segment.find(';'));
    const auto decoded = base::url_decode_path(name);
    if (decoded && (*decoded == "." || *decoded == "..") && *decoded != name) return "Ambiguous URI path segment";
    if (name == ".." && --depth < 0) return "Bad URI";
    if (name != ".." && name != "." && !name.empty()) ++depth;
  }
  return std::nullopt;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

HeadResult parse_head(std::string_view bytes) {
  HttpHead head;
  if (const auto error = parse_request_line(take_line(bytes), head)) return {std::nullopt, *error};
  head.close = !head.http11;
  int hosts = 0;
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return {std::nullopt, {400, "Illegal header line"}};
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (has_control(value)) return {std::nullopt, {400, "Illegal character in header"}};
    if (const auto error = note_framing(name, value, head)) return {std::nullopt, *error};
    if (base::equals_ignore_case_ascii(name, "Host")) ++hosts;
    head.headers.emplace_back(name, value);
  }
  if (head.chunked && head.content_length) {
    return {std::nullopt, {400, "Transfer-Encoding and Content-Length"}};
  }
  if (hosts > 1 || (head.http11 && hosts == 0)) return {std::nullopt, {400, hosts ? "Duplicate Host" : "No Host"}};
  return {std::move(head), {}};
}

void split_target(std::string_view target, std::string& path, std::string& query) {
  if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  path = target.substr(0, mark);
  query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::optional<std::string_view> refuse_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return "Bad Request";
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '/' && i + 1 < path.size() && path[i + 1] == '/') return "Ambiguous URI empty segment";
    if (c == '\\') return "Suspicious Path Character";
    if (std::string_view("\"<>^`{|}").find(c) != std::string_view::npos) return "Illegal Path Character";
    if (c != '%') continue;
    const int high = i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(path[i + 2]) : -1;
    if (low < 0) return "Bad percent encoding";
    const int byte = high * 16 + low;
    if (byte == '/') return "Ambiguous URI path separator";
    if (byte == '%') return "Ambiguous URI path encoding";
    if (byte == '\\' || byte < 0x20 || byte == 0x7F) return "Suspicious Path Character";
    i += 2;
  }
  return refuse_segments(path);
}

}  // namespace sluice::rest
