#pragma once
// `sluice doctor`: the REST listeners: are their ports free, and is the advertised URL of any use.

#include <string>

#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/worker_config.h"

namespace sluice::cmd {

// The URL that this worker tells others, as far as it is known before the start.
std::string advertised_url(const config::WorkerConfig& config);

// Binds each port for a moment.
Findings check_ports(const config::WorkerConfig& config, const Deadline& deadline);
Findings check_advertised(const config::WorkerConfig& config, const Deadline& deadline);

}  // namespace sluice::cmd
