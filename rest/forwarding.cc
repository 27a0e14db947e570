#include "rest/forwarding.h"

#include <algorithm>

#include "rest/answer_entities.h"
#include "rest/location.h"
#include "runtime/base/log.h"

namespace sluice::rest {
namespace {

using base::Code;
using base::Error;
using base::fail;
using base::Result;
namespace exceptions = base::exceptions;

const base::Logger kLog{"org.apache.kafka.connect.runtime.rest.HerderRequestHandler"};
const base::Logger kClientLog{"org.apache.kafka.connect.runtime.rest.RestClient"};

Error rest_error(int status, std::string text) {
  return Error(status == 409 ? Code::kRetry : Code::kFatal, exceptions::kConnectRest, std::move(text))
      .with_rest_status(status);
}

bool is(const Error& error, std::string_view exception) {
  return error.exception() == exception;
}

}  // namespace

Forwarder::Forwarder(config::ConfigMap tls, ForwardingOptions options, AnswerLimits limits)
    : options_(options), client_(std::move(tls), limits), waiting_(options.waiting_max) {}

void Forwarder::request_stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  stopped_.notify_all();
}

void Forwarder::stop() {
  request_stop();
  client_.stop();
}

base::Status Forwarder::run(const RequestContext& context, const ForwardedCall& call,
                            const std::function<base::Status()>& local) {
  const auto done = run<bool>(
      context, call,
      [&]() -> Result<bool> {
        SLUICE_TRY(local());
        return true;
      },
      [](const RemoteAnswer&) -> Result<bool> { return true; });
  if (!done) return fail(done.error());
  return {};
}

bool Forwarder::forward_allowed(const RequestContext& context) {
  return context.request.query_flag("forward").value_or(true);
}

bool Forwarder::is_elsewhere(const Error& error) {
  return is(error, exceptions::kNotLeader) || is(error, exceptions::kNotAssigned);
}

bool Forwarder::passes(const Error& error, bool may_forward) {
  if (is(error, exceptions::kRebalanceNeeded)) return true;
  return may_forward && is_elsewhere(error) && (error.redirect() == nullptr || error.redirect()->empty());
}

Error Forwarder::for_client(Error error) {
  if (!is(error, exceptions::kRebalanceNeeded)) return error;
  return rest_error(409,
                    "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent "
                    "config change)");
}

Error Forwarder::unreadable(Error error) {
  return transport_error(error);
}

bool Forwarder::pause(std::chrono::steady_clock::time_point until) {
  const auto next = std::chrono::steady_clock::now() + options_.retry_every;
  std::unique_lock lock(mutex_);
  return next < until && !stopped_.wait_until(lock, next, [&] { return stopping_; });
}

Result<RemoteAnswer> Forwarder::ask(const RequestContext& context, const ForwardedCall& call, const Error& why) {
  if (!forward_allowed(context)) {
    kLog.error(
        "Request '{} {}' failed because it couldn't find the target Connect worker within two hops (between workers).",
        call.method, call.path);
    return fail(rest_error(409, "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"));
  }
  if (why.redirect() == nullptr || why.redirect()->empty()) {
    return fail(rest_error(
        409,
        "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway."));
  }
  const bool first_hop = !context.request.query_flag("forward").has_value();
  ClientRequest request{std::string(call.method), forwarded_target(call, first_hop), call.body, {}};
  if (const auto credentials = context.request.header("Authorization"))
    request.headers.emplace_back("Authorization", *credentials);
  const auto answer = client_.exchange(*why.redirect(), request, context.deadline);
  if (!answer) {
    const bool unusable = is(answer.error(), exceptions::kIllegalArgument);  // its text quotes the URL, made printable
    kClientLog.error("IO error forwarding REST request {} {} to {}: {}", request.method, request.target,
                     unusable ? "another worker" : *why.redirect(), answer.error().to_string());
    return fail(transport_error(answer.error()));
  }
  return read_remote_answer(*answer);
}

Error transport_error(const Error& error) {
  const std::string_view exception = error.exception();
  if (error.code() == Code::kStopping) return error;
  const auto worded = [&](std::string_view begin, std::string_view cause) {
    return Error(error.code(), exceptions::kConnectRest, fmt::format("{}: {}{}", begin, cause, error.message()))
        .with_rest_status(500);
  };
  if (exception == exceptions::kIllegalArgument) return worded("Error trying to forward REST request", "");
  if (exception == exceptions::kConfig) return worded("Failed to start RestClient", "");
  const bool bare = exception.starts_with("com.fasterxml.");  // these are I/O errors themselves there
  return worded("IO Error trying to forward REST request", bare ? "" : fmt::format("{}: ", exception));
}

std::string forwarded_target(const ForwardedCall& call, bool forward) {
  std::string target = encode_path(call.path);
  target += forward ? "?forward=true" : "?forward=false";
  for (const auto& [name, value] : call.query) target += fmt::format("&{}={}", name, value);
  return target;
}

Result<RemoteAnswer> read_remote_answer(const HttpResponse& answer) {
  if (answer.status == 204) return RemoteAnswer{204, {}};
  if (answer.status < 200 || (answer.status >= 300 && answer.status < 400)) {
    return fail(
        rest_error(500, fmt::format("Unexpected status code when handling forwarded request: {}", answer.status)));
  }
  auto value = parse_json(answer.body);
  if (!value) return fail(transport_error(value.error()));
  if (answer.status < 400) return RemoteAnswer{answer.status, std::move(*value)};
  auto message = read_error_message(*value);
  if (!message) return fail(transport_error(message.error()));
  return fail(rest_error(answer.status, std::move(*message)));
}

}  // namespace sluice::rest
