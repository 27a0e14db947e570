#include "rest/errors.h"

#include <string_view>

namespace sluice::rest {

int status_of(const base::Error& error) {
  const std::string_view exception = error.exception();
  if (exception == base::exceptions::kNotFound) return 404;
  if (exception == base::exceptions::kAlreadyExists) return 409;
  if (exception == base::exceptions::kBadRequest) return 400;
  if (exception == base::exceptions::kConnectRest && error.rest_status() != 0) return error.rest_status();
  return 500;
}

HttpResponse error_response(const base::Error& error) {
  return error_response(status_of(error), error.message());
}

}  // namespace sluice::rest
