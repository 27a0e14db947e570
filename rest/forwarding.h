#pragma once
// The step between an endpoint and its answer when another worker must do what was asked (spec connect-runtime.md
// section 1.6), and the wait while nobody can say which: the herder's kNotLeader and kNotAssigned carry the URL to ask.
// At most two hops: the first asks with forward=true, that worker once more with forward=false.
//
// What goes beyond Connect: while no leader is known, or a rebalance is due (kRebalanceNeeded), the request tries again
// for a while instead of failing at once with 409 or 500. The herder has done nothing when it gives these errors.
//
// Any thread. Requests that wait hold the thread that serves them, so their number is bounded; beyond it Connect's
// answer is given at once.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rest/errors.h"
#include "rest/json_body.h"
#include "rest/rest_client.h"
#include "rest/router.h"
#include "rest/slots.h"

namespace sluice::rest {

struct ForwardingOptions {
  std::size_t waiting_max = 25;
  // A group of a few workers settles in one to three seconds; a worker that died is missed only after
  // session.timeout.ms, 10 s by default. Clients that give up sooner have a timeout of their own.
  std::chrono::milliseconds wait_max{10000};
  std::chrono::milliseconds retry_every{100};
};

// A request as another worker is to get it: Connect sends on what it understood, not what it was sent.
struct ForwardedCall {
  std::string_view method;
  std::string path;                                      // names decoded
  std::optional<std::string> body = std::nullopt;        // JSON
  std::vector<std::pair<std::string, bool>> query = {};  // beside `forward`
};

struct RemoteAnswer {
  int status = 0;
  JsonValue value;  // null for no body
};

class Forwarder {
 public:
  explicit Forwarder(config::ConfigMap tls, ForwardingOptions options = {}, AnswerLimits limits = {});

  // Runs `local`, a call of the herder's, here or on the worker that the herder names, and gives the outcome of
  // either. `read`: the other worker's answer as what the herder would have given.
  template <typename T>
  base::Result<T> run(const RequestContext& context, const ForwardedCall& call,
                      const std::function<base::Result<T>()>& local,
                      const std::function<base::Result<T>(const RemoteAnswer&)>& read) {
    base::Result<T> result = settle<T>(context.deadline, local, forward_allowed(context));
    if (result) return result;
    if (!is_elsewhere(result.error())) return base::fail(for_client(std::move(result).error()));
    base::Result<RemoteAnswer> answer = ask(context, call, result.error());
    if (!answer) return base::fail(std::move(answer).error());
    base::Result<T> value = read(*answer);
    if (!value) return base::fail(unreadable(std::move(value).error()));
    return value;
  }
  // The same for calls that give nothing.
  base::Status run(const RequestContext& context, const ForwardedCall& call,
                   const std::function<base::Status()>& local);

  // A call that is never forwarded, tried again while a rebalance is due.
  template <typename T>
  base::Result<T> settle(std::chrono::steady_clock::time_point deadline, const std::function<base::Result<T>()>& local,
                         bool may_forward = true) {
    const auto until = std::min(deadline, std::chrono::steady_clock::now() + options_.wait_max);
    base::Result<T> result = local();  // which may have waited itself
    if (result || !passes(result.error(), may_forward)) return result;
    const Slots::Slot slot = waiting_.take();
    if (!slot) return result;
    while (pause(until)) {
      result = local();
      if (result || !passes(result.error(), may_forward)) break;
    }
    return result;
  }

  // [any] Nobody waits for a rebalance any more.
  void request_stop();
  // [any] Calls to other workers end too.
  void stop();

 private:
  static bool forward_allowed(const RequestContext& context);
  static bool is_elsewhere(const base::Error& error);  // kNotLeader, kNotAssigned
  // Whether the error is one that a rebalance takes away.
  static bool passes(const base::Error& error, bool may_forward);
  // What Connect makes of a rebalance on these endpoints.
  static base::Error for_client(base::Error error);
  static base::Error unreadable(base::Error error);
  // False: the time is over, or the worker stops.
  bool pause(std::chrono::steady_clock::time_point until);
  base::Result<RemoteAnswer> ask(const RequestContext& context, const ForwardedCall& call, const base::Error& why);

  const ForwardingOptions options_;
  RestClient client_;
  Slots waiting_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
};

// The target of a call: path with its names encoded, `forward`, the rest of the query.
std::string forwarded_target(const ForwardedCall& call, bool forward);

// As Connect words what went wrong between two workers: kConnectRest with 500, its code as it was. kStopping stays.
base::Error transport_error(const base::Error& error);

// What an answer of another worker means: its JSON, or the error that it reports or that it is.
base::Result<RemoteAnswer> read_remote_answer(const HttpResponse& answer);

}  // namespace sluice::rest
