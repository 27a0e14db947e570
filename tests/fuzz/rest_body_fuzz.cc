// Request heads, paths and bodies as they come from outside, through the parser of heads and the resources.
// Links: sluice::rest

#include <cstdint>
#include <string>
#include <string_view>

#include "rest/http_head.h"
#include "rest/json_body.h"
#include "rest/location.h"
#include "rest/router.h"
#include "runtime/base/status.h"

namespace sluice::rest {
namespace {

// What is accepted must come out as it went in.
void check_json(std::string_view body) {
  const auto value = parse_json(body);
  if (!value) {
    SLUICE_ASSERT(!value.error().message().empty());
    return;
  }
  std::string text;
  append_json(*value, text);
  const auto again = parse_json(text);
  SLUICE_ASSERT(again.has_value());
  std::string same;
  append_json(*again, same);
  SLUICE_ASSERT(text == same);
  (void)bind_string_map(*value, body);
  (void)bind_create_request(*value, body);
  (void)bind_offsets(*value, body);
  (void)bind_task_configs(*value, body);
}

void check_head(std::string_view bytes) {
  const HeadResult parsed = parse_head(bytes);
  if (!parsed.head) {
    SLUICE_ASSERT(parsed.error.status >= 400);
    return;
  }
  SLUICE_ASSERT(!(parsed.head->chunked && parsed.head->content_length));
  HttpRequest request;
  request.method = parsed.head->method;
  request.headers = parsed.head->headers;
  split_target(parsed.head->target, request.path, request.query);
  static const Router router({
      {"GET", "/connectors/{connector}/tasks/{task:int}/status",
       [](const RequestContext& context) {
         SLUICE_ASSERT(context.path.size() == 2);
         return empty_response(200);
       }},
      {"POST", "/connectors", [](const RequestContext&) { return empty_response(200); }},
      {"GET", "/{anything}",
       [](const RequestContext& context) {
         SLUICE_ASSERT(context.path[0].find('/') == std::string::npos);
         return empty_response(200);
       }},
  });
  const HttpResponse response = router.dispatch(request, {});
  SLUICE_ASSERT(response.status >= 200);
  (void)request.query_values("expand");
  (void)request.query_flag("forward");
}

}  // namespace
}  // namespace sluice::rest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  sluice::rest::check_json(bytes);
  sluice::rest::check_head(bytes);
  const std::string location = sluice::rest::encode_path(bytes);
  SLUICE_ASSERT(location.find_first_of(" \r\n") == std::string::npos);
  return 0;
}
