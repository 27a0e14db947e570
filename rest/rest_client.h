#pragma once
// Requests to other workers: one connection each, no redirects, everything bounded and with a deadline. A worker's
// address comes out of the group's metadata, so nothing about it is believed.
//
// cpp-httplib has no part in this: it puts a time on each read instead of one on the whole exchange, and matches status
// lines with std::regex, which a long line makes overflow the stack.
//
// Any thread, many at a time.

#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rest/connection.h"
#include "rest/http_answer.h"
#include "rest/http_types.h"
#include "runtime/base/status.h"
#include "runtime/config/config_map.h"

namespace sluice::rest {

struct WorkerUrl {
  bool https = false;
  std::string host;  // IPv6 without brackets
  int port = 0;
  std::string path;  // of a proxy before the worker; no slash at its end
};
// "http://host:8083/". Error: java.lang.IllegalArgumentException, quoting it.
base::Result<WorkerUrl> parse_worker_url(std::string_view url);

struct ClientRequest {
  std::string method;
  std::string target;               // path and query, encoded
  std::optional<std::string> body;  // JSON
  HeaderList headers;               // beside Accept, Content-Type, Host, User-Agent
};

class RestClient {
 public:
  // `tls`: ssl.* keys without any listener's prefix. They are read for each call over https: replaced files count.
  explicit RestClient(config::ConfigMap tls, AnswerLimits limits = {});
  ~RestClient();
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  // The answer, whatever its status. Errors: kInvalidConfig for an address or TLS keys that cannot be used; kStopping
  // after stop(); kRetry with a Java exception for a worker that cannot be reached or does not speak HTTP; kTimeout.
  base::Result<HttpResponse> exchange(const std::string& worker_url, const ClientRequest& request, Deadline deadline);

  // [any] Calls under way and to come fail at once.
  void stop();

 private:
  base::Result<HttpResponse> converse(Connection& connection, const std::string& bytes, Deadline deadline);
  bool enter(Connection& connection);
  void leave(Connection& connection);

  const config::ConfigMap tls_;
  const AnswerLimits limits_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::set<Connection*> open_;
};

}  // namespace sluice::rest
