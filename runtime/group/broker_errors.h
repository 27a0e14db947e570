#pragma once
// Inside the module: what a broker's error code means to a member of a group.

#include <cstdint>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::group {

// "<what> answered <NAME>", with advice. kInvalidConfig: an operator must mend it; else kRetry.
base::Error broker_error(std::int16_t error, std::string_view what);

// Another broker is the group's coordinator, or nobody is.
bool coordinator_moved(std::int16_t error);
// The coordinator does not know the member id.
bool not_a_member(std::int16_t error);

}  // namespace sluice::group
