#include "runtime/base/status.h"

#include <cstdio>
#include <cstdlib>

#include "runtime/base/secrets.h"

namespace sluice::base {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kRetry:
      return "retry";
    case Code::kBadRecord:
      return "bad record";
    case Code::kInvalidConfig:
      return "invalid config";
    case Code::kStopping:
      return "stopping";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kNoMemory:
      return "no memory";
    case Code::kFatal:
      return "fatal";
    case Code::kBug:
      return "bug";
    case Code::kNotFound:
      return "not found";
    case Code::kExists:
      return "exists";
    case Code::kTimeout:
      return "timeout";
  }
  return "unknown";
}

Error Error::with_cause(const Error& cause) const {
  Facts facts = *facts_;
  facts.cause = std::make_shared<const Error>(cause);
  return Error(std::move(facts));
}

Error Error::with_redirect(std::string url) const {
  Facts facts = *facts_;
  facts.redirect = std::move(url);
  return Error(std::move(facts));
}

Error Error::with_rest_status(int status) const {
  Facts facts = *facts_;
  facts.rest_status = status;
  return Error(std::move(facts));
}

std::string Error::to_string() const {
  std::string text;
  for (const Error* error = this; error != nullptr; error = error->cause()) {
    if (error != this) text += "\nCaused by: ";
    text += error->exception();
    if (!error->message().empty()) text.append(": ").append(error->message());
  }
  return text;
}

std::string Error::trace() const {
  std::string text;
  for (const Error* error = this; error != nullptr; error = error->cause()) {
    if (error != this) text += "Caused by: ";
    text += error->exception();
    if (!error->message().empty()) text.append(": ").append(error->message());
    text += "\n\tat sluice(native)\n";
  }
  return without_secrets(std::move(text));
}

void assert_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "sluice: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace sluice::base
