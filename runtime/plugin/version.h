#pragma once
// Order of version texts, as people expect it: 1.2 < 1.10, 2.0-rc1 < 2.0.

#include <string_view>

namespace sluice::plugin {

// Negative, zero, positive.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace sluice::plugin
