#include "rest/body.h"

#include "rest/errors.h"

namespace sluice::rest {

BodyResult read_json_body(const HttpRequest& request) {
  if (request.body.empty()) return {};
  if (!request.header("Content-Type")) return {{}, http_layer_error(415, true)};
  auto parsed = parse_json(request.body);
  if (!parsed) return {{}, error_response(parsed.error())};
  return {std::move(*parsed), std::nullopt};
}

}  // namespace sluice::rest
