#pragma once
// What the endpoints share when they read a request's body.

#include "rest/http_types.h"
#include "rest/json_body.h"

namespace sluice::rest {

// The body as JSON. Connect refuses a body without Content-Type where it wants JSON: 415, with a Content-Type of its
// own; an absent body is null. Either `value` or `refusal` is set.
struct BodyResult {
  JsonValue value;
  std::optional<HttpResponse> refusal;
};
BodyResult read_json_body(const HttpRequest& request);

}  // namespace sluice::rest

// In an endpoint: declares `target` as the body's JSON, or answers with why there is none.
#define SLUICE_REST_BODY(target, request)                                  \
  auto target##_result = ::sluice::rest::read_json_body(request);          \
  if (target##_result.refusal) return std::move(*target##_result.refusal); \
  const ::sluice::rest::JsonValue& target = target##_result.value
