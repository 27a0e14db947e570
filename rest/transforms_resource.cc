// /sluice/v1/transforms/preview: what a chain of transforms does to sample records, before a connector has it.

#include "rest/body.h"
#include "rest/errors.h"
#include "rest/preview_entities.h"
#include "rest/resources.h"

namespace sluice::rest {
namespace {

HttpResponse refusal(const base::Error& error) {
  return error_response(error.code() == base::Code::kInvalidConfig ? 400 : status_of(error), error.message());
}

HttpResponse preview(herder::Herder& herder, const RequestContext& context) {
  SLUICE_REST_BODY(body, context.request);
  auto request = bind_preview_request(body, context.deadline);
  if (!request) return refusal(request.error());
  const auto preview = herder.preview_transforms(*std::move(request));
  if (!preview) return refusal(preview.error());
  return json_response(200, to_json(*preview));
}

}  // namespace

std::vector<Route> transforms_routes(const Services& services) {
  herder::Herder* const herder = services.herder;
  return {{"POST", "/sluice/v1/transforms/preview", [herder](const RequestContext& c) { return preview(*herder, c); }}};
}

}  // namespace sluice::rest
