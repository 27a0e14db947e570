#include "rest/rest_server.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.rest.RestServer"};

void apply_rule(const config::HeaderRule& rule, HttpResponse& response) {
  using Action = config::HeaderRule::Action;
  std::string value = rule.value;
  if (rule.action == Action::kSetDate || rule.action == Action::kAddDate) {
    std::int64_t offset = 0;
    std::from_chars(rule.value.data(), rule.value.data() + rule.value.size(), offset);
    value = http_date(base::system_clock().now_ms() + offset);
  }
  if (rule.action == Action::kSet || rule.action == Action::kSetDate) {
    response.set_header(rule.name, value);
  } else {
    response.add_header(rule.name, value);
  }
}

// NCSA's common format, with agent, referrer and milliseconds, as Connect's request log.
void log_request(const HttpRequest& request, const HttpResponse& response, std::chrono::microseconds took) {
  if (!kLog.enabled(base::LogLevel::kInfo)) return;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char stamp[40];
  std::strftime(stamp, sizeof stamp, "%d/%b/%Y:%H:%M:%S +0000", &utc);
  const auto quoted = [&](std::string_view name) -> std::string {
    const auto value = request.header(name);
    return value ? fmt::format("\"{}\"", *value) : "\"-\"";
  };
  kLog.info("{} - - [{}] \"{} {}{}{} HTTP/1.1\" {} {} {} {} {}", request.remote_ip, stamp, request.method, request.path,
            request.query.empty() ? "" : "?", request.query, response.status, response.body.size(), quoted("Referer"),
            quoted("User-Agent"), took.count() / 1000);
}

// Requests that may take long: all that change something, and the reading of offsets, which asks Kafka. They may not
// use up the threads that everything else is answered by.
bool is_command(const HttpRequest& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  return !reads || request.path.ends_with("/offsets") || request.path.ends_with("/offsets/");
}

std::size_t commands_max(std::size_t threads) {
  return std::max<std::size_t>(1, threads - threads / 4);
}

bool needs_tls(const std::vector<config::Listener>& listeners) {
  for (const config::Listener& listener : listeners) {
    if (listener.https) return true;
  }
  return false;
}

}  // namespace

base::Result<RestOptions> rest_options(const config::WorkerConfig& worker) {
  RestOptions options;
  options.listeners = worker.listeners();
  options.admin_listeners = worker.admin_listeners();
  options.tls = listener_tls_config(worker.originals(), "listeners.https.");
  options.admin_tls = listener_tls_config(worker.originals(), "admin.listeners.https.");
  options.response_headers = worker.response_headers();
  const std::string origins = worker.originals().get_or("access.control.allow.origin", "");
  if (!base::java_trim(origins).empty()) {
    options.cors.emplace(origins, worker.originals().get_or("access.control.allow.methods", ""));
  }
  if (worker.basic_auth()) {
    const char* const java_options = std::getenv("KAFKA_OPTS");
    const auto file = find_jaas_file(worker.originals().get_or("sluice.rest.basic.auth.jaas.config", ""),
                                     java_options == nullptr ? "" : java_options);
    if (!file) {
      return base::config_error(
          "rest.extension.classes asks for basic authentication, but no JAAS file is named: set "
          "sluice.rest.basic.auth.jaas.config, or -Djava.security.auth.login.config=FILE in the environment variable "
          "KAFKA_OPTS");
    }
    SLUICE_TRY_ASSIGN(options.basic_auth, BasicAuth::make(*file));
  }
  return options;
}

RestServer::RestServer(RestOptions options)
    : options_(std::move(options)),
      forwarder_(options_.tls, options_.forwarding),
      commands_(commands_max(options_.limits.threads)) {}

RestServer::~RestServer() {
  stop();
}

base::Status RestServer::bind() {
  std::vector<BoundListener> bound;
  std::shared_ptr<const TlsContext> tls, admin_tls;
  if (needs_tls(options_.listeners)) {
    SLUICE_TRY_ASSIGN(tls, TlsContext::make(options_.tls));
  }
  if (options_.admin_listeners && needs_tls(*options_.admin_listeners)) {
    SLUICE_TRY_ASSIGN(admin_tls, TlsContext::make(options_.admin_tls));
  }
  for (const config::Listener& listener : options_.listeners) {
    bound.push_back({listener, listener.https ? tls : nullptr, false});
  }
  for (const config::Listener& listener : options_.admin_listeners.value_or(std::vector<config::Listener>())) {
    bound.push_back({listener, listener.https ? admin_tls : nullptr, true});
  }
  http_ = std::make_unique<HttpServer>(
      options_.limits, [this](const HttpRequest& request) { return handle(request); }, log_request);
  SLUICE_TRY(http_->bind(std::move(bound)));
  for (const BoundListener& listener : http_->listeners()) {
    kLog.info("Added connector for {}", listener.listener.to_string());
  }
  http_->start();
  return {};
}

std::vector<config::Listener> RestServer::listeners() const {
  std::vector<config::Listener> bound;
  for (const BoundListener& listener : http_->listeners()) {
    if (!listener.admin) bound.push_back(listener.listener);
  }
  return bound;
}

std::vector<config::Listener> RestServer::admin_listeners() const {
  std::vector<config::Listener> bound;
  for (const BoundListener& listener : http_->listeners()) {
    if (listener.admin) bound.push_back(listener.listener);
  }
  return bound;
}

void RestServer::start(Services services) {
  std::vector<Route> routes = public_routes(services, forwarder_);
  if (!options_.admin_listeners) {
    for (Route& route : admin_routes(services)) routes.push_back(std::move(route));
  }
  Guard guard;
  if (options_.basic_auth) {
    guard = [auth = options_.basic_auth](const HttpRequest& request) { return auth->refuse(request); };
  }
  // Connect's extensions have no part in separate admin listeners.
  resources_ = std::make_unique<Resources>(
      Resources{Router(std::move(routes), std::move(guard)), Router(admin_routes(services))});
  registered_ = resources_.get();
}

void RestServer::request_stop() {
  forwarder_.request_stop();
  if (http_) http_->request_stop();
}

void RestServer::stop() {
  forwarder_.request_stop();
  if (http_) http_->stop([this] { forwarder_.stop(); });
}

HttpResponse RestServer::handle(const HttpRequest& request) const {
  const Resources* const resources = registered_;
  if (resources == nullptr) return html_error(404, "Not Found", request.path);
  HttpResponse response = route(*resources, request);
  if (request.admin) return response;  // Connect's filters are not on separate admin listeners
  for (const config::HeaderRule& rule : options_.response_headers) apply_rule(rule, response);
  if (options_.cors) options_.cors->apply(request, response);
  return response;
}

HttpResponse RestServer::route(const Resources& resources, const HttpRequest& request) const {
  const auto deadline = std::chrono::steady_clock::now() + options_.request_timeout;
  if (request.admin) return resources.admin.dispatch(request, deadline);
  Slots::Slot slot;
  if (is_command(request)) {
    slot = commands_.take();
    if (!slot) return error_response(503, "Too many requests are being worked on; try again later");
  }
  return resources.main.dispatch(request, deadline);
}

}  // namespace sluice::rest
