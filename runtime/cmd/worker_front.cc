#include "runtime/cmd/worker_front.h"

#include <cstdio>

#include "runtime/base/secrets.h"
#include "runtime/cmd/exit_codes.h"
#include "runtime/cmd/host_address.h"

namespace sluice::cmd {
namespace {

// The port of the first bound listener that the advertised URL may mean.
int advertised_port(const config::WorkerConfig& config, const std::vector<config::Listener>& bound) {
  const std::string url = config.advertised_url(0, "");
  const bool https = url.starts_with("https:");
  for (const auto& listener : bound)
    if (listener.https == https) return listener.port;
  return bound.empty() ? 0 : bound.front().port;
}

}  // namespace

base::Status WorkerFront::bind(const base::Logger& logger) {
  SLUICE_TRY_ASSIGN(auto options, rest::rest_options(*parts_.config));
  tls_ = options.tls;
  rest_ = std::make_unique<rest::RestServer>(std::move(options));
  SLUICE_TRY(rest_->bind());
  const auto bound = rest_->listeners();
  url_ = parts_.config->advertised_url(advertised_port(*parts_.config, bound), local_host_address());
  for (const auto& listener : bound)
    logger.info("REST server listening at {}, advertising URL {}", listener.to_string(), url_);
  return {};
}

std::string WorkerFront::worker_id() const {
  std::string_view id = url_;
  const auto begin = id.find("://");
  if (begin != std::string_view::npos) id.remove_prefix(begin + 3);
  while (id.ends_with('/')) id.remove_suffix(1);
  return std::string(id);
}

std::unique_ptr<rest::LeaderHttpClient> WorkerFront::leader_client() const {
  return std::make_unique<rest::LeaderHttpClient>(tls_,
                                                  parts_.config->parsed().string("inter.worker.signature.algorithm"));
}

void WorkerFront::serve(herder::Herder& herder, const base::Logger& logger) {
  rest::Services services;
  services.herder = &herder;
  services.catalog = parts_.plugins.get();
  services.metrics = parts_.metrics.get();
  services.quarantined = [plugins = parts_.plugins.get()] {
    std::vector<rest::QuarantinedPlugin> list;
    for (auto& entry : plugins->quarantined()) list.push_back({std::move(entry.path), std::move(entry.reason)});
    return list;
  };
  services.topic_tracking = parts_.config->topic_tracking_enabled();
  services.show_secrets = parts_.config->secrets_shown();
  services.topic_tracking_reset = parts_.config->topic_tracking_reset_allowed();
  rest_->start(std::move(services));
  logger.info("REST resources initialized; server is started and ready to handle requests");
}

void WorkerFront::request_stop() {
  if (rest_) rest_->request_stop();
}

void WorkerFront::stop() {
  if (rest_) rest_->stop();
}

base::Status await_cluster_id(WorkerParts& parts, const Signals& signals, const base::Logger& logger) {
  while (parts.cluster_id.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready)
    if (signals.requested())
      return base::fail(base::Code::kStopping, base::exceptions::kConnect, "Stopped before a broker answered");
  SLUICE_TRY_ASSIGN(const auto cluster_id, parts.cluster_id.get());
  parts.context.kafka_cluster_id = cluster_id;
  if (!cluster_id.empty()) logger.info("Kafka cluster ID: {}", cluster_id);
  return {};
}

int startup_failed(const base::Error& error, const base::Logger& logger) {
  logger.error("Stopping due to error\n{}", error.trace());
  fmt::print(stderr, "sluice: the worker cannot start: {}\n", base::without_secrets(error.message()));
  return kExitStartup;
}

}  // namespace sluice::cmd
