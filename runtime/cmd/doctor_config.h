#pragma once
// `sluice doctor`: the properties themselves. Touches no network.

#include <optional>

#include "runtime/cmd/config_providers.h"
#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/config_map.h"
#include "runtime/config/worker_config.h"

namespace sluice::cmd {

// Which kind of worker the keys are for; nothing where they are for neither.
std::optional<config::WorkerMode> mode_of(const config::ConfigMap& properties);

// Every bad, unknown, meaningless and weakening key, those of the Kafka clients among them.
Findings check_config(config::WorkerMode mode, const config::ConfigMap& properties, const KnownProviders& providers);

// What usable_config() says for bootstrap.servers where there is none.
inline constexpr const char* kNoBootstrap = "unset.invalid:1";

// A configuration for the checks that follow: what is wrong is left out, what is missing is empty, so that one bad key
// does not hide what else is wrong. Nothing if even that is not enough.
std::optional<config::WorkerConfig> usable_config(config::WorkerMode mode, const config::ConfigMap& properties,
                                                  const KnownProviders& providers);

}  // namespace sluice::cmd
