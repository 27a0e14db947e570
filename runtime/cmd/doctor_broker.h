#pragma once
// `sluice doctor`: can Kafka be reached, server by server and step by step: name, connection, TLS and SASL, answer.

#include <memory>
#include <optional>

#include "runtime/base/status.h"
#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/worker_config.h"
#include "runtime/kafka/admin.h"

namespace sluice::cmd {

struct BrokerReach {
  Findings findings;
  // Null unless a broker answered.
  std::unique_ptr<kafka::Admin> admin;
  kafka::ClusterDescription cluster;
};
BrokerReach check_brokers(const config::WorkerConfig& config, const Deadline& deadline);

// Why Kafka did not answer on a connection that was made. `error`: of the client; `protocol`: security.protocol.
Finding explain_no_answer(const std::string& server, const base::Error& error, const std::string& protocol);

// The worker's admin settings as the Kafka client takes them, with `bootstrap_servers` in place of its own.
base::Result<std::unique_ptr<kafka::Admin>> make_admin(const config::WorkerConfig& config,
                                                       const std::string& bootstrap_servers);

}  // namespace sluice::cmd
