#pragma once
// The order in which Java iterates over a HashMap of strings: some of Connect's answers list things in it, and clients
// see it.

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::config {

// The positions of `keys` (distinct, in order of insertion) in iteration order.
std::vector<std::size_t> java_hash_map_order(const std::vector<std::string>& keys);

}  // namespace sluice::config
