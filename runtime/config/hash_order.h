#pragma once
// The order in which Java iterates over a HashMap: some of Connect's answers list things in it, and clients see it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

// String.hashCode of well-formed UTF-8: over its UTF-16 units.
std::uint32_t java_string_hash(std::string_view text);

// The positions of `keys` (distinct, in order of insertion) in iteration order.
std::vector<std::size_t> java_hash_map_order(const std::vector<std::string>& keys);
// The same for keys of any class, by their hashCode().
std::vector<std::size_t> java_hash_map_order(const std::vector<std::uint32_t>& hashes);

}  // namespace sluice::config
