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

Error Error::with_cause(Error cause) && {
  cause_ = std::make_shared<const Error>(std::move(cause));
  return std::move(*this);
}

Error Error::with_redirect(std::string url) && {
  address_ = std::make_shared<const Address>(Address{std::move(url), rest_status()});
  return std::move(*this);
}

Error Error::with_rest_status(int status) && {
  address_ = std::make_shared<const Address>(Address{address_ ? address_->redirect : std::nullopt, status});
  return std::move(*this);
}

std::string Error::to_string() const {
  std::string text;
  for (const Error* error = this; error != nullptr; error = error->cause()) {
    if (error != this) text += "\nCaused by: ";
    text += error->exception_;
    if (!error->message_.empty()) text.append(": ").append(error->message_);
  }
  return text;
}

std::string Error::trace() const {
  std::string text;
  for (const Error* error = this; error != nullptr; error = error->cause()) {
    if (error != this) text += "Caused by: ";
    text += error->exception_;
    if (!error->message_.empty()) text.append(": ").append(error->message_);
    text += "\n\tat sluice(native)\n";
  }
  return without_secrets(std::move(text));
}

void assert_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "sluice: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace sluice::base
