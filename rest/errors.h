#pragma once
// From the worker's errors to answers, as Connect's exception mapper does (spec connect-runtime.md section 1.1).

#include "rest/http_types.h"
#include "runtime/base/status.h"

namespace sluice::rest {

// By the Java exception that the error carries: 404 not found, 409 already exists, 400 bad request, a kConnectRest's
// own status, 500 everything else. What forwarding.h makes of kNotLeader, kNotAssigned and kRebalanceNeeded comes
// before; one that gets here is a 500, as in Connect.
int status_of(const base::Error& error);
HttpResponse error_response(const base::Error& error);

}  // namespace sluice::rest

// In an endpoint: declares `target` from a Result, or answers with the error.
#define SLUICE_REST_TRY(target, expression)                                            \
  auto SLUICE_CONCAT(rest_try_, __LINE__) = (expression);                              \
  if (!SLUICE_CONCAT(rest_try_, __LINE__)) [[unlikely]]                                \
    return ::sluice::rest::error_response(SLUICE_CONCAT(rest_try_, __LINE__).error()); \
  target = std::move(*SLUICE_CONCAT(rest_try_, __LINE__))
