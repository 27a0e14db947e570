#pragma once
// MurmurHash3 (x64, first half of 128 bits) as Debezium computes it: its bytes are signed where a block is not full,
// so the answers are not those of other implementations.

#include <cstdint>
#include <string_view>

#include <sluice/value.hpp>

namespace sluice::smt {

std::int32_t debezium_murmur(std::string_view bytes);

// Texts and bytes by content (a lone surrogate counts as "?"), anything else by its Java hash code.
std::int32_t debezium_murmur(const Value& value);

}  // namespace sluice::smt
