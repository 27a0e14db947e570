#pragma once
// The face of a worker: its REST server and the address at which others find it. The same for both kinds of worker.

#include <memory>
#include <string>

#include "rest/leader_http_client.h"
#include "rest/rest_server.h"
#include "runtime/base/log.h"
#include "runtime/cmd/signals.h"
#include "runtime/cmd/worker_parts.h"

namespace sluice::cmd {

class WorkerFront {
 public:
  explicit WorkerFront(WorkerParts& parts) : parts_(parts) {}

  // Opens the listeners; from then on url() is known.
  base::Status bind(const base::Logger& logger);
  const std::string& url() const { return url_; }  // ends with a slash
  std::string worker_id() const;                   // "host:port"

  // For requests to other workers of the group, with the TLS keys of the listeners.
  std::unique_ptr<rest::LeaderHttpClient> leader_client() const;

  // Resources answer from now on.
  void serve(herder::Herder& herder, const base::Logger& logger);
  void request_stop();
  void stop();

 private:
  WorkerParts& parts_;
  std::unique_ptr<rest::RestServer> rest_;
  std::string url_;
  config::ConfigMap tls_;
};

// Waits for a broker's answer, and puts the cluster's id into the worker's context. kStopping when a signal comes
// first.
base::Status await_cluster_id(WorkerParts& parts, const Signals& signals, const base::Logger& logger);

// Tells the log and the terminal; the exit status.
int startup_failed(const base::Error& error, const base::Logger& logger);

}  // namespace sluice::cmd
