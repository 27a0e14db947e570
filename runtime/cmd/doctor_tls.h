#pragma once
// `sluice doctor`: the TLS files: can they be read, do key and certificate go together, are certificates in date.

#include <cstdint>
#include <string>

#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/config_map.h"
#include "runtime/config/worker_config.h"

namespace sluice::cmd {

// Those of the https listeners, and of the connections to Kafka where security.protocol uses TLS.
Findings check_tls(const config::WorkerConfig& config);

// One place where TLS is set up: `settings` are its ssl.* keys without prefix. `identity`: it shows a certificate of
// its own; `trust`: it checks the other side's.
Findings check_tls_settings(const std::string& what, const config::ConfigMap& settings, bool identity, bool trust);

// A certificate's dates, in days from now. Pure.
Finding judge_certificate(const std::string& what, const std::string& subject, int days_since_begin, int days_to_end);

}  // namespace sluice::cmd
