#pragma once
// The head of an HTTP/1.x request: strict parsing of bytes from outside (RFC 9112 sections 3 and 5). Ambiguities that
// let a proxy and a server see different requests are refused: folded lines, blanks before a colon, two lengths,
// a length beside a transfer coding, any coding other than chunked.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rest/http_types.h"

namespace sluice::rest {

struct HttpHead {
  std::string method;
  std::string target;
  bool http11 = true;
  HeaderList headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool close = false;            // the connection ends after the answer
  bool expect_continue = false;  // the client waits for "100 Continue" before it sends the body

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

struct HeadError {
  int status = 400;
  const char* reason = "Bad Request";
};

// `bytes`: everything up to and including the empty line. Either the head or the error to answer with.
struct HeadResult {
  std::optional<HttpHead> head;
  HeadError error;
};
HeadResult parse_head(std::string_view bytes);

// Splits a target into its raw path and query. Absolute targets ("http://host/path") lose scheme and authority.
void split_target(std::string_view target, std::string& path, std::string& query);

// Why a raw path is refused before any resource sees it: encoded '/', '%', '\' or control characters, empty segments,
// encoded dots, bad escapes, bytes that are not URI characters. Nothing: the path is fine.
std::optional<std::string_view> refuse_path(std::string_view path);

}  // namespace sluice::rest
