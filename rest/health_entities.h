#pragma once
// Health as JSON (form: docs/health.md).

#include <string>
#include <vector>

#include "runtime/herder/health.h"

namespace sluice::rest {

std::string to_json(const herder::ConnectorHealth& health);
std::string to_json(const std::vector<herder::HealthEvent>& history);

}  // namespace sluice::rest
